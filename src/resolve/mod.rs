//! Document → flag set: finds every fault, not the first.
//!
//! Names are collected first, so that everything can refer to anything; then each part is read in its own file. A part
//! with a fault becomes `None`, and reading goes on: the flag set is only made if there was none.

mod almost;
mod attribute;
mod condition;
mod flag;
mod graph;
mod hints;
mod object;
mod segment;
mod similar;
mod words;

use std::cell::{Cell, OnceCell};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Fault, character_name};
use crate::document::{self, Document, Node, NodeKind, Pointers};
use crate::error::Error;
use crate::flag_set::{AttributeDefinition, FlagSet, Segment, Variant};
use crate::key::{self, FlagKey, NameId};
use crate::key_list::KeyList;
use crate::limits::Limits;
use crate::lookup::{self, Lookup};
use crate::time::Time;

use object::{Known, Object};

static KEYS: Known = Known::of(&["$schema", "version", "attributes", "segments", "flags"]);

/// How many tests may stand behind one flag, its segments and required flags written out. It bounds what one answer can
/// cost, whatever refers to what.
const MAX_TESTS: u64 = 100_000;

/// How many names are compared with wrong ones, before guesses stop.
const MAX_GUESSES: usize = 100_000;

/// How deep conditions (with their segments written out) and requirements may nest.
const MAX_DEPTH: usize = document::MAX_DEPTH;

impl FlagSet {
    /// Reads a flag file that uses no list files.
    ///
    /// # Errors
    /// [`Error`] with a finding for each fault of the text.
    pub fn parse(text: &str) -> Result<FlagSet, Error> {
        FlagSet::read(text.as_bytes(), |_| Err("there are no list files beside this text".to_owned()))
    }

    /// Reads a flag file; `lists` brings the content of each list file that it names, or says why it cannot.
    ///
    /// # Errors
    /// [`Error`] with a finding for each fault of the text and of its lists.
    pub fn read(text: &[u8], lists: impl FnMut(&str) -> Result<Vec<u8>, String>) -> Result<FlagSet, Error> {
        FlagSet::read_within(&Limits::default(), text, lists)
    }

    /// The same, with other limits for how many flags and keys there may be.
    pub(crate) fn read_within(
        limits: &Limits,
        text: &[u8],
        mut lists: impl FnMut(&str) -> Result<Vec<u8>, String>,
    ) -> Result<FlagSet, Error> {
        let mut blanked = String::new();
        let mut document = match document::parse(text, &mut blanked) {
            Ok(document) => document,
            Err(fault) => return Err(Error::refused(document::place_all(text, None, vec![fault]))),
        };
        let faults = std::mem::take(&mut document.faults);
        let mut resolver = Resolver::new(limits, &mut lists, faults);
        match resolver.file(document.root()) {
            Some(set) if resolver.faults.is_empty() && resolver.list_findings.is_empty() => Ok(set),
            _ => Err(Error::refused(resolver.findings(text, &document))),
        }
    }
}

/// The list files that a flag file names, so that whoever loads can fetch them. None if the text is not even JSON: its
/// faults are told when it is read.
pub(crate) fn list_paths(text: &[u8]) -> BTreeSet<Box<str>> {
    // Most files name no list, and are not worth a second reading. (A key may be written with escapes.)
    let names_one = |text: &str| text.contains("keys_from") || text.contains("\\u");
    if !std::str::from_utf8(text).is_ok_and(names_one) {
        return BTreeSet::new();
    }
    let mut blanked = String::new();
    let Ok(document) = document::parse(text, &mut blanked) else { return BTreeSet::new() };
    let segments =
        document.root().member("segments").into_iter().flat_map(|segments| segments.value.values());
    let paths = segments.filter_map(|segment| segment.member("keys_from")?.value.text());
    paths.filter(|path| segment::is_path_beside(path)).map(Box::from).collect()
}

/// What is known while a file is read.
struct Resolver<'l> {
    limits: &'l Limits,
    /// How many entries all lists have so far.
    keys: usize,
    lists: &'l mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
    read_lists: Lookup<Box<str>, Option<Arc<KeyList>>>,
    faults: Vec<Fault>,
    /// Findings inside list files, with the place in the flag file that names the list.
    list_findings: Vec<(Range<usize>, Diagnostic)>,
    attributes: Names<'l, Option<AttributeDefinition>>,
    segments: Names<'l, ()>,
    flags: Names<'l, document::Member<'l>>,
    on_and_off: Arc<[Variant]>,
    edges: Vec<Time>,
}

/// Named things of one sort, in file order.
struct Names<'n, T> {
    names: Vec<&'n str>,
    ids: Vec<NameId>,
    things: Vec<T>,
    /// Where each name stands. Made when the first one is looked for: many files look for none.
    by_name: OnceCell<Lookup<&'n str, usize>>,
    /// How many names may still be looked through for guesses.
    guesses: Cell<usize>,
}

impl<'n, T> Names<'n, T> {
    fn for_about(count: usize) -> Names<'n, T> {
        Names {
            names: Vec::with_capacity(count),
            ids: Vec::with_capacity(count),
            things: Vec::with_capacity(count),
            by_name: OnceCell::new(),
            guesses: Cell::new(MAX_GUESSES),
        }
    }

    fn push(&mut self, name: &'n str, id: NameId, thing: T) {
        self.by_name.take();
        self.names.push(name);
        self.ids.push(id);
        self.things.push(thing);
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.by_name().get(name).copied()
    }

    /// Of two things with one name the first counts; the file is refused for it anyway.
    fn by_name(&self) -> &Lookup<&'n str, usize> {
        self.by_name.get_or_init(|| {
            let mut by_name = lookup::for_about(self.names.len());
            for (index, name) in self.names.iter().enumerate() {
                by_name.entry(*name).or_insert(index);
            }
            by_name
        })
    }

    /// All names, to guess which of them was meant, in an order that does not depend on a hash. None any more where many
    /// faults have looked through many names: nobody reads that many guesses.
    fn names(&self) -> Vec<&str> {
        let Some(left) = self.guesses.get().checked_sub(self.by_name().len()) else { return Vec::new() };
        self.guesses.set(left);
        let mut names: Vec<&str> = self.by_name().keys().copied().collect();
        names.sort_unstable();
        names
    }
}

/// How large a condition is, and which segments it refers to at which depth.
#[derive(Default)]
struct Shape {
    depth: usize,
    tests: u64,
    segments: Vec<(usize, usize)>,
}

impl Shape {
    /// A part that stands `levels` deeper than the whole.
    fn add(&mut self, part: Shape, levels: usize) {
        self.depth = self.depth.max(part.depth + levels);
        self.tests = self.tests.saturating_add(part.tests);
        self.segments.extend(part.segments.into_iter().map(|(segment, depth)| (segment, depth + levels)));
    }
}

/// Depth and tests with every segment written out.
#[derive(Clone, Copy, Default)]
struct Size {
    depth: usize,
    tests: u64,
}

impl Size {
    fn of(shape: &Shape, segments: &[Size]) -> Size {
        let mut size = Size { depth: shape.depth, tests: shape.tests };
        for (segment, depth) in &shape.segments {
            let inner = segments.get(*segment).copied().unwrap_or_default();
            size.depth = size.depth.max(depth + 1 + inner.depth);
            size.tests = size.tests.saturating_add(inner.tests);
        }
        size
    }
}

impl<'l> Resolver<'l> {
    fn new(
        limits: &'l Limits,
        lists: &'l mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
        faults: Vec<Fault>,
    ) -> Resolver<'l> {
        Resolver {
            limits,
            keys: 0,
            lists,
            read_lists: Lookup::default(),
            faults,
            list_findings: Vec::new(),
            attributes: Names::for_about(0),
            segments: Names::for_about(0),
            flags: Names::for_about(0),
            on_and_off: flag::on_and_off(),
            edges: Vec::new(),
        }
    }

    fn file(&mut self, root: Node<'l>) -> Option<FlagSet> {
        let file = self.object(root, "a flag file", &KEYS)?;
        let version_known = self.version(&file);
        if !version_known {
            // Another version may mean anything by the rest.
            return None;
        }
        if let Some(node) = file.get("attributes") {
            self.attributes(node);
        }
        let segments = file.get("segments").map(|node| self.members(node, "`segments`")).unwrap_or_default();
        let flags = self.required(&file, "flags").map(|node| self.members(node, "`flags`"));
        let flags = flags.unwrap_or_default();
        if let Some(first) = flags.get(self.limits.flags) {
            let (count, most) = (flags.len(), self.limits.flags);
            let message = format!("there are {count} flags in this file, and the most is {most}");
            let fault = Fault::new("too-many", first.key_span(), message);
            self.fault(
                fault.label("the first one too many").help("remove flags that are no longer asked for"),
            );
        }
        self.segments = Names::for_about(segments.len());
        for member in &segments {
            let id = self.id(*member, "a segment");
            self.segments.push(member.key, id, ());
        }
        self.flags = Names::for_about(flags.len());
        for member in &flags {
            let id = self.id(*member, "a flag");
            self.flags.push(member.key, id, *member);
        }
        self.tell_collisions("flag", &self.flags.ids.clone(), &flags);
        let (segments, sizes) = self.segments(&segments);
        let flags = self.flags(&flags, &sizes);
        self.edges.sort_unstable();
        self.edges.dedup();
        Some(FlagSet {
            attributes: std::mem::take(&mut self.attributes.things).into_iter().collect::<Option<_>>()?,
            segments: segments.into_iter().collect::<Option<Vec<Segment>>>()?,
            flags: flags?,
            edges: std::mem::take(&mut self.edges),
        })
    }

    /// Whether the rest can be read as version 1.
    fn version(&mut self, file: &Object<'_>) -> bool {
        let Some(node) = self.required(file, "version") else { return true };
        match node.kind() {
            NodeKind::Number("1") | NodeKind::Broken => true,
            NodeKind::Number(_) => {
                let message =
                    format!("this reader knows version `1` alone, and this file says {}", node.shown());
                let help = hints::version(node);
                self.fault(Fault::new("wrong-version", node.span(), message).help(help));
                false
            }
            _ => {
                let help = "write `\"version\": 1`".to_owned();
                self.wrong_shape(node, "`version`", "the number 1", Some(help));
                true
            }
        }
    }

    fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// Refuses two names whose ids agree, since answers are looked up by id.
    fn tell_collisions(&mut self, what: &str, ids: &[NameId], members: &[document::Member<'_>]) {
        let mut sorted = ids.to_vec();
        sorted.sort_unstable();
        if sorted.windows(2).all(|two| two.first() != two.last()) {
            return;
        }
        let mut by_id: Lookup<NameId, &str> = lookup::for_about(members.len());
        for (member, id) in members.iter().zip(ids) {
            if let Some(other) = by_id.insert(*id, member.key) {
                if other != member.key {
                    let message = format!("{what} `{}` has the same 64-bit id as `{other}`", member.key);
                    let fault = Fault::new("name-collision", member.key_span(), message);
                    self.fault(fault.help("rename one of them; this happens once in about 10^19 pairs"));
                }
            }
        }
    }

    /// A key of an object that names a thing: told if no thing can be called so.
    fn name(&mut self, member: document::Member<'_>, what: &str) -> bool {
        key::is_legal(member.key) || self.bad_name(member, what)
    }

    /// The id of such a name, whatever may be wrong with it.
    fn id(&mut self, member: document::Member<'_>, what: &str) -> NameId {
        match FlagKey::parse(member.key) {
            Ok(key) => key.id,
            Err(_) => {
                self.bad_name(member, what);
                NameId::of(member.key)
            }
        }
    }

    fn bad_name(&mut self, member: document::Member<'_>, what: &str) -> bool {
        let (span, why) = name_fault(member, what);
        let fault = Fault::new("bad-name", span, why);
        self.fault(
            fault.help("a name is 1 to 100 of a-z A-Z 0-9 . _ - : and starts with a letter or a digit"),
        );
        false
    }

    /// What stands under a name, if not what was looked for there.
    fn sort_of(&self, name: &str) -> Option<&'static str> {
        let segment = self.segments.find(name).map(|_| "segment");
        let attribute = || self.attributes.find(name).map(|_| "attribute");
        segment.or_else(attribute).or_else(|| self.flags.find(name).map(|_| "flag"))
    }

    /// Every finding in the order of the flag file, those inside lists where the list is named.
    fn findings(self, text: &[u8], document: &Document<'_>) -> Vec<Diagnostic> {
        let of_file = document::place_all(text, Some(document), self.faults);
        let pointers = Pointers::of(document);
        let of_file = of_file.into_iter().map(|finding| (finding.span.start, finding));
        let of_lists = self.list_findings.into_iter().map(|(place, mut finding)| {
            finding.path = pointers.pointer(&place).into();
            (place.start, finding)
        });
        let mut findings: Vec<(usize, Diagnostic)> = of_file.chain(of_lists).collect();
        findings.sort_by_key(|(place, _)| *place);
        findings.into_iter().map(|(_, finding)| finding).collect()
    }
}

/// Why a key of an object cannot name a thing, and where: at the first character that cannot stand there.
fn name_fault(member: document::Member<'_>, what: &str) -> (Range<usize>, String) {
    let name = member.key;
    let whole = member.key_span();
    if name.is_empty() {
        return (whole, format!("the name of {what} is empty"));
    }
    let of_names = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':');
    let wrong = |&(at, c): &(usize, char)| !of_names(c) || at == 0 && !c.is_ascii_alphanumeric();
    let Some((at, character)) = name.char_indices().find(wrong) else {
        let message =
            format!("the name {} has {} characters; the most is {}", Quoted(name), name.len(), key::MAX_NAME);
        return (whole, message);
    };
    // With escapes in the name, nobody knows where a character stands.
    let at = whole.start + 1 + at;
    let span = if whole.len() == name.len() + 2 { at..at + character.len_utf8() } else { whole };
    let place = if of_names(character) { "lead" } else { "stand in" };
    (
        span,
        format!("{} cannot name {what}: {} may not {place} a name", Quoted(name), character_name(character)),
    )
}

/// A text in quotes as messages show it: a long one ends in dots, an empty one is told to be so.
struct Quoted<'n>(&'n str);

impl std::fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.char_indices().nth(40) {
            Some((cut, _)) => write!(f, "`{}...`", self.0.get(..cut).unwrap_or_default()),
            None if self.0.is_empty() => f.write_str("the empty text"),
            None => write!(f, "`{}`", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<Diagnostic> {
        FlagSet::parse(text).unwrap_err().diagnostics().to_vec()
    }

    fn help(flag: &str) -> String {
        let text = format!(
            r#"{{"version": 1, "attributes": {{"country": {{"type": "string"}}, "age": {{"type": "number"}}}},
               "segments": {{"testers": {{"keys": ["ada"]}}}}, "flags": {{"other": {{}}, "a": {flag}}}}}"#
        );
        let findings = findings(&text);
        assert_eq!(findings.len(), 1, "{flag}: {findings:?}");
        findings[0].help().unwrap_or_default().to_owned()
    }

    #[test]
    fn many_unknown_names_among_many_names_take_no_time() {
        let flags: Vec<String> = (0..20_000)
            .map(|n| format!(r#""flag-number-{n}": {{"requires": {{"flog-number-{n}": ["on"]}}}}"#))
            .collect();
        let findings = findings(&format!(r#"{{"version": 1, "flags": {{{}}}}}"#, flags.join(",\n")));
        assert_eq!(findings.len(), 20_000);
        assert!(findings[0].help().is_some_and(|help| help.starts_with("did you mean `flag-number-")));
    }

    #[test]
    fn what_is_known_by_another_name_is_told() {
        for (flag, told) in [
            (r#"{"deny": [{"testers": {}}]}"#, "`testers` is a segment: write `\"segment\": \"testers\"`"),
            (r#"{"deny": [{"other": {}}]}"#, "`other` is a flag: name it in `requires`, beside `rules`"),
            (
                r#"{"deny": [{"segment": "country"}]}"#,
                "`country` is an attribute: test it, `\"country\": {...}`",
            ),
            (
                r#"{"deny": [{"segment": "other"}]}"#,
                "`other` is a flag: name it in `requires`, beside `rules`",
            ),
            (r#"{"requires": {"testers": ["on"]}}"#, "`testers` is a segment: use it in a condition"),
            (r#"{"requires": {"country": ["on"]}}"#, "`country` is an attribute: use it in a condition"),
            (r#"{"requires": {"other": ["true"]}}"#, "name the variant, not its value: `\"on\"`"),
            (r#"{"requires": {"other": [false]}}"#, "name the variant, not its value: `\"off\"`"),
            (r#"{"variants": {"x": 1, "y": 2}, "default": 2}"#, "name the variant, not its value: `\"y\"`"),
            (r#"{"variants": {"x": "X"}, "default": "X"}"#, "name the variant, not its value: `\"x\"`"),
            (r#"{"variants": {"x": 1}}"#, "name the variant where no rule applies: `\"default\": \"x\"`"),
        ] {
            assert_eq!(help(flag), told, "{flag}");
        }
    }

    #[test]
    fn words_of_other_places_and_products_are_known() {
        for (flag, told) in [
            (r#"{"//": "why"}"#, "write a comment: `// ...`"),
            (r#"{"defaultVariant": "on"}"#, "write `default`"),
            (r#"{"prerequisites": {}}"#, "write `requires`"),
            (r#"{"rules": [{"percentage": 5}]}"#, "write `rollout`"),
            (r#"{"rules": [{"variant": "on"}]}"#, "write `serve`"),
            (r#"{"rules": [{"users": []}]}"#, "write `\"when\": {\"key\": {\"in\": [\"ada\"]}}`"),
            (
                r#"{"rules": [{"enabled": false}]}"#,
                "a rule has no switch: delete it, or write `\"rollout\": 0`",
            ),
            (r#"{"deny": [{"and": []}]}"#, "did you mean `all`?"),
            (
                r#"{"deny": [{"startsWith": "a"}]}"#,
                "name the attribute first: `{\"country\": {\"is\": \"DE\"}}`",
            ),
            (r#"{"deny": [{"age": {"gt": 18}}]}"#, "write `above`"),
            (r#"{"deny": [{"age": {"<=": 18}}]}"#, "write `at_most`"),
            (r#"{"deny": [{"age": {"exists": true}}]}"#, "write `\"present\": true`"),
            (r#"{"deny": [{"now": {"after": "2026-12-01"}}]}"#, "write `since`"),
            (r#"{"deny": [{"country": {"oneOf": ["DE"]}}]}"#, "write `in`"),
            (
                r#"{"deny": [{"country": {"regex": "D."}}]}"#,
                "there are no patterns: write `starts_with`, `ends_with` or `contains`",
            ),
            (
                r#"{"rules": [{"split": [{"variant": "off", "weight": 100}]}]}"#,
                "write the variant and its weight alone: `{\"off\": 100}`",
            ),
        ] {
            assert_eq!(help(flag), told, "{flag}");
        }
    }

    #[test]
    fn a_name_is_marked_where_it_goes_wrong() {
        for (name, marked) in [("-a", "-"), ("aé", "é"), ("a b", " "), ("", "\"\""), ("a\\n", "\"a\\n\"")] {
            let text = format!(r#"{{"version": 1, "flags": {{"{name}": {{}}}}}}"#);
            let findings = findings(&text);
            assert_eq!((findings.len(), findings[0].code()), (1, "bad-name"));
            assert_eq!(&text[findings[0].span()], marked, "{name}");
        }
    }

    #[test]
    fn a_loop_of_thousands_is_told_in_a_line() {
        let segments: Vec<String> = (0..5_000)
            .map(|n| format!(r#""s{n}": {{"when": {{"segment": "s{}"}}}}"#, (n + 1) % 5_000))
            .collect();
        let findings =
            findings(&format!(r#"{{"version": 1, "segments": {{{}}}, "flags": {{}}}}"#, segments.join(",")));
        assert_eq!(findings.len(), 1);
        assert!(findings[0].message().ends_with("→ `s7` → 4992 more → `s0`"), "{}", findings[0].message());
    }
}
