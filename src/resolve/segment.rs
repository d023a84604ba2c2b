//! `segments`: named conditions and lists.

use std::sync::Arc;

use crate::context::AttributeKind;
use crate::diagnostic::{Fault, Lines};
use crate::document::{self, Member, Node, NodeKind};
use crate::flag_set::{AttributeIndex, Listed, Segment, SegmentBody};
use crate::key_list::KeyList;

use super::object::Object;
use super::{MAX_DEPTH, Quoted, Resolver, Shape, Size, graph, hints};

/// How many members of a loop are told by name.
const SHOWN_STEPS: usize = 8;

impl Resolver<'_> {
    /// The segments in file order, and the size of each with its own segments written out.
    pub(super) fn segments(&mut self, members: &[&Member<'_>]) -> (Vec<Option<Segment>>, Vec<Size>) {
        let mut segments = Vec::with_capacity(members.len());
        let mut shapes = Vec::with_capacity(members.len());
        for member in members {
            let mut shape = Shape::default();
            segments.push(self.segment(member, &mut shape));
            shapes.push(shape);
        }
        let edges: Vec<Vec<usize>> =
            shapes.iter().map(|shape| shape.segments.iter().map(|(segment, _)| *segment).collect()).collect();
        let (order, loops) = graph::order(&edges);
        self.tell_loops("segment", members, &loops);
        let sizes = self.segment_sizes(members, &shapes, &order);
        (segments, sizes)
    }

    fn segment_sizes(&mut self, members: &[&Member<'_>], shapes: &[Shape], order: &[usize]) -> Vec<Size> {
        let mut sizes = vec![Size::default(); shapes.len()];
        for index in order {
            let (Some(shape), Some(member)) = (shapes.get(*index), members.get(*index)) else { continue };
            let size = Size::of(shape, &sizes);
            // Told for the first that is too deep, not for all that use it.
            let deepest = shape
                .segments
                .iter()
                .filter_map(|(inner, _)| sizes.get(*inner))
                .map(|inner| inner.depth)
                .max();
            if size.depth + 1 > MAX_DEPTH && deepest.is_none_or(|deepest| deepest < MAX_DEPTH) {
                self.too_deep(member, "conditions and segments");
            }
            if let Some(place) = sizes.get_mut(*index) {
                *place = size;
            }
        }
        sizes
    }

    pub(super) fn too_deep(&mut self, member: &Member<'_>, what: &str) {
        let message = format!("{} stands on {what} nested deeper than {MAX_DEPTH}", Quoted(&member.key));
        self.fault(Fault::new("too-deep", member.key_span(), message));
    }

    /// One finding a loop, at its first member in file order.
    pub(super) fn tell_loops(&mut self, what: &str, members: &[&Member<'_>], loops: &[Vec<usize>]) {
        for around in loops {
            let Some(first) = around.first().and_then(|first| members.get(*first)) else { continue };
            let steps = around.iter().take(SHOWN_STEPS).filter_map(|index| members.get(*index));
            let mut path: Vec<String> = steps.map(|member| Quoted(&member.key).to_string()).collect();
            if around.len() > SHOWN_STEPS {
                path.push(format!("{} more", around.len() - SHOWN_STEPS));
            }
            path.push(Quoted(&first.key).to_string());
            let message = format!("{what} {} rests on itself: {}", Quoted(&first.key), path.join(" → "));
            self.fault(
                Fault::new("cycle", first.key_span(), message).help("break the circle at one of them"),
            );
        }
    }

    fn segment(&mut self, member: &Member<'_>, shape: &mut Shape) -> Option<Segment> {
        let object =
            self.object(&member.value, "a segment", &["description", "keys", "keys_from", "when", "of"])?;
        let description = self.description(&object);
        let body = self.segment_body(&object, shape);
        Some(Segment { name: (*member.key).into(), description: description?, body: body? })
    }

    fn segment_body(&mut self, object: &Object<'_, '_>, shape: &mut Shape) -> Option<SegmentBody> {
        let (keys, keys_from, when) = (object.get("keys"), object.get("keys_from"), object.get("when"));
        let of = object.member("of");
        let given = [keys, keys_from, when].into_iter().flatten().count();
        if given != 1 {
            let (message, help) = match given {
                0 => (
                    "a segment has one of `keys`, `keys_from` and `when`, and this one has none",
                    "list `keys`, name a file in `keys_from`, or write a `when`",
                ),
                _ => (
                    "a segment has only one of `keys`, `keys_from` and `when`",
                    "to join several, make a segment of each and write `\"segment\": [\"one\", \"other\"]`",
                ),
            };
            self.fault(Fault::new("segment-shape", object.node().head(), message).help(help));
        }
        // Each part is read even so: its own faults are worth telling in the same run.
        let of_when = of.filter(|_| when.is_some() && given == 1);
        if let Some(of) = of_when {
            let message = "`of` says what a list is a list of, and this segment has a `when`";
            self.fault(Fault::new("segment-shape", of.key_span(), message).help("leave `of` out"));
        }
        let of = match of {
            None => Some(None),
            Some(of) => self.list_subject(&of.value).map(Some),
        };
        let keys = keys.map(|node| self.keys(node).map(|list| (list, None)));
        let keys_from = keys_from.map(|node| self.keys_from(node).map(|(list, file)| (list, Some(file))));
        let when = when.map(|node| self.condition(node, "`when`".into(), shape));
        if given != 1 || of_when.is_some() {
            return None;
        }
        if let Some(condition) = when {
            return Some(SegmentBody::When(condition?));
        }
        shape.tests += 1;
        let (list, file) = keys.or(keys_from)??;
        Some(SegmentBody::Listed(Listed { of: of?, list, file }))
    }

    fn list_subject(&mut self, node: &Node<'_>) -> Option<AttributeIndex> {
        let written = self.text(node, "`of`")?;
        if matches!(written, "key" | "targetingKey" | "now") && self.attributes.find(written).is_none() {
            let message = format!("a list cannot be of `{written}`");
            let help = "leave `of` out for a list of targeting keys";
            self.fault(Fault::new("bad-of", node.span(), message).help(help));
            return None;
        }
        let index = self.attribute_named(node, written)?;
        let kind = self.definition(index)?.kind;
        if kind != AttributeKind::Text {
            let message = format!("`of` must name a `string` attribute, and `{written}` has type `{kind}`");
            self.fault(Fault::new("bad-of", node.span(), message));
            return None;
        }
        Some(index)
    }

    fn keys(&mut self, node: &Node<'_>) -> Option<Arc<KeyList>> {
        let items = self.filled_list(node, "`keys`")?;
        let texts = self.each(items, |resolver, item| resolver.filled_text(item, "an entry of `keys`"))?;
        self.key_list(texts.into_iter(), node)
    }

    /// The list, unless there are too many keys; they are counted before they take memory.
    fn key_list<'k>(
        &mut self,
        entries: impl Iterator<Item = &'k str> + Clone,
        node: &Node<'_>,
    ) -> Option<Arc<KeyList>> {
        let (before, most) = (self.keys, self.limits.keys);
        self.keys = before.saturating_add(entries.clone().count());
        if self.keys > most {
            // Told for the first list that goes too far, not for those after it.
            if before <= most {
                let message =
                    format!("with this list, the file has more than {most} keys, the most there may be");
                self.fault(Fault::new("too-many", node.head(), message));
            }
            return None;
        }
        let list = KeyList::of(entries);
        if list.is_err() {
            let message = "a list holds at most 4 GB of text";
            self.fault(Fault::new("too-large", node.head(), message));
        }
        list.ok().map(Arc::new)
    }

    fn keys_from(&mut self, node: &Node<'_>) -> Option<(Arc<KeyList>, Box<str>)> {
        let path = self.text(node, "`keys_from`")?;
        if !is_path_beside(path) {
            let message = match path {
                "" => "`keys_from` is empty".to_owned(),
                path => format!("{} is no path to a list file", Quoted(path)),
            };
            self.fault(Fault::new("bad-list-path", node.span(), message).help(hints::list_path(path)));
            return None;
        }
        // Two segments of one file share the list, and its faults are told once.
        if let Some(read) = self.read_lists.get(path) {
            return read.clone().map(|list| (list, path.into()));
        }
        let list = self.read_list(path, node);
        self.read_lists.insert(path.into(), list.clone());
        Some((list?, path.into()))
    }

    fn read_list(&mut self, path: &str, node: &Node<'_>) -> Option<Arc<KeyList>> {
        let bytes = match (self.lists)(path) {
            Ok(bytes) => bytes,
            Err(why) => {
                let message = format!("list file {} cannot be read: {why}", Quoted(path));
                let help = "the path starts at the folder of the flag file";
                self.fault(Fault::new("list-unreadable", node.span(), message).help(help));
                return None;
            }
        };
        match list_entries(&bytes) {
            Ok(text) => self.key_list(entries(text), node),
            Err(fault) => {
                let mut finding = fault.placed(&mut Lines::of(&bytes), String::new());
                finding.list = Some(path.into());
                self.list_findings.push((node.span(), finding));
                None
            }
        }
    }
}

/// Judged as text, alike on every system: a folder of links is read as it is written.
pub(super) fn is_path_beside(path: &str) -> bool {
    let parts_are_names = path.split('/').all(|part| !part.is_empty() && part != "..");
    parts_are_names && !path.contains(['\\', '\0']) && !path.contains(':')
}

/// The text of a list file, if it is a whole one with something in it.
fn list_entries(bytes: &[u8]) -> Result<&str, Fault> {
    let text = document::utf8(bytes)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.is_empty() && !text.ends_with('\n') {
        let start = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let message = "the last line of this list has no line end, so it may have been cut off";
        return Err(
            Fault::new("list-unfinished", start..bytes.len(), message).help("end the file with a newline")
        );
    }
    if entries(text).next().is_none() {
        return Err(Fault::new("empty", 0..0, "this list has no entries")
            .help("one entry a line; `#` leads a comment"));
    }
    Ok(text)
}

/// One entry a line; blank lines and those led by `#` are none.
fn entries(text: &str) -> impl Iterator<Item = &str> + Clone {
    let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    lines.map(|line| line.trim_matches([' ', '\t'])).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

impl NodeKind<'_> {
    /// Whether this is a list, for keys that take one thing or several.
    pub(super) fn is_list(&self) -> bool {
        matches!(self, NodeKind::Array(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_file_has_an_entry_a_line() {
        let text = "\u{feff}# pilots\r\nacme\r\n\n  globex \t\n#old\na # b\n\t# c\nlast\n";
        let read: Vec<&str> = entries(list_entries(text.as_bytes()).unwrap()).collect();
        assert_eq!(read, ["acme", "globex", "a # b", "last"]);
        for (bytes, code) in [
            (&b"acme"[..], "list-unfinished"),
            (b"acme\nglob", "list-unfinished"),
            (b"", "empty"),
            (b"# none\n\n", "empty"),
            (b"\xff\n", "not-utf8"),
        ] {
            assert_eq!(list_entries(bytes).unwrap_err().code, code);
        }
    }

    #[test]
    fn a_list_file_stands_beside_the_flag_file() {
        for path in ["pilots.txt", "lists/pilots.txt", "./a", "a..b", ".hidden"] {
            assert!(is_path_beside(path), "{path}");
        }
        for path in ["", "/etc/passwd", "../a", "lists/../../a", "a//b", "a/", "C:\\a", "c:/a", "a\\b", ".."]
        {
            assert!(!is_path_beside(path), "{path}");
        }
    }
}
