//! `segments`: named conditions and lists.

use std::sync::Arc;

use crate::context::AttributeKind;
use crate::diagnostic::{Fault, Lines};
use crate::document::{self, Items, Member, Node, NodeKind};
use crate::flag_set::{AttributeIndex, Listed, Segment, SegmentBody};
use crate::key_list::{KeyList, TooLong};

use super::object::{Known, Object};
use super::{MAX_DEPTH, Quoted, Resolver, Shape, Size, graph, hints};

static KEYS: Known = Known::of(&["description", "keys", "keys_from", "when", "of"]);

/// How many members of a loop are told by name.
const SHOWN_STEPS: usize = 8;

impl Resolver<'_> {
    /// The segments in file order, and the size of each with its own segments written out.
    pub(super) fn segments(&mut self, members: &[Member<'_>]) -> (Vec<Option<Segment>>, Vec<Size>) {
        let mut segments = Vec::with_capacity(members.len());
        let mut shapes = Vec::with_capacity(members.len());
        for member in members {
            let mut shape = Shape::default();
            segments.push(self.segment(*member, &mut shape));
            shapes.push(shape);
        }
        let edges: Vec<Vec<usize>> =
            shapes.iter().map(|shape| shape.segments.iter().map(|(segment, _)| *segment).collect()).collect();
        let (order, loops) = graph::order(&edges);
        self.tell_loops("segment", members, &loops);
        let sizes = self.segment_sizes(members, &shapes, &order);
        (segments, sizes)
    }

    fn segment_sizes(&mut self, members: &[Member<'_>], shapes: &[Shape], order: &[usize]) -> Vec<Size> {
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
                self.too_deep(*member, "conditions and segments");
            }
            if let Some(place) = sizes.get_mut(*index) {
                *place = size;
            }
        }
        sizes
    }

    pub(super) fn too_deep(&mut self, member: Member<'_>, what: &str) {
        let message = format!("{} stands on {what} nested deeper than {MAX_DEPTH}", Quoted(member.key));
        self.fault(Fault::new("too-deep", member.key_span(), message));
    }

    /// One finding a loop, at its first member in file order.
    pub(super) fn tell_loops(&mut self, what: &str, members: &[Member<'_>], loops: &[Vec<usize>]) {
        for around in loops {
            let Some(first) = around.first().and_then(|first| members.get(*first)) else { continue };
            let steps = around.iter().take(SHOWN_STEPS).filter_map(|index| members.get(*index));
            let mut path: Vec<String> = steps.map(|member| Quoted(member.key).to_string()).collect();
            if around.len() > SHOWN_STEPS {
                path.push(format!("{} more", around.len() - SHOWN_STEPS));
            }
            path.push(Quoted(first.key).to_string());
            let message = format!("{what} {} rests on itself: {}", Quoted(first.key), path.join(" → "));
            self.fault(
                Fault::new("cycle", first.key_span(), message).help("break the circle at one of them"),
            );
        }
    }

    fn segment(&mut self, member: Member<'_>, shape: &mut Shape) -> Option<Segment> {
        let object = self.object(member.value, "a segment", &KEYS)?;
        let description = self.description(&object);
        let body = self.segment_body(&object, shape);
        Some(Segment { name: member.key.into(), description: description?, body: body? })
    }

    fn segment_body(&mut self, object: &Object<'_>, shape: &mut Shape) -> Option<SegmentBody> {
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
            Some(of) => self.list_subject(of.value).map(Some),
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

    fn list_subject(&mut self, node: Node<'_>) -> Option<AttributeIndex> {
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

    fn keys(&mut self, node: Node<'_>) -> Option<Arc<KeyList>> {
        let items = self.filled_list(node, "`keys`")?;
        let read = |resolver: &mut Self, item| resolver.filled_text(item, "an entry of `keys`");
        let made = self.list_of(items, self.room_for_keys(), read)?;
        self.key_list(made, node)
    }

    /// The list of these elements, or `None` if one was told to be wrong.
    pub(super) fn list_of<'n>(
        &mut self,
        items: Items<'n>,
        room: usize,
        mut read: impl FnMut(&mut Self, Node<'n>) -> Option<&'n str>,
    ) -> Option<Made> {
        let mut whole = true;
        let mut texts = items.iter().filter_map(|item| {
            let text = read(self, item);
            whole &= text.is_some();
            text
        });
        let made = made(items.len(), &mut texts, room);
        // What is wrong behind the last entry that there was room for is told too.
        texts.for_each(drop);
        whole.then_some(made)
    }

    /// How many keys there may still be.
    fn room_for_keys(&self) -> usize {
        self.limits.keys.saturating_sub(self.keys)
    }

    /// The list, unless there were too many keys.
    fn key_list(&mut self, (list, count): Made, node: Node<'_>) -> Option<Arc<KeyList>> {
        let (before, most) = (self.keys, self.limits.keys);
        self.keys = before.saturating_add(count);
        if self.keys > most {
            // Told for the first list that goes too far, not for those after it.
            if before <= most {
                let message =
                    format!("with this list, the file has more than {most} keys, the most there may be");
                self.fault(Fault::new("too-many", node.head(), message));
            }
            return None;
        }
        self.kept(list, node)
    }

    /// The list, unless its text was too long.
    pub(super) fn kept(&mut self, list: Result<KeyList, TooLong>, node: Node<'_>) -> Option<Arc<KeyList>> {
        if list.is_err() {
            let message = "a list holds at most 4 GB of text";
            self.fault(Fault::new("too-large", node.head(), message));
        }
        list.ok().map(Arc::new)
    }

    fn keys_from(&mut self, node: Node<'_>) -> Option<(Arc<KeyList>, Box<str>)> {
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

    fn read_list(&mut self, path: &str, node: Node<'_>) -> Option<Arc<KeyList>> {
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
            Ok(text) => {
                self.key_list(made(count_lines(text), &mut entries(text), self.room_for_keys()), node)
            }
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

/// A list, and how many entries it was made of: at most one more than there was room for.
type Made = (Result<KeyList, TooLong>, usize);

fn made<'k>(about: usize, entries: &mut impl Iterator<Item = &'k str>, room: usize) -> Made {
    let most = room.saturating_add(1);
    let mut count = 0;
    let list = KeyList::of(about.min(most), entries.take(most).inspect(|_| count += 1));
    (list, count)
}

/// One entry a line; blank lines and those led by `#` are none.
fn entries(text: &str) -> Entries<'_> {
    Entries { rest: text }
}

/// The entries of a list file, of which every line ends. There may be millions, so that most are not looked at byte by byte.
struct Entries<'t> {
    rest: &'t str,
}

impl<'t> Iterator for Entries<'t> {
    type Item = &'t str;

    #[inline]
    fn next(&mut self) -> Option<&'t str> {
        loop {
            let (line, rest) = self.rest.split_at_checked(line_length(self.rest.as_bytes())?)?;
            self.rest = rest.get(1..)?;
            let plain = |byte: &u8| !matches!(byte, b' ' | b'\t' | b'\r' | b'#');
            match line.as_bytes() {
                [first, .., last] if plain(first) && plain(last) => return Some(line),
                _ => {}
            }
            let line = line.strip_suffix('\r').unwrap_or(line).trim_matches([' ', '\t']);
            if !line.is_empty() && !line.starts_with('#') {
                return Some(line);
            }
        }
    }
}

/// How many line ends there are.
fn count_lines(text: &str) -> usize {
    // Of so few bytes that a byte can count them, which is what makes this quick.
    let ends = |bytes: &[u8]| bytes.iter().map(|byte| u8::from(*byte == b'\n')).sum::<u8>();
    text.as_bytes().chunks(192).map(|bytes| usize::from(ends(bytes))).sum()
}

/// How many bytes stand before the first line end.
#[inline]
fn line_length(bytes: &[u8]) -> Option<usize> {
    let mut words = bytes.chunks_exact(8);
    let mut at = 0;
    for word in words.by_ref() {
        // Zero the bytes that are looked for, and see which borrow: the lowest that does is one of them.
        let word = word.try_into().map_or(0, u64::from_le_bytes) ^ u64::from_le_bytes([b'\n'; 8]);
        let found = word.wrapping_sub(u64::from_le_bytes([1; 8])) & !word & u64::from_le_bytes([0x80; 8]);
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    Some(at + words.remainder().iter().position(|byte| *byte == b'\n')?)
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
    use crate::flag_set::FlagSet;
    use crate::limits::Limits;

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
    fn a_line_is_read_the_same_wherever_it_stands() {
        let lines = [
            "",
            "a",
            " ",
            "#",
            "\r",
            "a\r",
            "\ta ",
            "seven.7",
            "eight..8",
            "nine....9",
            "a#",
            "#é",
            "é",
            "a b",
        ];
        for first in lines {
            for second in lines {
                for third in lines {
                    let text = format!("{first}\n{second}\n{third}\n");
                    let plainly =
                        text.split_terminator('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
                    let plainly = plainly.map(|line| line.trim_matches([' ', '\t']));
                    let plainly = plainly.filter(|line| !line.is_empty() && !line.starts_with('#'));
                    assert!(entries(&text).eq(plainly), "{text:?}");
                    assert_eq!(count_lines(&text), 3);
                }
            }
        }
        let long = "early-00000001\n".repeat(1_000);
        assert_eq!((entries(&long).count(), count_lines(&long)), (1_000, 1_000));
        assert_eq!(count_lines(&"\n".repeat(1_000)), 1_000);
    }

    #[test]
    fn a_fault_is_told_even_behind_more_keys_than_there_may_be() {
        let limits = Limits { keys: 2, ..Limits::default() };
        let codes = |keys: &str| {
            let text =
                format!(r#"{{"version": 1, "segments": {{"s": {{"keys": [{keys}]}}}}, "flags": {{}}}}"#);
            let read = FlagSet::read_within(&limits, text.as_bytes(), |_| Err(String::new()));
            let findings = read.err().map(|error| error.diagnostics().to_vec()).unwrap_or_default();
            findings.iter().map(|finding| finding.code().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(codes(r#""a", "b""#), [""; 0]);
        assert_eq!(codes(r#""a", "b", "c""#), ["too-many"]);
        assert_eq!(codes(r#""a", "b", "c", "d", """#), ["empty"]);
        assert_eq!(codes(r#""a", 1, "c", "d", """#), ["wrong-type", "empty"]);
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
