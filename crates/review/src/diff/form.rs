//! What a flag answers, as a decision list over regions: hash-consed, so that two flags that decide alike are one number.
//!
//! Conditions have two values here: a rule asks whether its condition holds, a denial whether it could, and for either
//! question a test on a missing attribute has one plain outcome. A list is kept in a normal form: what an earlier step
//! has taken is subtracted from later ones, steps with one outcome are one step, and what decides nothing is gone. The
//! form need not be unique for the walk to be right; the better it is, the sooner the walk can stop.

use std::collections::HashMap;

/// A condition.
pub(crate) type NodeId = u32;
/// A decision list.
pub(crate) type FormId = u32;
/// What a decision list answers; what it stands for is the business of whoever built it.
pub(crate) type AnswerId = u32;
/// A dimension, by its place.
pub(crate) type Dim = u16;

/// Some of the regions of a dimension.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Regions(Box<[u64]>);

impl Regions {
    pub(crate) fn of(size: usize, held: impl Iterator<Item = usize>) -> Regions {
        let mut words = vec![0_u64; size.div_ceil(64)];
        for region in held {
            if let Some(word) = words.get_mut(region / 64) {
                *word |= 1 << (region % 64);
            }
        }
        Regions(words.into())
    }

    pub(crate) fn holds(&self, region: usize) -> bool {
        self.0.get(region / 64).is_some_and(|word| word >> (region % 64) & 1 == 1)
    }

    fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    fn with(&self, other: &Regions, op: impl Fn(u64, u64) -> u64) -> Regions {
        Regions(self.0.iter().zip(&other.0).map(|(one, two)| op(*one, *two)).collect())
    }

    fn and(&self, other: &Regions) -> Regions {
        self.with(other, |one, two| one & two)
    }

    fn or(&self, other: &Regions) -> Regions {
        self.with(other, |one, two| one | two)
    }

    fn without(&self, other: &Regions) -> Regions {
        self.with(other, |one, two| one & !two)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Node {
    False,
    True,
    /// The value lies in one of these regions.
    Test(Dim, Regions),
    All(Box<[NodeId]>),
    Any(Box<[NodeId]>),
    /// Another list, whose answers are [`NO`] and [`YES`], says yes.
    Decides(FormId),
}

pub(crate) const FALSE: NodeId = 0;
pub(crate) const TRUE: NodeId = 1;

/// The answers of a list that decides a condition.
pub(crate) const NO: AnswerId = 0;
pub(crate) const YES: AnswerId = 1;
/// Stands for "both sides alike", in a pair of lists of which only the differences matter.
const ALIKE: AnswerId = 2;
/// The first answer that stands for a variant.
pub(crate) const FIRST_ANSWER: AnswerId = 3;

/// What a step gives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    One(AnswerId),
    /// An answer for each region of a line.
    Split(Dim, Box<[AnswerId]>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Form {
    steps: Box<[(NodeId, Outcome)]>,
    default: Outcome,
}

/// All conditions and lists of one comparison.
#[derive(Debug)]
pub(crate) struct Forms {
    /// How many regions each dimension has.
    sizes: Vec<usize>,
    nodes: Vec<Node>,
    node_ids: HashMap<Node, NodeId>,
    /// Which dimensions a node depends on, as bits.
    node_support: Vec<u128>,
    forms: Vec<Form>,
    form_ids: HashMap<Form, FormId>,
    form_support: Vec<u128>,
    form_size: Vec<usize>,
    restricted_nodes: HashMap<(NodeId, Dim, u32), NodeId>,
    restricted_forms: HashMap<(FormId, Dim, u32), FormId>,
}

impl Forms {
    /// The most dimensions there can be.
    pub(crate) const MOST: usize = 128;

    pub(crate) fn new(sizes: Vec<usize>) -> Forms {
        let mut forms = Forms {
            sizes,
            nodes: Vec::new(),
            node_ids: HashMap::new(),
            node_support: Vec::new(),
            forms: Vec::new(),
            form_ids: HashMap::new(),
            form_support: Vec::new(),
            form_size: Vec::new(),
            restricted_nodes: HashMap::new(),
            restricted_forms: HashMap::new(),
        };
        forms.intern(Node::False);
        forms.intern(Node::True);
        forms
    }

    fn intern(&mut self, node: Node) -> NodeId {
        if let Some(known) = self.node_ids.get(&node) {
            return *known;
        }
        let support = match &node {
            Node::False | Node::True => 0,
            Node::Test(dim, _) => 1 << dim,
            Node::All(parts) | Node::Any(parts) => {
                parts.iter().fold(0, |all, part| all | self.node_support[*part as usize])
            }
            Node::Decides(form) => self.form_support[*form as usize],
        };
        let id = self.nodes.len() as NodeId;
        self.node_ids.insert(node.clone(), id);
        self.nodes.push(node);
        self.node_support.push(support);
        id
    }

    // Conditions.

    pub(crate) fn test(&mut self, dim: Dim, regions: Regions) -> NodeId {
        match regions.count() {
            0 => FALSE,
            count if count == self.size(dim) => TRUE,
            _ => self.intern(Node::Test(dim, regions)),
        }
    }

    pub(crate) fn decides(&mut self, form: FormId) -> NodeId {
        match self.constant(form) {
            Some(answer) => {
                if answer == YES {
                    TRUE
                } else {
                    FALSE
                }
            }
            None => self.intern(Node::Decides(form)),
        }
    }

    pub(crate) fn all(&mut self, parts: impl IntoIterator<Item = NodeId>) -> NodeId {
        self.combine(parts, true)
    }

    pub(crate) fn any(&mut self, parts: impl IntoIterator<Item = NodeId>) -> NodeId {
        self.combine(parts, false)
    }

    fn combine(&mut self, parts: impl IntoIterator<Item = NodeId>, all: bool) -> NodeId {
        let (neutral, absorbing) = if all { (TRUE, FALSE) } else { (FALSE, TRUE) };
        let mut flat: Vec<NodeId> = Vec::new();
        let mut tests: Vec<(Dim, Regions)> = Vec::new();
        let mut left: Vec<NodeId> = parts.into_iter().collect();
        left.reverse();
        while let Some(part) = left.pop() {
            match &self.nodes[part as usize] {
                _ if part == neutral => {}
                _ if part == absorbing => return absorbing,
                Node::All(inner) if all => left.extend(inner.iter().rev()),
                Node::Any(inner) if !all => left.extend(inner.iter().rev()),
                Node::Test(dim, regions) => match tests.iter_mut().find(|(known, _)| known == dim) {
                    Some((_, known)) => *known = if all { known.and(regions) } else { known.or(regions) },
                    None => tests.push((*dim, regions.clone())),
                },
                _ => flat.push(part),
            }
        }
        for (dim, regions) in &tests {
            match self.test(*dim, regions.clone()) {
                id if id == absorbing => return absorbing,
                id if id == neutral => {}
                id => flat.push(id),
            }
        }
        flat.sort_unstable();
        flat.dedup();
        if !all && !tests.is_empty() {
            flat = self.absorb(&flat, &tests);
        }
        match flat.as_slice() {
            [] => neutral,
            [one] => *one,
            _ => self.intern(if all { Node::All(flat.into()) } else { Node::Any(flat.into()) }),
        }
    }

    /// Beside a plain test, what asks for less than it in the same dimension adds nothing.
    fn absorb(&self, flat: &[NodeId], tests: &[(Dim, Regions)]) -> Vec<NodeId> {
        let within = |part: &NodeId| {
            let Node::All(inner) = &self.nodes[*part as usize] else { return false };
            inner.iter().any(|one| match &self.nodes[*one as usize] {
                Node::Test(dim, regions) => {
                    tests.iter().any(|(known, wider)| known == dim && regions.and(wider) == *regions)
                }
                _ => false,
            })
        };
        flat.iter().filter(|part| !within(part)).copied().collect()
    }

    // Lists.

    pub(crate) fn list(&mut self, steps: Vec<(NodeId, Outcome)>, default: Outcome) -> FormId {
        let default = self.settled(default);
        let mut kept: Vec<(NodeId, Outcome)> = Vec::new();
        let mut taken: Vec<(Dim, Regions)> = Vec::new();
        let mut last = default;
        for (when, outcome) in steps {
            let mut when = when;
            for (dim, regions) in &taken {
                if self.node_support[when as usize] >> dim & 1 == 1 {
                    when = self.without(when, *dim, regions);
                }
            }
            if when == FALSE {
                continue;
            }
            let outcome = self.settled(outcome);
            if when == TRUE {
                last = outcome;
                break;
            }
            if let Node::Test(dim, regions) = &self.nodes[when as usize] {
                let (dim, regions) = (*dim, regions.clone());
                let all = match taken.iter_mut().find(|(known, _)| *known == dim) {
                    Some((_, known)) => {
                        *known = known.or(&regions);
                        known.clone()
                    }
                    None => {
                        taken.push((dim, regions.clone()));
                        regions
                    }
                };
                if all.count() == self.size(dim) {
                    last = outcome;
                    break;
                }
            }
            match kept.last() {
                Some((before, same)) if *same == outcome => {
                    let joined = self.any([*before, when]);
                    kept.pop();
                    if joined == TRUE {
                        last = outcome;
                        break;
                    }
                    kept.push((joined, outcome));
                }
                _ => kept.push((when, outcome)),
            }
        }
        while kept.last().is_some_and(|(_, outcome)| *outcome == last) {
            kept.pop();
        }
        self.intern_form(Form { steps: kept.into(), default: last })
    }

    fn intern_form(&mut self, form: Form) -> FormId {
        if let Some(known) = self.form_ids.get(&form) {
            return *known;
        }
        let of = |outcome: &Outcome| match outcome {
            Outcome::One(_) => 0,
            Outcome::Split(dim, _) => 1_u128 << dim,
        };
        let steps = form.steps.iter();
        let support = steps.fold(of(&form.default), |all, (when, outcome)| {
            all | self.node_support[*when as usize] | of(outcome)
        });
        let size = form.steps.iter().map(|(when, _)| 1 + self.weight(*when)).sum();
        let id = self.forms.len() as FormId;
        self.form_ids.insert(form.clone(), id);
        self.forms.push(form);
        self.form_support.push(support);
        self.form_size.push(size);
        id
    }

    fn weight(&self, node: NodeId) -> usize {
        match &self.nodes[node as usize] {
            Node::All(parts) | Node::Any(parts) => parts.iter().map(|part| self.weight(*part)).sum(),
            Node::Decides(form) => self.form_size[*form as usize],
            _ => 1,
        }
    }

    fn settled(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Split(_, answers) if answers.windows(2).all(|two| two[0] == two[1]) => {
                Outcome::One(answers.first().copied().unwrap_or(NO))
            }
            outcome => outcome,
        }
    }

    /// Where `taken` is decided already, anything may be said: so nothing is, or all.
    fn without(&mut self, node: NodeId, dim: Dim, taken: &Regions) -> NodeId {
        if self.node_support[node as usize] >> dim & 1 == 0 {
            return node;
        }
        match self.nodes[node as usize].clone() {
            Node::Test(tested, regions) if tested == dim => {
                if regions.or(taken).count() == self.size(dim) {
                    TRUE
                } else {
                    self.test(dim, regions.without(taken))
                }
            }
            Node::All(parts) => {
                let parts: Vec<NodeId> = parts.iter().map(|part| self.without(*part, dim, taken)).collect();
                self.all(parts)
            }
            Node::Any(parts) => {
                let parts: Vec<NodeId> = parts.iter().map(|part| self.without(*part, dim, taken)).collect();
                self.any(parts)
            }
            _ => node,
        }
    }

    // Questions.

    fn size(&self, dim: Dim) -> usize {
        self.sizes[dim as usize]
    }

    /// The answer, if it is one for everybody.
    pub(crate) fn constant(&self, form: FormId) -> Option<AnswerId> {
        match &self.forms[form as usize] {
            Form { steps, default: Outcome::One(answer) } if steps.is_empty() => Some(*answer),
            _ => None,
        }
    }

    /// The dimensions that a list depends on, as bits.
    pub(crate) fn support(&self, form: FormId) -> u128 {
        self.form_support[form as usize]
    }

    /// How long a list is, written out.
    pub(crate) fn length(&self, form: FormId) -> usize {
        self.form_size[form as usize]
    }

    /// The dimensions in the first step in which two lists differ.
    pub(crate) fn first_difference(&self, one: FormId, two: FormId) -> u128 {
        let (one, two) = (&self.forms[one as usize], &self.forms[two as usize]);
        let longest = one.steps.len().max(two.steps.len());
        let of = |form: &Form, place: usize| {
            form.steps.get(place).map_or(0, |step| self.node_support[step.0 as usize])
        };
        (0..longest)
            .find(|place| one.steps.get(*place) != two.steps.get(*place))
            .map_or(0, |place| of(one, place) | of(two, place))
    }

    /// The list, where a value lies in one region of a dimension.
    pub(crate) fn restrict(&mut self, form: FormId, dim: Dim, region: usize) -> FormId {
        if self.form_support[form as usize] >> dim & 1 == 0 {
            return form;
        }
        let key = (form, dim, region as u32);
        if let Some(known) = self.restricted_forms.get(&key) {
            return *known;
        }
        let Form { steps, default } = self.forms[form as usize].clone();
        let steps: Vec<(NodeId, Outcome)> = steps
            .into_vec()
            .into_iter()
            .map(|(when, outcome)| (self.restrict_node(when, dim, region), drawn(outcome, dim, region)))
            .collect();
        let restricted = self.list(steps, drawn(default, dim, region));
        self.restricted_forms.insert(key, restricted);
        restricted
    }

    fn restrict_node(&mut self, node: NodeId, dim: Dim, region: usize) -> NodeId {
        if self.node_support[node as usize] >> dim & 1 == 0 {
            return node;
        }
        let key = (node, dim, region as u32);
        if let Some(known) = self.restricted_nodes.get(&key) {
            return *known;
        }
        let restricted = match self.nodes[node as usize].clone() {
            Node::Test(tested, regions) if tested == dim => {
                if regions.holds(region) {
                    TRUE
                } else {
                    FALSE
                }
            }
            Node::All(parts) => {
                let parts: Vec<NodeId> =
                    parts.iter().map(|part| self.restrict_node(*part, dim, region)).collect();
                self.all(parts)
            }
            Node::Any(parts) => {
                let parts: Vec<NodeId> =
                    parts.iter().map(|part| self.restrict_node(*part, dim, region)).collect();
                self.any(parts)
            }
            Node::Decides(form) => {
                let form = self.restrict(form, dim, region);
                self.decides(form)
            }
            _ => node,
        };
        self.restricted_nodes.insert(key, restricted);
        restricted
    }

    /// Both lists, with the regions of a dimension in which they are one and the same put aside.
    pub(crate) fn differences(&mut self, pair: (FormId, FormId), dim: Dim) -> (FormId, FormId) {
        let alike: Vec<usize> = (0..self.size(dim))
            .filter(|region| self.restrict(pair.0, dim, *region) == self.restrict(pair.1, dim, *region))
            .collect();
        if alike.is_empty() {
            return pair;
        }
        let regions = Regions::of(self.size(dim), alike.into_iter());
        (self.aside(pair.0, dim, regions.clone()), self.aside(pair.1, dim, regions))
    }

    fn aside(&mut self, form: FormId, dim: Dim, alike: Regions) -> FormId {
        let Form { steps, default } = self.forms[form as usize].clone();
        let first = (self.test(dim, alike), Outcome::One(ALIKE));
        let steps = std::iter::once(first).chain(steps.into_vec()).collect();
        self.list(steps, default)
    }
}

fn drawn(outcome: Outcome, dim: Dim, region: usize) -> Outcome {
    match outcome {
        Outcome::Split(line, answers) if line == dim => {
            Outcome::One(answers.get(region).copied().unwrap_or(NO))
        }
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Outcome = Outcome::One(FIRST_ANSWER);
    const B: Outcome = Outcome::One(FIRST_ANSWER + 1);

    fn regions(held: &[usize]) -> Regions {
        Regions::of(4, held.iter().copied())
    }

    #[test]
    fn a_later_step_within_an_earlier_one_is_gone() {
        let mut forms = Forms::new(vec![4, 4]);
        let (wide, narrow) = (forms.test(0, regions(&[0, 1, 2])), forms.test(0, regions(&[1])));
        let with = forms.list(vec![(wide, A), (narrow, B)], B);
        let alone = forms.list(vec![(wide, A)], B);
        assert_eq!(with, alone);
    }

    #[test]
    fn steps_of_one_outcome_have_no_order() {
        let mut forms = Forms::new(vec![4, 4]);
        let (one, two) = (forms.test(0, regions(&[0])), forms.test(1, regions(&[3])));
        let there = forms.list(vec![(one, A), (two, A)], B);
        let back = forms.list(vec![(two, A), (one, A)], B);
        assert_eq!(there, back);
        let other = forms.list(vec![(two, A), (one, B)], B);
        assert_ne!(there, other);
    }

    #[test]
    fn a_step_that_gives_the_default_is_gone() {
        let mut forms = Forms::new(vec![4]);
        let test = forms.test(0, regions(&[0]));
        let list = forms.list(vec![(test, A)], A);
        assert_eq!(forms.constant(list), Some(FIRST_ANSWER));
    }

    #[test]
    fn a_restriction_decides() {
        let mut forms = Forms::new(vec![4, 4]);
        let (one, two) = (forms.test(0, regions(&[0, 1])), forms.test(1, regions(&[2])));
        let both = forms.all([one, two]);
        let list = forms.list(vec![(both, A)], B);
        let outside = forms.restrict(list, 0, 3);
        assert_eq!(forms.constant(outside), Some(FIRST_ANSWER + 1));
        let inside = forms.restrict(list, 0, 1);
        let inside = forms.restrict(inside, 1, 2);
        assert_eq!(forms.constant(inside), Some(FIRST_ANSWER));
    }

    #[test]
    fn where_two_lists_are_alike_is_put_aside() {
        let mut forms = Forms::new(vec![4, 4]);
        // Dimension 0 is an attribute, dimension 1 a line. The rule reaches as far as region 2; the defaults differ.
        let (asked, low) = (forms.test(0, regions(&[0])), forms.test(1, regions(&[0, 1])));
        let before = forms.list(vec![(low, A), (asked, B)], A);
        let after = forms.list(vec![(low, A), (asked, B)], B);
        let (before, after) = forms.differences((before, after), 1);
        assert_ne!(before, after);
        let (low, high) = (forms.restrict(before, 1, 0), forms.restrict(after, 1, 0));
        assert_eq!(low, high);
    }
}
