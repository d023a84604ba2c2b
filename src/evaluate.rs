//! Snapshot + flag + context → decision. The hot file.
//!
//! Cannot fail, panic, allocate, free or wait. Everything that could go wrong was refused when the file was read;
//! everything slow was done when the snapshot was compiled. Where a table is asked for a row that `compile` put there,
//! the other branch gives the flag's default.

use crate::bucket::{self, Salt, Unit};
use crate::context::{AttributeKind, Context, ContextValue};
use crate::observe::{Observer, Silent};
use crate::snapshot::{Choice, FlagRow, Jump, PartRow, RuleRow, Shape, Snapshot, SplitRow, Stored};

/// A variant, and what decided on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decision {
    pub(crate) variant: Choice,
    pub(crate) by: By,
}

/// What decided: a rule, by its place in [`Snapshot::rules`], or what the constants name. One word, so that a decision
/// is handed over in registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct By(u32);

impl By {
    /// A required flag did not answer as required.
    pub(crate) const REQUIREMENT: By = By(u32::MAX);
    pub(crate) const DENIAL: By = By(u32::MAX - 1);
    pub(crate) const DEFAULT: By = By(u32::MAX - 2);

    /// The rule's place; beyond all where none decided.
    pub(crate) fn rule(self) -> u32 {
        self.0
    }
}

impl Snapshot {
    /// The decision on a flag, with nobody looking on.
    ///
    /// What most flags come to is in one piece with the service's code, and little. What is called from there is the last
    /// thing that its caller does: nobody needs a stack until a text is compared.
    #[inline]
    pub(crate) fn decided(&self, flag: &FlagRow, context: &Context<'_>) -> Decision {
        match flag.shape {
            // A settled flag is one whose first rule is not found: that costs less than to ask for it beforehand.
            Shape::Settled | Shape::OneDraw => self.one_draw(flag, context),
            _ => self.decided_in_full(flag, context),
        }
    }

    #[inline(never)]
    fn decided_in_full(&self, flag: &FlagRow, context: &Context<'_>) -> Decision {
        match flag.shape {
            Shape::Settled | Shape::OneDraw | Shape::OneRule => self.one_rule(flag, context),
            Shape::OneList => self.one_list(flag, context),
            Shape::Rules => self.several_rules(flag, context),
            Shape::Gated => self.decide(flag, context, &mut Silent),
        }
    }

    #[inline]
    fn one_rule(&self, flag: &FlagRow, context: &Context<'_>) -> Decision {
        let index = flag.rules.start;
        let Some(rule) = self.rules.get(index as usize) else { return flag.fallen_through() };
        // The draw costs a few instructions, a condition many: it goes first. Both must hold, so the answer is the same.
        if rule.bucketed && !rule.is_inside(context.unit(), &mut Silent) {
            return flag.fallen_through();
        }
        if rule.when == Jump::HOLDS {
            return self.served(rule, index, context);
        }
        self.one_rule_inside(flag, context)
    }

    /// A rule that is nothing but a rollout.
    #[inline]
    fn one_draw(&self, flag: &FlagRow, context: &Context<'_>) -> Decision {
        let index = flag.rules.start;
        let (Some(rule), Some(unit)) = (self.rules.get(index as usize), context.unit()) else {
            return flag.fallen_through();
        };
        let inside = bucket::position(unit, Salt(rule.rollout_salt)) <= rule.last;
        if inside { Decision { variant: rule.choice, by: By(index) } } else { flag.fallen_through() }
    }

    /// A rule for those on a long list: early adopters. Most are not.
    #[inline]
    fn one_list(&self, flag: &FlagRow, context: &Context<'_>) -> Decision {
        if self.operands.may_list_key(flag.beside, context) {
            return self.one_list_looking(flag, context);
        }
        flag.fallen_through()
    }

    /// [`Snapshot::one_list`], for somebody who may be on it.
    #[inline(never)]
    fn one_list_looking(&self, flag: &FlagRow, context: &Context<'_>) -> Decision {
        let index = flag.rules.start;
        let list = self.operands.lists.get(flag.beside as usize);
        let key = context.targeting_key().unwrap_or_default();
        match self.rules.get(index as usize) {
            Some(rule) if list.is_some_and(|list| list.find(context.hash(), key)) => {
                self.served(rule, index, context)
            }
            _ => flag.fallen_through(),
        }
    }

    /// A rule with a condition or a split, for somebody inside its rollout.
    #[inline(never)]
    fn one_rule_inside(&self, flag: &FlagRow, context: &Context<'_>) -> Decision {
        let index = flag.rules.start;
        let Some(rule) = self.rules.get(index as usize) else { return flag.fallen_through() };
        match self.end_of(rule.when, context) {
            Jump::HOLDS => self.served(rule, index, context),
            Jump::FAILS => flag.fallen_through(),
            _ => self.one_rule_looking(flag, context),
        }
    }

    /// [`Snapshot::one_rule_inside`], by looking at the values themselves.
    #[inline(never)]
    fn one_rule_looking(&self, flag: &FlagRow, context: &Context<'_>) -> Decision {
        let index = flag.rules.start;
        match self.rules.get(index as usize) {
            Some(rule) if self.walk(rule.when, context, &mut Silent) => self.served(rule, index, context),
            _ => flag.fallen_through(),
        }
    }

    /// What the rule of a flag with one rule gives.
    #[inline]
    fn served(&self, rule: &RuleRow, index: u32, context: &Context<'_>) -> Decision {
        if !rule.choice.is_split() {
            return Decision { variant: rule.choice, by: By(index) };
        }
        self.one_split(rule, index, context)
    }

    #[inline(never)]
    fn one_split(&self, rule: &RuleRow, index: u32, context: &Context<'_>) -> Decision {
        Decision { variant: self.choose(rule, context.unit(), &mut Silent), by: By(index) }
    }

    #[inline(never)]
    fn several_rules(&self, flag: &FlagRow, context: &Context<'_>) -> Decision {
        self.rules(flag, context, &mut Silent)
    }

    /// The order of evaluation: requirements, denials, rules, default. A disabled flag was compiled to its default.
    #[inline(never)]
    pub(crate) fn decide<O: Observer>(
        &self,
        flag: &FlagRow,
        context: &Context<'_>,
        observer: &mut O,
    ) -> Decision {
        let Some(gate) = self.gates.get(flag.beside as usize).filter(|_| flag.shape == Shape::Gated) else {
            return self.rules(flag, context, observer);
        };
        for requirement in self.requirements.get(gate.requirements.range()).unwrap_or_default() {
            let Some(required) = self.flags.get(requirement.flag as usize) else { continue };
            observer.required(required);
            let decision = if O::CURIOUS {
                self.decide(required, context, observer)
            } else {
                self.decided(required, context)
            };
            let satisfied = requirement.variants.contains(&decision.variant);
            observer.required_end(required, decision, satisfied);
            if !satisfied {
                return Decision { variant: gate.off, by: By::REQUIREMENT };
            }
        }
        for (index, denial) in self.denials.get(gate.denials.range()).unwrap_or_default().iter().enumerate() {
            let denied = self.holds_from(*denial, context, observer);
            observer.denied(index as u32, denied);
            if denied {
                return Decision { variant: gate.off, by: By::DENIAL };
            }
        }
        self.rules(flag, context, observer)
    }

    /// The first rule that applies decides, or else the default.
    #[inline]
    fn rules<O: Observer>(&self, flag: &FlagRow, context: &Context<'_>, observer: &mut O) -> Decision {
        let unit = match flag.bucket_by.attribute() {
            None => context.unit(),
            Some(attribute) => self.unit_of(attribute, context),
        };
        let mut index = flag.rules.start;
        while index < flag.rules.end {
            let Some(rule) = self.rules.get(index as usize) else { break };
            observer.rule(index);
            let decision = self.rule(flag, rule, index, unit, context, observer);
            observer.rule_end(index, decision.by != By::DEFAULT);
            if decision.by != By::DEFAULT {
                return decision;
            }
            index += 1;
        }
        flag.fallen_through()
    }

    /// What a rule decides; the default if it does not apply.
    #[inline]
    fn rule<O: Observer>(
        &self,
        flag: &FlagRow,
        rule: &RuleRow,
        index: u32,
        unit: Option<Unit>,
        context: &Context<'_>,
        observer: &mut O,
    ) -> Decision {
        let inside = !rule.bucketed || rule.is_inside(unit, observer);
        if !inside && !O::CURIOUS {
            return flag.fallen_through();
        }
        let holds = self.holds_from(rule.when, context, observer);
        if !inside || !holds {
            return flag.fallen_through();
        }
        Decision { variant: self.choose(rule, unit, observer), by: By(index) }
    }

    /// The variant that a rule gives to a unit.
    #[inline]
    fn choose<O: Observer>(&self, rule: &RuleRow, unit: Option<Unit>, observer: &mut O) -> Choice {
        let split = rule.choice.split().and_then(|split| self.splits.get(split));
        let (Some(split), Some(unit)) = (split, unit) else { return rule.choice };
        let (position, variant) = split.choose(&self.parts, unit);
        observer.split(position, variant);
        variant
    }

    /// The rule of a flag that is nothing but a rollout, and the variant of everyone else.
    pub(crate) fn draw_alone(&self, row: &FlagRow) -> Option<(&RuleRow, Choice)> {
        let rule = self.rules.get(row.rules.start as usize).filter(|_| row.shape == Shape::OneDraw)?;
        Some((rule, row.default))
    }

    #[inline]
    pub(crate) fn variant_of(&self, row: &FlagRow, context: &Context<'_>) -> Choice {
        self.decided(row, context).variant
    }

    /// The rule that decided, if one did.
    #[inline]
    pub(crate) fn rule_of(&self, decision: Decision) -> Option<&RuleRow> {
        self.rules.get(decision.by.rule() as usize)
    }

    /// The name of a rule, by its place in [`Snapshot::rules`].
    #[inline]
    pub(crate) fn rule_name(&self, rule: u32) -> Option<&str> {
        self.rule_names.get(rule as usize).copied().flatten().map(|name| self.operands.text(name))
    }

    /// The unit of a context for a flag that buckets by an attribute.
    #[inline(never)]
    fn unit_of(&self, attribute: u32, context: &Context<'_>) -> Option<Unit> {
        let kind = self.attributes.get(attribute as usize)?.kind;
        unit_of(self.read(attribute, context), kind)
    }
}

impl FlagRow {
    /// The decision where no rule applies.
    #[inline]
    fn fallen_through(&self) -> Decision {
        Decision { variant: self.default, by: By::DEFAULT }
    }
}

impl RuleRow {
    /// Whether a unit is inside the rollout. There is no place for nobody.
    #[inline]
    fn is_inside<O: Observer>(&self, unit: Option<Unit>, observer: &mut O) -> bool {
        let Some(unit) = unit else {
            observer.no_unit();
            return false;
        };
        let position = bucket::position(unit, Salt(self.rollout_salt));
        let inside = position <= self.last;
        observer.rolled(position, inside);
        inside
    }
}

impl SplitRow {
    /// Where a unit falls on the line, and the variant of that part of it.
    #[inline]
    pub(crate) fn choose(&self, parts: &[PartRow], unit: Unit) -> (u64, Choice) {
        let position = bucket::position(unit, Salt(self.salt));
        let parts = parts.get(self.parts.range()).unwrap_or_default();
        // INVARIANT: there is a last part, and it ends with the line.
        let part = parts.iter().find(|part| position <= part.last);
        (position, part.map_or(Choice::of(0, Stored::Null), |part| part.variant))
    }
}

/// The unit that a value of an attribute of this kind names: a text that is not empty, a whole number below 2^53.
pub(crate) fn unit_of(value: ContextValue<'_>, kind: AttributeKind) -> Option<Unit> {
    match (kind, value) {
        (AttributeKind::Text, ContextValue::Text(text)) if !text.is_empty() => Some(Unit::of_text(text)),
        (AttributeKind::Number, ContextValue::Number(number)) => Unit::of_number(number),
        _ => None,
    }
}
