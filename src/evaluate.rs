//! Snapshot + context → answer. The hot file.
//!
//! Cannot fail, panic, allocate, free or wait. Everything that could go wrong was refused when the file was read;
//! everything slow was done when the snapshot was compiled. Where a table is asked for a row that `compile` put there,
//! the other branch gives the caller's default.

use crate::answer::{Answer, ErrorCode, Reason, RuleName};
use crate::bucket::{self, Salt, Unit};
use crate::context::{AttributeKind, Context, ContextValue};
use crate::flag::Flag;
use crate::key::FlagKey;
use crate::observe::{Observer, Silent};
use crate::snapshot::{BucketBy, FlagRow, Jump, Operands, RuleRow, Seen, Snapshot, Step, Test};
use crate::value::{FlagType, Value};

/// A variant, and why.
pub(crate) struct Decision<'s> {
    pub(crate) variant: u32,
    pub(crate) reason: Reason,
    pub(crate) rule: Option<&'s RuleRow>,
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
        let decided = match self.flag(flag.key().id) {
            Some(row) if row.kind == T::KIND => {
                T::read(self.value_of(self.decide(row, context, &mut Silent).variant))
            }
            _ => None,
        };
        decided.unwrap_or(T::shorten(flag.default()))
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
                let decision = self.decide(row, context, &mut Silent);
                let value = T::read(self.value_of(decision.variant)).unwrap_or(default);
                self.told(row, &decision, value)
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
            Some(row) => self.answer_row(row, context),
            None => self.error(key, Value::Null, ErrorCode::FlagNotFound),
        }
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
        self.flags.iter().map(move |row| self.answer_row(row, &context))
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
        let flag = *flag;
        keys.into_iter().map(move |key| self.value(&flag, &Context::new(key, &[])))
    }

    /// The flag of a key that came from outside: compared in full.
    pub(crate) fn flag_of(&self, key: FlagKey<'_>) -> Option<&FlagRow> {
        self.flag(key.id).filter(|row| self.operands.text(row.key) == key.as_str())
    }

    fn answer_row(&self, row: &FlagRow, context: &Context<'_>) -> Answer<'_, Value<'_>> {
        let decision = self.decide(row, context, &mut Silent);
        self.told(row, &decision, self.value_of(decision.variant))
    }

    pub(crate) fn told<'v, V>(&'v self, row: &FlagRow, decision: &Decision<'v>, value: V) -> Answer<'v, V> {
        let variant = self.variants.get(decision.variant as usize);
        Answer {
            key: self.operands.text(row.key),
            value,
            variant: variant.map(|variant| self.operands.text(variant.name)),
            json: variant.map_or("null", |variant| self.operands.text(variant.json)),
            reason: decision.reason,
            rule: decision.rule.map(|rule| RuleName {
                index: rule.index as usize,
                name: rule.name.map(|name| self.operands.text(name)),
            }),
            error: None,
            generation: self.generation,
        }
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

    /// The order of evaluation: requirements, denials, rules, default. A disabled flag was compiled to its default.
    pub(crate) fn decide<O: Observer>(
        &self,
        flag: &FlagRow,
        context: &Context<'_>,
        observer: &mut O,
    ) -> Decision<'_> {
        if flag.gated {
            if let Some(reason) = self.gate(flag, context, observer) {
                return Decision { variant: flag.off, reason, rule: None };
            }
        }
        let rules = self.rules.get(flag.rules.range()).unwrap_or_default();
        let unit = match flag.bucket_by {
            BucketBy::Key => context.unit(),
            BucketBy::Attribute(attribute) => self.unit_of(attribute, context),
        };
        for rule in rules {
            observer.rule(rule);
            let variant = self.apply(rule, unit, context, observer);
            observer.rule_end(rule, variant.is_some());
            if let Some(variant) = variant {
                return Decision { variant, reason: rule.reason, rule: Some(rule) };
            }
        }
        Decision { variant: flag.default, reason: flag.default_reason, rule: None }
    }

    /// Why nobody gets past requirements and denials, if so.
    #[inline(never)]
    fn gate<O: Observer>(&self, flag: &FlagRow, context: &Context<'_>, observer: &mut O) -> Option<Reason> {
        for requirement in self.requirements.get(flag.requirements.range()).unwrap_or_default() {
            let Some(required) = self.flags.get(requirement.flag as usize) else { continue };
            observer.required(required);
            let decision = self.decide(required, context, observer);
            let satisfied = requirement.variants.contains(&decision.variant);
            observer.required_end(required, decision.variant, decision.rule, satisfied);
            if !satisfied {
                return Some(Reason::PrerequisiteFailed);
            }
        }
        for (index, denial) in self.denials.get(flag.denials.range()).unwrap_or_default().iter().enumerate() {
            let denied = self.holds_from(*denial, context, observer);
            observer.denied(index as u32, denied);
            if denied {
                return Some(Reason::Denied);
            }
        }
        None
    }

    /// The variant that a rule gives, if it applies.
    #[inline]
    fn apply<O: Observer>(
        &self,
        rule: &RuleRow,
        unit: Option<Unit>,
        context: &Context<'_>,
        observer: &mut O,
    ) -> Option<u32> {
        if !rule.bucketed {
            return self.holds_from(rule.when, context, observer).then_some(rule.variant);
        }
        // The draw costs a few instructions, a condition many: it goes first. Both must hold, so the answer is the same.
        let inside = match unit {
            None => {
                observer.no_unit();
                false
            }
            Some(unit) => {
                let position = bucket::position(unit, Salt(rule.rollout_salt));
                let inside = position <= rule.last;
                observer.rolled(position, inside);
                inside
            }
        };
        if !inside && !O::CURIOUS {
            return None;
        }
        let holds = self.holds_from(rule.when, context, observer);
        match unit {
            Some(unit) if inside && holds => Some(self.split(rule, unit, observer)),
            _ => None,
        }
    }

    #[inline]
    fn split<O: Observer>(&self, rule: &RuleRow, unit: Unit, observer: &mut O) -> u32 {
        if rule.parts.is_empty() {
            return rule.variant;
        }
        let position = bucket::position(unit, Salt(rule.split_salt));
        let parts = self.parts.get(rule.parts.range()).unwrap_or_default();
        // INVARIANT: the last part ends with the line.
        let variant =
            parts.iter().find(|part| position <= part.last).map_or(rule.variant, |part| part.variant);
        observer.split(position, variant);
        variant
    }

    /// Walks a condition from its first step to one of the two ends.
    #[inline]
    fn holds_from<O: Observer>(&self, mut jump: Jump, context: &Context<'_>, observer: &mut O) -> bool {
        while let Some(step) = self.steps.get(jump.0 as usize) {
            let held = self.step_holds(jump.0, step, context, observer);
            jump = if held { step.yes } else { step.no };
        }
        jump == Jump::HOLDS
    }

    #[inline]
    fn step_holds<O: Observer>(
        &self,
        index: u32,
        step: &Step,
        context: &Context<'_>,
        observer: &mut O,
    ) -> bool {
        let (seen, outcome) = match step.subject {
            Seen::Key => {
                let key = context.targeting_key().unwrap_or_default();
                (ContextValue::Text(key), Some(self.operands.key_holds(&step.test, key, context.unit())))
            }
            Seen::Attribute(attribute) => {
                let seen = self.read(attribute, context);
                (seen, self.operands.holds(&step.test, seen))
            }
            Seen::Nothing | Seen::Now => return self.segment_holds(step, context, observer),
        };
        let outcome = outcome.map(|held| held ^ step.negated);
        observer.tested(index, step, seen, outcome);
        outcome.unwrap_or(step.unknown)
    }

    #[inline(never)]
    fn segment_holds<O: Observer>(&self, step: &Step, context: &Context<'_>, observer: &mut O) -> bool {
        let Test::Segment { condition, segment } = step.test else { return false };
        observer.segment(segment);
        let held = self.holds_from(condition, context, observer);
        observer.segment_end(held);
        held
    }

    /// An attribute's value in a context, as the file's declaration reads it.
    #[inline]
    pub(crate) fn read<'c>(&self, attribute: u32, context: &Context<'c>) -> ContextValue<'c> {
        let Some(row) = self.attributes.get(attribute as usize) else { return ContextValue::Missing };
        let value = context.find(row.id, self.operands.text(row.name));
        if row.closed.is_empty() {
            return value;
        }
        match value {
            ContextValue::Text(text) if self.operands.texts(row.closed).any(|known| known == text) => value,
            _ => ContextValue::Missing,
        }
    }

    /// The unit of a context for a flag that buckets by an attribute.
    fn unit_of(&self, attribute: u32, context: &Context<'_>) -> Option<Unit> {
        let kind = self.attributes.get(attribute as usize)?.kind;
        unit_of(self.read(attribute, context), kind)
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

impl Operands {
    /// Whether a test holds of the targeting key, which is the empty text where there is none.
    #[inline]
    fn key_holds(&self, test: &Test, key: &str, unit: Option<Unit>) -> bool {
        match *test {
            Test::Present(_) => !key.is_empty(),
            Test::Listed(list) => self.listed(list, unit.unwrap_or_else(|| Unit::of_text(key)), key),
            _ => self.text_holds(test, key),
        }
    }

    /// Whether a test holds of an attribute's value; `None` where that counts as missing.
    #[inline]
    pub(crate) fn holds(&self, test: &Test, value: ContextValue<'_>) -> Option<bool> {
        Some(match *test {
            Test::TextIs(_)
            | Test::TextIn(_)
            | Test::StartsWith(_)
            | Test::EndsWith(_)
            | Test::Contains(_) => self.text_holds(test, value.text()?),
            Test::Listed(list) => {
                let text = value.text()?;
                self.listed(list, Unit::of_text(text), text)
            }
            Test::NumberIs(number) => value.as_number()? == number,
            Test::AtLeast(number) => value.as_number()? >= number,
            Test::Above(number) => value.as_number()? > number,
            Test::AtMost(number) => value.as_number()? <= number,
            Test::Below(number) => value.as_number()? < number,
            Test::NumberIn(rows) => {
                let value = value.as_number()?;
                self.numbers.get(rows.range()).unwrap_or_default().contains(&value)
            }
            Test::VersionIs(version) => value.version()? == self.version(version)?,
            Test::VersionAtLeast(version) => value.version()? >= self.version(version)?,
            Test::VersionAbove(version) => value.version()? > self.version(version)?,
            Test::VersionAtMost(version) => value.version()? <= self.version(version)?,
            Test::VersionBelow(version) => value.version()? < self.version(version)?,
            Test::Bool(wanted) => value.bool()? == wanted,
            Test::Since(time) => value.time()? >= time,
            Test::Before(time) => value.time()? < time,
            Test::Within(rows) => {
                let address = value.ip()?;
                self.blocks.get(rows.range()).unwrap_or_default().iter().any(|block| block.holds(address))
            }
            Test::HasAny(rows) => {
                let texts = value.texts()?;
                self.texts(rows).any(|text| texts.contains(text))
            }
            Test::HasAll(rows) => {
                let texts = value.texts()?;
                self.texts(rows).all(|text| texts.contains(text))
            }
            Test::Present(kind) => value.is_of(kind),
            Test::Segment { .. } => return None,
        })
    }

    #[inline]
    fn text_holds(&self, test: &Test, text: &str) -> bool {
        match *test {
            Test::TextIs(wanted) => self.text(wanted) == text,
            Test::TextIn(rows) => self.texts(rows).any(|known| known == text),
            Test::StartsWith(rows) => self.texts(rows).any(|part| text.starts_with(part)),
            Test::EndsWith(rows) => self.texts(rows).any(|part| text.ends_with(part)),
            Test::Contains(rows) => self.texts(rows).any(|part| text.contains(part)),
            _ => false,
        }
    }

    #[inline]
    fn listed(&self, list: u32, unit: Unit, text: &str) -> bool {
        self.lists.get(list as usize).is_some_and(|list| list.contains(unit, text))
    }
}
