//! The conditions of a flag set beside the text that they were read from: every part has its place.

use std::ops::Range;

use waterspout::flag_set::{Condition, FlagSet, SegmentBody, Subject};

use crate::tree::{Member, Node};

/// A condition, or a part of one, and where it stands.
#[derive(Debug)]
pub(crate) struct Placed<'s> {
    pub(crate) condition: &'s Condition,
    pub(crate) span: Range<usize>,
    /// The key of an entry: the attribute, `segment`, `any` ... `None` of an object as a whole.
    pub(crate) key: Option<Box<str>>,
    pub(crate) parts: Vec<Placed<'s>>,
}

impl<'s> Placed<'s> {
    /// A condition beside its object.
    pub(crate) fn of(condition: &'s Condition, node: &Node<'_>) -> Placed<'s> {
        let parts = match (condition, node.members()) {
            // An object of one entry is that entry.
            (_, [only]) => vec![Placed::entry(condition, only)],
            (Condition::All(parts), members) => {
                parts.iter().zip(members).map(|(part, member)| Placed::entry(part, member)).collect()
            }
            _ => Vec::new(),
        };
        Placed { condition, span: node.span.clone(), key: None, parts }
    }

    fn entry(condition: &'s Condition, member: &Member<'_>) -> Placed<'s> {
        let value = &member.value;
        let parts = match (condition, &*member.key) {
            (Condition::All(parts), "all") | (Condition::Any(parts), "any") => {
                parts.iter().zip(value.items()).map(|(part, item)| Placed::of(part, item)).collect()
            }
            (Condition::Not(inner), "not") => vec![Placed::of(inner, value)],
            (Condition::Any(segments), "segment") => {
                let items = segments.iter().zip(value.items());
                items.map(|(segment, item)| Placed::leaf(segment, item.span.clone())).collect()
            }
            (Condition::All(tests), _) => {
                let tests = tests.iter().zip(value.members());
                tests.map(|(test, member)| Placed::leaf(test, whole(member))).collect()
            }
            _ => Vec::new(),
        };
        Placed { condition, span: whole(member), key: Some(member.key.as_ref().into()), parts }
    }

    fn leaf(condition: &'s Condition, span: Range<usize>) -> Placed<'s> {
        Placed { condition, span, key: None, parts: Vec::new() }
    }

    /// This one and all its parts, from the outside inwards.
    pub(crate) fn walk(&self, visit: &mut dyn FnMut(&Placed<'s>)) {
        visit(self);
        self.parts.iter().for_each(|part| part.walk(visit));
    }
}

fn whole(member: &Member<'_>) -> Range<usize> {
    member.key_span.start..member.value.span.end
}

/// Every test that stands in a condition, and every list, its segments written out.
pub(crate) fn leaves<'s>(set: &'s FlagSet, condition: &'s Condition, visit: &mut dyn FnMut(Leaf<'s>)) {
    let mut seen = std::collections::HashSet::new();
    visit_leaves(set, condition, &mut seen, visit);
}

/// What a condition comes down to.
pub(crate) enum Leaf<'s> {
    Test(&'s waterspout::flag_set::Test),
    List(&'s waterspout::flag_set::Listed),
}

impl Leaf<'_> {
    pub(crate) fn subject(&self) -> Subject {
        match self {
            Leaf::Test(test) => test.subject(),
            Leaf::List(listed) => listed.of().map_or(Subject::Key, Subject::Attribute),
        }
    }
}

fn visit_leaves<'s>(
    set: &'s FlagSet,
    condition: &'s Condition,
    seen: &mut std::collections::HashSet<usize>,
    visit: &mut dyn FnMut(Leaf<'s>),
) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().for_each(|part| visit_leaves(set, part, seen, visit));
        }
        Condition::Not(inner) => visit_leaves(set, inner, seen, visit),
        Condition::Test(test) => visit(Leaf::Test(test)),
        Condition::Segment(index) if seen.insert(index.get()) => {
            match set.segments().get(index.get()).map(waterspout::flag_set::Segment::body) {
                Some(SegmentBody::When(condition)) => visit_leaves(set, condition, seen, visit),
                Some(SegmentBody::Listed(listed)) => visit(Leaf::List(listed)),
                _ => {}
            }
        }
        _ => {}
    }
}
