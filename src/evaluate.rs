//! Snapshot + context → answer. The hot file.
//!
//! Cannot fail, panic, allocate, free or wait. Everything that could go wrong was refused when the file was read;
//! everything slow was done when the snapshot was compiled. Where a table is asked for a row that `compile` put there,
//! the other branch gives the caller's default.

use crate::answer::{Answer, ErrorCode, Reason, RuleName};
use crate::bucket::{self, Salt, Unit};
use crate::column::Column;
use crate::context::{AttributeKind, Context, ContextValue};
use crate::flag::Flag;
use crate::key::FlagKey;
use crate::observe::{Observer, Silent};
use crate::snapshot::{Choice, FlagRow, Jump, PartRow, RuleRow, Shape, Snapshot, SplitRow, Stored};
use crate::value::{FlagType, Value};

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
    const REQUIREMENT: By = By(u32::MAX);
    const DENIAL: By = By(u32::MAX - 1);
    const DEFAULT: By = By(u32::MAX - 2);
}

impl Snapshot {
    /// The flag's value for a context.
    ///
    /// Never fails: the flag's own default stands in where the file has no such flag, has it with another type, or
    /// answers null. Does not allocate.
    ///
    /// ```
    /// use waterspout::{Context, Flag, Flags};
    ///
    /// const NEW_CHECKOUT: Flag<bool> = Flag::new("new-checkout", false);
    /// const MISSING: Flag<i64> = Flag::new("no-such-flag", 3);
    ///
    /// let flags = Flags::from_text(
    ///     r#"{"version": 1, "flags": {"new-checkout": {"rules": [{"when": {"key": {"in": ["ada"]}}}]}}}"#,
    /// )?;
    /// let view = flags.view();
    /// assert!(view.value(&NEW_CHECKOUT, &Context::new("ada", &[])));
    /// assert!(!view.value(&NEW_CHECKOUT, &Context::new("bob", &[])));
    /// assert_eq!(view.value(&MISSING, &Context::new("ada", &[])), 3);
    /// # Ok::<(), waterspout::Error>(())
    /// ```
    #[inline]
    pub fn value<'v, T: FlagType + ?Sized>(&'v self, flag: &Flag<T>, context: &Context<'_>) -> T::Value<'v> {
        let default = T::shorten(flag.default());
        match self.flag(flag.key().id) {
            Some(row) if row.kind == T::KIND => {
                self.value_or::<T>(self.decided(row, context).variant, default)
            }
            _ => default,
        }
    }

    /// The flag's value for a context, and why.
    ///
    /// Never fails: see [`Snapshot::value`]; [`Answer::error`] tells. Does not allocate.
    pub fn answer<'v, T: FlagType + ?Sized>(
        &'v self,
        flag: &Flag<T>,
        context: &Context<'_>,
    ) -> Answer<'v, T::Value<'v>> {
        let default = T::shorten(flag.default());
        match self.flag(flag.key().id) {
            Some(row) if row.kind == T::KIND => {
                let decision = self.decided(row, context);
                let value = self.value_or::<T>(decision.variant, default);
                self.told(flag.key(), row, decision, value)
            }
            Some(_) => self.error(flag.key(), default, ErrorCode::TypeMismatch),
            None => self.error(flag.key(), default, ErrorCode::FlagNotFound),
        }
    }

    /// The answer of a flag whose key is only known at run time.
    ///
    /// Never fails: for a key that no flag has, the value is null and [`Answer::error`] says so.
    ///
    /// ```
    /// use waterspout::{ErrorCode, FlagKey, Flags, OwnedContext, Value};
    ///
    /// let flags = Flags::from_text(r#"{"version": 1, "flags": {"limit": {"variants": {"low": 5}, "default": "low"}}}"#)?;
    /// let view = flags.view();
    /// let context = OwnedContext::from_json(r#"{"targetingKey": "ada"}"#)?;
    /// let answer = view.answer_key(FlagKey::parse("limit")?, &context.borrow());
    /// assert_eq!(answer.value, Value::Integer(5));
    /// let answer = view.answer_key(FlagKey::parse("limits")?, &context.borrow());
    /// assert_eq!(answer.error, Some(ErrorCode::FlagNotFound));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn answer_key<'v>(&'v self, key: FlagKey<'v>, context: &Context<'_>) -> Answer<'v, Value<'v>> {
        match self.flag_of(key) {
            Some(row) => self.answer_row(key, row, context),
            None => self.error(key, Value::Null, ErrorCode::FlagNotFound),
        }
    }

    /// The value of a flag whose key is only known at run time.
    ///
    /// Never fails: null for a key that no flag has. Does not allocate.
    ///
    /// ```
    /// use waterspout::{Context, FlagKey, Flags, Value};
    ///
    /// let flags = Flags::from_text(r#"{"version": 1, "flags": {"limit": {"variants": {"low": 5}, "default": "low"}}}"#)?;
    /// let view = flags.view();
    /// let context = Context::new("ada", &[]);
    /// assert_eq!(view.value_key(FlagKey::parse("limit")?, &context), Value::Integer(5));
    /// assert_eq!(view.value_key(FlagKey::parse("limits")?, &context), Value::Null);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn value_key(&self, key: FlagKey<'_>, context: &Context<'_>) -> Value<'_> {
        self.flag_of(key).map_or(Value::Null, |row| self.value_of(self.decided(row, context).variant))
    }

    /// The answers of all flags for one context, in file order.
    ///
    /// ```
    /// use waterspout::{Context, Flags};
    ///
    /// let flags = Flags::from_text(r#"{"version": 1, "flags": {"a": {}, "b": {"default": "on"}}}"#)?;
    /// let view = flags.view();
    /// let context = Context::new("ada", &[]);
    /// let on: Vec<&str> = view.all(&context).filter(|answer| answer.variant == Some("on")).map(|answer| answer.key).collect();
    /// assert_eq!(on, ["b"]);
    /// # Ok::<(), waterspout::Error>(())
    /// ```
    pub fn all<'v, 'c>(
        &'v self,
        context: &Context<'c>,
    ) -> impl Iterator<Item = Answer<'v, Value<'v>>> + use<'v, 'c> {
        let context = *context;
        let key = |index: usize| self.keys.get(index).map_or("", |key| self.operands.text(*key));
        self.flags
            .iter()
            .enumerate()
            .map(move |(index, row)| self.answer_row(FlagKey::known(key(index), row.id), row, &context))
    }

    /// One flag's values for a column of targeting keys, with no attributes: for backfills and previews.
    ///
    /// ```
    /// use waterspout::{Flag, Flags};
    ///
    /// const DARK_MODE: Flag<bool> = Flag::new("dark-mode", false);
    ///
    /// let flags = Flags::from_text(r#"{"version": 1, "flags": {"dark-mode": {"rules": [{"rollout": 50}]}}}"#)?;
    /// let view = flags.view();
    /// let keys: Vec<String> = (0..1000).map(|n| format!("user-{n}")).collect();
    /// let on = view.column(&DARK_MODE, keys.iter().map(String::as_str)).filter(|on| *on).count();
    /// assert!((400..600).contains(&on));
    /// # Ok::<(), waterspout::Error>(())
    /// ```
    pub fn column<'v, 'k, T: FlagType + ?Sized, K: IntoIterator<Item = &'k str>>(
        &'v self,
        flag: &Flag<T>,
        keys: K,
    ) -> impl Iterator<Item = T::Value<'v>> + use<'v, 'k, T, K> {
        Column::new(self, flag, keys.into_iter())
    }

    /// The flag of a key that came from outside: compared in full.
    pub(crate) fn flag_of(&self, key: FlagKey<'_>) -> Option<&FlagRow> {
        let (index, row) = self.find(key.id)?;
        let known = self.keys.get(index)?;
        (self.operands.bytes(*known) == key.as_str().as_bytes()).then_some(row)
    }

    /// The rule of a flag that is nothing but a rollout, and the variant of everyone else.
    pub(crate) fn draw_alone(&self, row: &FlagRow) -> Option<(&RuleRow, Choice)> {
        let rule = self.rules.get(row.rules.start as usize).filter(|_| row.shape == Shape::OneRule)?;
        (rule.bucketed && rule.when == Jump::HOLDS && !rule.choice.is_split()).then_some((rule, row.default))
    }

    #[inline]
    pub(crate) fn variant_of(&self, row: &FlagRow, context: &Context<'_>) -> Choice {
        self.decided(row, context).variant
    }

    #[inline]
    fn answer_row<'v>(
        &'v self,
        key: FlagKey<'v>,
        row: &FlagRow,
        context: &Context<'_>,
    ) -> Answer<'v, Value<'v>> {
        let decision = self.decided(row, context);
        self.told(key, row, decision, self.value_of(decision.variant))
    }

    #[inline]
    pub(crate) fn told<'v, V>(
        &'v self,
        key: FlagKey<'v>,
        row: &FlagRow,
        decision: Decision,
        value: V,
    ) -> Answer<'v, V> {
        let variant = self.variants.get(decision.variant.row());
        let rule = self.rule_of(decision);
        Answer {
            key: key.as_str(),
            value,
            variant: variant.map(|variant| self.operands.text(variant.name)),
            json: variant.map_or("null", |variant| self.operands.text(variant.json)),
            reason: match decision.by {
                By::REQUIREMENT => Reason::PrerequisiteFailed,
                By::DENIAL => Reason::Denied,
                _ => rule.map_or(row.default_reason, |rule| rule.reason),
            },
            rule: rule
                .map(|rule| RuleName { index: rule.index as usize, name: self.rule_name(decision.by.0) }),
            error: None,
            generation: self.generation,
        }
    }

    /// The rule that decided, if one did.
    #[inline]
    pub(crate) fn rule_of(&self, decision: Decision) -> Option<&RuleRow> {
        self.rules.get(decision.by.0 as usize)
    }

    /// The name of a rule, by its place in [`Snapshot::rules`].
    #[inline]
    pub(crate) fn rule_name(&self, rule: u32) -> Option<&str> {
        self.rule_names.get(rule as usize).copied().flatten().map(|name| self.operands.text(name))
    }

    fn error<'v, V>(&self, key: FlagKey<'v>, value: V, error: ErrorCode) -> Answer<'v, V> {
        Answer {
            key: key.as_str(),
            value,
            variant: None,
            json: "null",
            reason: Reason::Error,
            rule: None,
            error: Some(error),
            generation: self.generation,
        }
    }

    /// The decision on a flag, with nobody looking on.
    ///
    /// What is called from here on is the last thing that its caller does: nobody needs a stack until a text is compared.
    #[inline]
    fn decided(&self, flag: &FlagRow, context: &Context<'_>) -> Decision {
        match flag.shape {
            // A settled flag is one whose first rule is not found: that costs less than to ask for it beforehand.
            Shape::Settled | Shape::OneRule | Shape::OneList => self.one_rule(flag, context),
            Shape::Rules | Shape::Gated => self.decided_in_full(flag, context),
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
        if flag.shape == Shape::OneList {
            return self.one_list(flag, context);
        }
        self.one_rule_inside(flag, context)
    }

    /// A rule for those on a long list: early adopters. Most are not.
    #[inline(never)]
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

    // Compiled here, once, and not in each service anew: what it calls is in one piece with it.
    #[inline(never)]
    fn decided_in_full(&self, flag: &FlagRow, context: &Context<'_>) -> Decision {
        if flag.shape == Shape::Gated {
            return self.decide(flag, context, &mut Silent);
        }
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
