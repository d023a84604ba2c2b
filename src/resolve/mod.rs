//! Document → flag set: finds every fault, not the first.
//!
//! Names are collected first, so that everything can refer to anything; then each part is read in its own file. A part
//! with a fault becomes `None`, and reading goes on: the flag set is only made if there was none.

mod attribute;
mod condition;
mod flag;
mod graph;
mod object;
mod segment;
mod similar;

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Fault};
use crate::document::{self, Document, Node, NodeKind};
use crate::error::Error;
use crate::flag_set::{AttributeDefinition, FlagSet, Segment};
use crate::key::{self, NameId};
use crate::key_list::KeyList;
use crate::time::Time;

use object::Object;

/// How many tests may stand behind one flag, its segments and required flags written out. It bounds what one answer can
/// cost, whatever refers to what.
const MAX_TESTS: u64 = 100_000;

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
    pub fn read(
        text: &[u8],
        mut lists: impl FnMut(&str) -> Result<Vec<u8>, String>,
    ) -> Result<FlagSet, Error> {
        let mut blanked = String::new();
        let document = match document::parse(text, &mut blanked) {
            Ok(document) => document,
            Err(fault) => return Err(Error::refused(document::place_all(text, None, vec![fault]))),
        };
        let Document { root, faults } = document;
        let mut resolver = Resolver::new(&mut lists, faults);
        match resolver.file(&root) {
            Some(set) if resolver.faults.is_empty() && resolver.list_findings.is_empty() => Ok(set),
            _ => Err(Error::refused(resolver.findings(text, &root))),
        }
    }
}

/// The list files that a flag file names, so that whoever loads can fetch them. None if the text is not even JSON: its
/// faults are told when it is read.
pub(crate) fn list_paths(text: &[u8]) -> BTreeSet<Box<str>> {
    // Most files name no list, and are not worth a second reading. (A key may be written with escapes.)
    let has = |word: &[u8]| text.windows(word.len()).any(|part| part == word);
    if !has(b"keys_from") && !has(b"\\u") {
        return BTreeSet::new();
    }
    let mut blanked = String::new();
    let Ok(document) = document::parse(text, &mut blanked) else { return BTreeSet::new() };
    let segments = document.root.member("segments").into_iter().flat_map(Node::values);
    let paths = segments.filter_map(|segment| segment.member("keys_from")).filter_map(Node::text);
    paths.filter(|path| segment::is_path_beside(path)).map(Box::from).collect()
}

/// What is known while a file is read.
struct Resolver<'l> {
    lists: &'l mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
    read_lists: HashMap<Box<str>, Option<Arc<KeyList>>>,
    faults: Vec<Fault>,
    /// Findings inside list files, with the place in the flag file that names the list.
    list_findings: Vec<(Range<usize>, Diagnostic)>,
    attributes: Names<Option<AttributeDefinition>>,
    segments: Names<()>,
    flags: Names<flag::Answers>,
    edges: Vec<Time>,
}

/// Named things of one sort, in file order.
struct Names<T> {
    by_name: HashMap<Box<str>, usize>,
    things: Vec<T>,
}

impl<T> Names<T> {
    fn new() -> Names<T> {
        Names { by_name: HashMap::new(), things: Vec::new() }
    }

    /// Of two things with one name the first counts; the file is refused for it anyway.
    fn push(&mut self, name: &str, thing: T) {
        self.by_name.entry(name.into()).or_insert(self.things.len());
        self.things.push(thing);
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// In an order that does not depend on a hash.
    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.by_name.keys().map(|name| &**name).collect();
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
    fn new(lists: &'l mut dyn FnMut(&str) -> Result<Vec<u8>, String>, faults: Vec<Fault>) -> Resolver<'l> {
        Resolver {
            lists,
            read_lists: HashMap::new(),
            faults,
            list_findings: Vec::new(),
            attributes: Names::new(),
            segments: Names::new(),
            flags: Names::new(),
            edges: Vec::new(),
        }
    }

    fn file(&mut self, root: &Node<'_>) -> Option<FlagSet> {
        let file =
            self.object(root, "a flag file", &["$schema", "version", "attributes", "segments", "flags"])?;
        let version_known = self.version(&file);
        if !version_known {
            // Another version may mean anything by the rest.
            return None;
        }
        if let Some(node) = file.get("attributes") {
            self.attributes(node);
        }
        let segments = file.get("segments").map(|node| self.members(node, "`segments`")).unwrap_or_default();
        let flags = match self.required(&file, "flags") {
            Some(node) => self.members(node, "`flags`"),
            None => Vec::new(),
        };
        for member in &segments {
            self.name(member, "segment");
            self.segments.push(&member.key, ());
        }
        for member in &flags {
            self.name(member, "flag");
            let answers = self.answers(member);
            self.flags.push(&member.key, answers);
        }
        self.tell_collisions("flag", &flags);
        let (segments, sizes) = self.segments(&segments);
        let flags = self.flags(&flags, &sizes);
        self.edges.sort_unstable();
        self.edges.dedup();
        Some(FlagSet {
            attributes: std::mem::take(&mut self.attributes.things).into_iter().collect::<Option<_>>()?,
            segments: segments.into_iter().collect::<Option<Vec<Segment>>>()?,
            flags: flags.into_iter().collect::<Option<_>>()?,
            edges: std::mem::take(&mut self.edges),
        })
    }

    /// Whether the rest can be read as version 1.
    fn version(&mut self, file: &Object<'_, '_>) -> bool {
        let Some(node) = self.required(file, "version") else { return true };
        match node.kind {
            NodeKind::Number("1") | NodeKind::Broken => true,
            NodeKind::Number(other) => {
                let message = format!("version {other} is not one that this reader knows");
                self.fault(Fault::new("wrong-version", node.span(), message).label("must be the integer 1"));
                false
            }
            _ => {
                self.wrong_type(node, "`version`", "the integer 1");
                true
            }
        }
    }

    fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// Refuses two names whose ids agree, since answers are looked up by id.
    fn tell_collisions(&mut self, what: &str, members: &[&document::Member<'_>]) {
        let mut by_id: HashMap<NameId, &str> = HashMap::new();
        for member in members {
            if let Some(other) = by_id.insert(NameId::of(&member.key), &member.key) {
                if *other != *member.key {
                    let message = format!("{what} `{}` has the same 64-bit id as `{other}`", member.key);
                    let fault = Fault::new("name-collision", member.key_span.clone(), message);
                    self.fault(fault.help("rename one of them; this happens once in about 10^19 pairs"));
                }
            }
        }
    }

    /// A key of an object that names a thing: told if no thing can be called so.
    fn name(&mut self, member: &document::Member<'_>, what: &str) -> bool {
        self.legal_name(&member.key, member.key_span.clone(), what)
    }

    fn legal_name(&mut self, name: &str, span: Range<usize>, what: &str) -> bool {
        if key::is_legal(name) {
            return true;
        }
        let message = format!("`{}` cannot name a {what}", Shortened(name));
        let fault = Fault::new("bad-name", span, message);
        self.fault(
            fault.help("a name is 1 to 100 of a-z A-Z 0-9 . _ - : and starts with a letter or a digit"),
        );
        false
    }

    /// Every finding in the order of the flag file, those inside lists where the list is named.
    fn findings(self, text: &[u8], root: &Node<'_>) -> Vec<Diagnostic> {
        let mut findings = document::place_all(text, Some(root), self.faults);
        for (place, mut finding) in self.list_findings {
            finding.path = root.pointer(&place).into();
            let at =
                findings.partition_point(|other| other.list.is_some() || other.span.start <= place.start);
            findings.insert(at, finding);
        }
        findings
    }
}

/// A name as messages show it: long ones end in dots.
struct Shortened<'n>(&'n str);

impl std::fmt::Display for Shortened<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.char_indices().nth(40) {
            Some((cut, _)) => write!(f, "{}...", self.0.get(..cut).unwrap_or_default()),
            None => f.write_str(self.0),
        }
    }
}
