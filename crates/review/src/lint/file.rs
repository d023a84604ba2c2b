//! A flag file as lints see it: what it means, where everything stands, and what can come of it.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use waterspout::flag_set::{Condition, FlagDefinition, FlagSet, Rule as FlagRule, Subject};
use waterspout::{Severity, Time};

use crate::condition::Placed;
use crate::place::Lines;
use crate::reach::{Outcomes, Possible, World, possible};
use crate::tree::{Member, Node};
use crate::{Finding, Place, Rule};

/// How much of a text of the file a message repeats, in characters.
const SHOWN: usize = 70;

pub(super) struct File<'f> {
    pub(super) text: &'f str,
    pub(super) tree: Node<'f>,
    pub(super) set: &'f FlagSet,
    pub(super) now: Time,
    /// What can come of each flag.
    pub(super) possible: Vec<Possible>,
    /// Every condition of the file.
    pub(super) conditions: Vec<Root<'f>>,
}

/// A condition that no other holds.
pub(super) struct Root<'f> {
    pub(super) of: Owner,
    pub(super) placed: Placed<'f>,
    /// The outermost parts that are decided whatever a context says.
    pub(super) decided: Vec<Decided>,
    /// All that can come of it; `None` if it is too much to go through.
    pub(super) outcomes: Option<Outcomes>,
}

/// Whose condition it is, each by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Segment(usize),
    Denial { flag: usize, at: usize },
    Rule { flag: usize, at: usize },
}

impl Owner {
    pub(super) fn flag(self) -> Option<usize> {
        match self {
            Owner::Segment(_) => None,
            Owner::Denial { flag, .. } | Owner::Rule { flag, .. } => Some(flag),
        }
    }
}

/// A part of a condition that always comes out the same.
#[derive(Clone, Debug)]
pub(super) struct Decided {
    pub(super) span: Range<usize>,
    pub(super) outcomes: Outcomes,
}

impl<'f> File<'f> {
    pub(super) fn of(text: &'f str, set: &'f FlagSet, now: Time) -> Option<File<'f>> {
        let tree = Node::read(text)?;
        let mut file = File { text, tree, set, now, possible: possible(set), conditions: Vec::new() };
        file.conditions = file.roots().into_iter().map(|(of, placed)| file.judged(of, placed)).collect();
        Some(file)
    }

    /// The flags with their keys and bodies in the text.
    pub(super) fn flags(&self) -> impl Iterator<Item = (usize, &'f FlagDefinition, &Member<'f>)> {
        let members = self.tree.get("flags").map(Node::members).unwrap_or_default();
        self.set.flags().iter().zip(members).enumerate().map(|(at, (flag, member))| (at, flag, member))
    }

    /// The rules of a flag with their objects in the text.
    pub(super) fn rules<'a>(
        &self,
        flag: &'f FlagDefinition,
        member: &'a Member<'f>,
    ) -> impl Iterator<Item = (usize, &'f FlagRule, &'a Node<'f>)> {
        let nodes = member.value.get("rules").map(Node::items).unwrap_or_default();
        flag.rules().iter().zip(nodes).enumerate().map(|(at, (rule, node))| (at, rule, node))
    }

    pub(super) fn members(&self, key: &str) -> &[Member<'f>] {
        self.tree.get(key).map(Node::members).unwrap_or_default()
    }

    fn roots(&self) -> Vec<(Owner, Placed<'f>)> {
        let mut roots = Vec::new();
        for (at, (segment, member)) in self.set.segments().iter().zip(self.members("segments")).enumerate() {
            if let waterspout::flag_set::SegmentBody::When(condition) = segment.body() {
                roots.extend(beside(condition, member.value.get("when")).map(|it| (Owner::Segment(at), it)));
            }
        }
        for (index, flag, member) in self.flags() {
            let denials = member.value.get("deny").map(Node::items).unwrap_or_default();
            for (at, (condition, node)) in flag.deny().iter().zip(denials).enumerate() {
                roots.push((Owner::Denial { flag: index, at }, Placed::of(condition, node)));
            }
            for (at, rule, node) in self.rules(flag, member) {
                let when = rule.when().and_then(|condition| beside(condition, node.get("when")));
                roots.extend(when.map(|it| (Owner::Rule { flag: index, at }, it)));
            }
        }
        roots
    }

    fn judged(&self, of: Owner, placed: Placed<'f>) -> Root<'f> {
        let mut decided = Vec::new();
        let mut outcomes = None;
        if let Some(mut world) = World::of(self.set, [placed.condition], None) {
            outcomes = world.term(placed.condition).and_then(|term| world.outcomes(term));
            find_decided(&placed, &mut world, &mut decided);
        }
        Root { of, placed, decided, outcomes }
    }

    /// The condition of a rule or a denial.
    pub(super) fn root(&self, of: Owner) -> Option<&Root<'f>> {
        self.conditions.iter().find(|root| root.of == of)
    }

    /// Whether a day is over.
    pub(super) fn is_over(&self, day: Time) -> bool {
        self.now.since(day).is_some_and(|passed| passed >= Duration::from_secs(86_400))
    }

    /// A place of the file as messages repeat it: on one line, and not too much of it.
    pub(super) fn shown(&self, span: &Range<usize>) -> Option<Cow<'f, str>> {
        let written = self.text.get(span.clone())?;
        (written.chars().count() <= SHOWN && !written.contains('\n')).then_some(Cow::Borrowed(written))
    }

    /// What a flag buckets by, in words.
    pub(super) fn unit_of(&self, flag: &FlagDefinition) -> String {
        match flag.bucket_by().and_then(|index| self.set.attributes().get(index.get())) {
            Some(attribute) => format!("`{}`", attribute.name()),
            None => "a targeting key".to_owned(),
        }
    }

    /// The findings with their places, in the order of the file.
    pub(super) fn placed(&self, mut drafts: Vec<Draft>) -> Vec<Finding> {
        drafts.sort_by_key(|draft| (draft.span.start, draft.span.end));
        let mut lines = Lines::of(self.text);
        drafts
            .into_iter()
            .map(|draft| {
                let (line, column) = lines.line_and_column(draft.span.start);
                let path = self.tree.pointer(&draft.span).into();
                let flag = draft.flag.and_then(|at| self.set.flags().get(at)).map(|flag| flag.key().into());
                Finding {
                    rule: draft.rule.name,
                    severity: draft.severity,
                    flag,
                    place: Some(Place { list: None, path, span: draft.span, line, column }),
                    message: draft.message.into(),
                    label: draft.label.map(Into::into),
                    help: draft.help.map(Into::into),
                }
            })
            .collect()
    }
}

fn beside<'f>(condition: &'f Condition, node: Option<&Node<'_>>) -> Option<Placed<'f>> {
    node.map(|node| Placed::of(condition, node))
}

/// Adds the outermost parts that always come out the same. A segment is told of where it is defined.
fn find_decided<'f>(placed: &Placed<'f>, world: &mut World<'f>, decided: &mut Vec<Decided>) {
    if matches!(placed.condition, Condition::Segment(_)) {
        return;
    }
    let outcomes = world.term(placed.condition).and_then(|term| world.outcomes(term));
    match outcomes {
        Some(outcomes) if !(outcomes.is_true && outcomes.is_false) => {
            decided.push(Decided { span: innermost(placed).span.clone(), outcomes });
        }
        _ => placed.parts.iter().for_each(|part| find_decided(part, world, decided)),
    }
}

/// Of an object with a single entry, that entry.
fn innermost<'p, 'f>(placed: &'p Placed<'f>) -> &'p Placed<'f> {
    match (placed.key.as_deref(), placed.parts.as_slice()) {
        (None, [only]) => only,
        _ => placed,
    }
}

/// A finding before its place is told in lines.
pub(super) struct Draft {
    pub(super) rule: &'static Rule,
    pub(super) severity: Severity,
    pub(super) flag: Option<usize>,
    pub(super) span: Range<usize>,
    message: String,
    label: Option<String>,
    help: Option<String>,
}

impl Draft {
    pub(super) fn new(rule: &'static Rule, span: Range<usize>, message: impl Into<String>) -> Draft {
        let severity = rule.severity;
        Draft { rule, severity, flag: None, span, message: message.into(), label: None, help: None }
    }

    /// The flag it is about: it can be waived there.
    pub(super) fn of(mut self, flag: impl Into<Option<usize>>) -> Draft {
        self.flag = flag.into();
        self
    }

    pub(super) fn label(mut self, label: impl Into<String>) -> Draft {
        self.label = Some(label.into());
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Draft {
        self.help = Some(help.into());
        self
    }
}

/// A rule of a flag as messages name it: ``rule 1 `everyone` ``.
pub(super) fn named(at: usize, rule: &FlagRule) -> String {
    match rule.name() {
        Some(name) => format!("rule {at} `{name}`"),
        None => format!("rule {at}"),
    }
}

/// The attribute of a subject by its index in the file.
pub(super) fn attribute_of(subject: Subject) -> Option<usize> {
    match subject {
        Subject::Attribute(index) => Some(index.get()),
        _ => None,
    }
}
