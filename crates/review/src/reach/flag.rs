//! What can come of a flag: which denials act, which rules are reached, which variants are answered.

use waterspout::flag_set::{Condition, FlagDefinition, FlagSet, Outcome, Requirement, Rule, Subject, VariantIndex};

use super::value::Truth;
use super::world::{Open, TermId, World};

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

/// Something to be left out, to see what it is the cause of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    Nothing,
    Denial(usize),
    Rule(usize),
}

impl Reached {
    /// Goes through every context. A rollout of 0 is taken for a very small one: it is there to be widened. `None` if
    /// that is too much to go through.
    pub(crate) fn of(set: &FlagSet, flag: &FlagDefinition, left: Left) -> Option<Reached> {
        let denials = flag.deny().iter();
        let conditions = denials.chain(flag.rules().iter().filter_map(Rule::when));
        let unit = flag.bucket_by().map_or(Subject::Key, Subject::Attribute);
        let mut world = World::of(set, conditions, Some(unit))?;
        let stages = stages(flag, left, &mut world)?;
        let reached = Reached {
            denials: vec![false; flag.deny().len()],
            rules: vec![false; flag.rules().len()],
            default: false,
            variants: vec![false; flag.variants().len()],
        };
        let mut walk = Walk { flag, stages, unit, reached };
        world.begin();
        walk.go(&mut world, 0, 0).then_some(walk.reached)
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
    let Some(flag) = set.flags().get(at).filter(|_| known.get(at).is_some_and(Option::is_none)) else { return };
    for requirement in flag.requires() {
        learn(set, requirement.flag().get(), known);
    }
    let requirements: Vec<Requirable> =
        flag.requires().iter().map(|requirement| requirable(requirement, known)).collect();
    let reached = Reached::of(set, flag, Left::Nothing);
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
    let answered = || required.variants.iter().enumerate().filter(|(_, answered)| **answered).map(|(at, _)| at);
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
    mark_at(flags, index.get());
}

fn mark_at(flags: &mut [bool], at: usize) {
    if let Some(flag) = flags.get_mut(at) {
        *flag = true;
    }
}

/// What a flag goes through, in order.
enum Stage<'s> {
    Denial(usize, TermId),
    Rule(usize, Option<TermId>, &'s Rule),
}

fn stages<'s>(flag: &'s FlagDefinition, left: Left, world: &mut World<'s>) -> Option<Vec<Stage<'s>>> {
    let mut stages = Vec::new();
    for (at, condition) in flag.deny().iter().enumerate().filter(|(at, _)| left != Left::Denial(*at)) {
        stages.push(Stage::Denial(at, world.term(condition)?));
    }
    for (at, rule) in flag.rules().iter().enumerate().filter(|(at, _)| left != Left::Rule(*at)) {
        let mut term = |condition: &'s Condition| world.term(condition);
        let when = match rule.when() {
            Some(condition) => Some(term(condition)?),
            None => None,
        };
        stages.push(Stage::Rule(at, when, rule));
    }
    Some(stages)
}

struct Walk<'s> {
    flag: &'s FlagDefinition,
    stages: Vec<Stage<'s>>,
    unit: Subject,
    reached: Reached,
}

impl<'s> Walk<'s> {
    /// Goes on from a stage. The rules above hold the bucket line up to `taken`. Says false where it is too much.
    fn go(&mut self, world: &mut World<'s>, from: usize, taken: u32) -> bool {
        let mut taken = taken;
        for at in from..self.stages.len() {
            match self.stage(world, at, taken) {
                Ok(Some(now)) => taken = now,
                Ok(None) => return true,
                Err(Open::TooMuch) => return false,
                Err(Open::On(dimension)) => {
                    return world.for_each_value(dimension, &mut |world| self.go(world, at, taken));
                }
            }
        }
        self.reached.default = true;
        mark(&mut self.reached.variants, self.flag.default());
        true
    }

    /// What comes of a stage: how much of the line is taken behind it; `None` if nothing goes on.
    fn stage(&mut self, world: &mut World<'s>, at: usize, taken: u32) -> Result<Option<u32>, Open> {
        match self.stages.get(at) {
            Some(Stage::Denial(index, term)) => {
                if world.truth(*term)? == Truth::False {
                    return Ok(Some(taken));
                }
                mark_at(&mut self.reached.denials, *index);
                mark(&mut self.reached.variants, self.flag.off());
                Ok(None)
            }
            Some(Stage::Rule(index, when, rule)) => {
                if let Some(term) = when {
                    if world.truth(*term)? != Truth::True {
                        return Ok(Some(taken));
                    }
                }
                let draws = rule.rollout().is_some() || matches!(rule.outcome(), Outcome::Split(_));
                if draws && !is_unit(world, self.unit)? {
                    return Ok(Some(taken));
                }
                let rollout = rule.rollout().map_or(WHOLE, |rollout| rollout.thousandths());
                if rollout.max(1) > taken {
                    mark_at(&mut self.reached.rules, *index);
                    serve(rule.outcome(), &mut self.reached.variants);
                }
                let taken = taken.max(rollout);
                Ok((taken < WHOLE).then_some(taken))
            }
            None => Ok(Some(taken)),
        }
    }
}

fn is_unit(world: &World<'_>, subject: Subject) -> Result<bool, Open> {
    let dimension = world.dimension(subject).ok_or(Open::TooMuch)?;
    world.chosen(dimension).map(super::Value::is_unit).ok_or(Open::On(dimension))
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
