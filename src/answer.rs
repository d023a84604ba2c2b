//! An answer: the value, and why.

use std::fmt;

/// What a flag answered, and why. Small and `Copy`; borrows from the view that answered.
///
/// ```
/// use waterspout::{Context, Flag, Flags, Reason};
///
/// const NEW_CHECKOUT: Flag<bool> = Flag::new("new-checkout", false);
///
/// let flags = Flags::from_text(r#"{"version": 1, "flags": {"new-checkout": {"default": "on"}}}"#)?;
/// let view = flags.view();
/// let answer = view.answer(&NEW_CHECKOUT, &Context::new("user-42", &[]));
/// assert_eq!((answer.value, answer.variant, answer.reason), (true, Some("on"), Reason::Static));
/// # Ok::<(), waterspout::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Answer<'v, V> {
    /// The flag's key.
    pub key: &'v str,
    /// The value; the caller's default where [`Answer::error`] says so, or where the variant's value is null.
    pub value: V,
    /// The variant that was chosen; `None` on an error.
    pub variant: Option<&'v str>,
    /// The variant's value as the file writes it, in JSON without blanks; `null` on an error.
    pub json: &'v str,
    /// Why.
    pub reason: Reason,
    /// The rule that decided, if one did.
    pub rule: Option<RuleName<'v>>,
    /// What was wrong with the question, if anything.
    pub error: Option<ErrorCode>,
    /// Which publication of the flags answered: 1 for the first, then counting.
    pub generation: u64,
}

/// Which rule decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleName<'v> {
    /// The rule's place in the flag's `rules`, from 0.
    pub index: usize,
    /// Its name, if it has one.
    pub name: Option<&'v str>,
}

/// Why an answer is what it is. OpenFeature's words, and two of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The flag has no rules, no deny and no requirements: everyone gets this.
    Static,
    /// A rule without rollout or split decided.
    TargetingMatch,
    /// A rule with a rollout or a split decided.
    Split,
    /// No rule applied.
    Default,
    /// The flag is disabled.
    Disabled,
    /// The flag denies this context.
    Denied,
    /// A required flag did not answer one of the variants that satisfy.
    PrerequisiteFailed,
    /// See [`Answer::error`].
    Error,
}

impl Reason {
    /// The word that `eval` prints and OpenFeature knows: `TARGETING_MATCH`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Reason::Static => "STATIC",
            Reason::TargetingMatch => "TARGETING_MATCH",
            Reason::Split => "SPLIT",
            Reason::Default => "DEFAULT",
            Reason::Disabled => "DISABLED",
            Reason::Denied => "DENIED",
            Reason::PrerequisiteFailed => "PREREQUISITE_FAILED",
            Reason::Error => "ERROR",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What was wrong with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The file has no flag of this key.
    FlagNotFound,
    /// The flag has another type than the caller's handle.
    TypeMismatch,
}

impl ErrorCode {
    /// OpenFeature's word: `FLAG_NOT_FOUND`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ErrorCode::FlagNotFound => "FLAG_NOT_FOUND",
            ErrorCode::TypeMismatch => "TYPE_MISMATCH",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
