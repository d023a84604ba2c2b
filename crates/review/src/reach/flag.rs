//! What can come of a flag: which denials act, which rules are reached, which variants are answered.

use waterspout::flag_set::{FlagDefinition, FlagSet, Outcome, Requirement, Rule, Subject, VariantIndex};

use super::world::{Outcomes, TermId, World};

/// The whole of the bucket line, in thousandths of a per cent.
const WHOLE: u32 = 100_000;

/// What happens in some context, the flag being enabled and its requirements met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    /// Of each denial: whether it is the first that acts.
    pub(crate) denials: Vec<bool>,
    /// Of each rule: whether it decides.
    pub(crate) rules: Vec<bool>,
    /// Whether no rule applies.
    pub(crate) default: bool,
    /// Of each variant: whether it is answered.
    pub(crate) variants: Vec<bool>,
}

impl Reached {
    /// Goes through every context. `None` where that is too much.
    fn of(set: &FlagSet, flag: &FlagDefinition) -> Option<Reached> {
        let mut ways = Ways::of(set, flag)?;
        let denials = (0..flag.deny().len()).map(|at| ways.denial(at)).collect::<Option<Vec<bool>>>()?;
        let rules =
            (0..flag.rules().len()).map(|at| ways.rule(at, Left::Nothing)).collect::<Option<Vec<bool>>>()?;
        let default = ways.default()?;
        let mut variants = vec![false; flag.variants().len()];
        for (rule, _) in flag.rules().iter().zip(&rules).filter(|(_, reached)| **reached) {
            serve(rule.outcome(), &mut variants);
        }
        if default {
            mark(&mut variants, flag.default());
        }
        if denials.contains(&true) {
            mark(&mut variants, flag.off());
        }
        Some(Reached { denials, rules, default, variants })
    }
}

/// Something to be left out, to see what it is the cause of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    Nothing,
    Denial(usize),
    Rule(usize),
}

/// The ways through a flag. One is open if all that would end it earlier can be avoided in one context.
pub(crate) struct Ways<'s> {
    world: World<'s>,
    denials: Vec<TermId>,
    rules: Vec<Way>,
    /// Whether there is something to be bucketed by.
    unit: TermId,
}

/// A rule on the way.
struct Way {
    /// Its condition; `None` is always true.
    when: Option<TermId>,
    /// Whether it applies to units only: it has a rollout or a split.
    draws: bool,
    /// How much of the bucket line it holds.
    rollout: u32,
}

const TRUE: Outcomes = Outcomes { is_true: true, is_false: false, is_unknown: false };
const FALSE: Outcomes = Outcomes { is_true: false, is_false: true, is_unknown: false };
const NOT_TRUE: Outcomes = Outcomes { is_true: false, is_false: true, is_unknown: true };
const NOT_FALSE: Outcomes = Outcomes { is_true: true, is_false: false, is_unknown: true };

impl<'s> Ways<'s> {
    /// The ways through a flag; `None` if it is too large.
    pub(crate) fn of(set: &'s FlagSet, flag: &'s FlagDefinition) -> Option<Ways<'s>> {
        let conditions = flag.deny().iter().chain(flag.rules().iter().filter_map(Rule::when));
        let unit = flag.bucket_by().map_or(Subject::Key, Subject::Attribute);
        let mut world = World::of(set, conditions, Some(unit))?;
        let denials = flag.deny().iter().map(|condition| world.term(condition)).collect::<Option<_>>()?;
        let mut rules = Vec::new();
        for rule in flag.rules() {
            let when = match rule.when() {
                Some(condition) => Some(world.term(condition)?),
                None => None,
            };
            let draws = rule.rollout().is_some() || matches!(rule.outcome(), Outcome::Split(_));
            let rollout = rule.rollout().map_or(WHOLE, |rollout| rollout.thousandths());
            rules.push(Way { when, draws, rollout });
        }
        let unit = world.is_unit(unit)?;
        Some(Ways { world, denials, rules, unit })
    }

    /// Whether a denial can be the first that acts.
    fn denial(&mut self, at: usize) -> Option<bool> {
        let mut terms = vec![self.world.is(*self.denials.get(at)?, NOT_FALSE)];
        let above: Vec<TermId> = self.denials.iter().take(at).copied().collect();
        terms.extend(above.into_iter().map(|denial| self.world.is(denial, FALSE)));
        self.world.can_be(terms)
    }

    /// Whether a rule can decide. A rollout of 0 is taken for a very small one: it is there to be widened.
    pub(crate) fn rule(&mut self, at: usize, left: Left) -> Option<bool> {
        let Way { when, draws, rollout } = self.rules.get(at)?;
        let (when, draws, needed) = (*when, *draws, (*rollout).max(1));
        let when: Vec<TermId> = when.map(|when| self.world.is(when, TRUE)).into_iter().collect();
        if self.is_open(&when, needed, at, left)? {
            return Some(true);
        }
        if draws { Some(false) } else { self.is_open_without_unit(&when, at, left) }
    }

    fn default(&mut self) -> Option<bool> {
        let end = self.rules.len();
        let by_unit = self.is_open(&[], WHOLE, end, Left::Nothing)?;
        if by_unit { Some(true) } else { self.is_open_without_unit(&[], end, Left::Nothing) }
    }

    /// Whether a unit can come past all denials and the rules above `end`, to a rule that holds `needed` of the line: those
    /// above hold less of it.
    fn is_open(&mut self, first: &[TermId], needed: u32, end: usize, left: Left) -> Option<bool> {
        let terms = self.past(first, end, left, |way| way.rollout >= needed);
        let unit = self.unit;
        self.world.can_be(terms.into_iter().chain([unit]).collect())
    }

    /// Whether somebody can come as far who has nothing to be bucketed by: no rule that draws stops them.
    fn is_open_without_unit(&mut self, first: &[TermId], end: usize, left: Left) -> Option<bool> {
        let terms = self.past(first, end, left, |way| !way.draws);
        let without = self.world.is(self.unit, FALSE);
        self.world.can_be(terms.into_iter().chain([without]).collect())
    }

    /// What must hold to come past all denials, and past those rules above `end` that would stop.
    fn past(
        &mut self,
        first: &[TermId],
        end: usize,
        left: Left,
        stops: impl Fn(&Way) -> bool,
    ) -> Vec<TermId> {
        let mut terms = first.to_vec();
        for (_, denial) in self.denials.iter().enumerate().filter(|(at, _)| left != Left::Denial(*at)) {
            terms.push(self.world.is(*denial, FALSE));
        }
        let above = self.rules.iter().enumerate().take(end);
        for (_, way) in above.filter(|(at, way)| left != Left::Rule(*at) && stops(way)) {
            match way.when {
                Some(when) => terms.push(self.world.is(when, NOT_TRUE)),
                // Nobody comes past a rule for everyone.
                None => terms.push(self.world.never()),
            }
        }
        terms
    }
}

/// What can come of a flag, its kill switch and its requirements counted.
#[derive(Clone, Debug)]
pub(crate) struct Possible {
    /// What happens where it is enabled and its requirements are met; `None` where there is too much to go through.
    pub(crate) reached: Option<Reached>,
    /// Of each requirement, whether it can be met, and whether it can be unmet.
    pub(crate) requirements: Vec<Requirable>,
    /// Of each variant, whether it is ever answered.
    pub(crate) variants: Vec<bool>,
}

/// What can come of a requirement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Requirable {
    pub(crate) met: bool,
    pub(crate) unmet: bool,
}

/// What can come of every flag, in file order.
pub(crate) fn possible(set: &FlagSet) -> Vec<Possible> {
    let mut known: Vec<Option<Possible>> = vec![None; set.flags().len()];
    for at in 0..set.flags().len() {
        learn(set, at, &mut known);
    }
    known.into_iter().flatten().collect()
}

/// Learns of a flag, and of those it requires first. Requirements do not go in a circle, nor deep.
fn learn(set: &FlagSet, at: usize, known: &mut [Option<Possible>]) {
    let Some(flag) = set.flags().get(at).filter(|_| known.get(at).is_some_and(Option::is_none)) else {
        return;
    };
    for requirement in flag.requires() {
        learn(set, requirement.flag().get(), known);
    }
    let requirements: Vec<Requirable> =
        flag.requires().iter().map(|requirement| requirable(requirement, known)).collect();
    let reached = Reached::of(set, flag);
    let variants = variants(flag, reached.as_ref(), &requirements);
    if let Some(place) = known.get_mut(at) {
        *place = Some(Possible { reached, requirements, variants });
    }
}

fn requirable(requirement: &Requirement, known: &[Option<Possible>]) -> Requirable {
    let Some(Some(required)) = known.get(requirement.flag().get()) else {
        return Requirable { met: true, unmet: true };
    };
    let satisfies = |at: usize| requirement.variants().iter().any(|variant| variant.get() == at);
    let answered =
        || required.variants.iter().enumerate().filter(|(_, answered)| **answered).map(|(at, _)| at);
    Requirable { met: answered().any(satisfies), unmet: answered().any(|at| !satisfies(at)) }
}

fn variants(flag: &FlagDefinition, reached: Option<&Reached>, requirements: &[Requirable]) -> Vec<bool> {
    let mut off = vec![false; flag.variants().len()];
    mark(&mut off, flag.off());
    if !flag.is_enabled() || requirements.iter().any(|requirement| !requirement.met) {
        return off;
    }
    let Some(reached) = reached else { return vec![true; flag.variants().len()] };
    let mut variants = reached.variants.clone();
    if requirements.iter().any(|requirement| requirement.unmet) {
        mark(&mut variants, flag.off());
    }
    variants
}

fn mark(flags: &mut [bool], index: VariantIndex) {
    if let Some(flag) = flags.get_mut(index.get()) {
        *flag = true;
    }
}

fn serve(outcome: &Outcome, variants: &mut [bool]) {
    match outcome {
        Outcome::Serve(variant) => mark(variants, *variant),
        Outcome::Split(parts) => {
            for (variant, _) in parts.iter().filter(|(_, weight)| weight.thousandths() > 0) {
                mark(variants, *variant);
            }
        }
        _ => variants.fill(true),
    }
}
