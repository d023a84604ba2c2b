//! What a service asks of a snapshot: a value, an answer with its reason, the answers of all flags, a column of values.
//!
//! As careful as what decides: nothing here fails, panics, allocates or waits.

use crate::answer::{Answer, ErrorCode, Reason, RuleName};
use crate::column::Column;
use crate::context::Context;
use crate::evaluate::{By, Decision};
use crate::flag::Flag;
use crate::key::FlagKey;
use crate::snapshot::{FlagRow, Snapshot};
use crate::value::{FlagType, Value};

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
            Some(row) if row.settled == Some(T::KIND) => self.value_or::<T>(row.default, default),
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
            rule: rule.map(|rule| RuleName {
                index: rule.index as usize,
                name: self.rule_name(decision.by.rule()),
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
}
