//! What is doubtful in one flag file: accepted by every service, but probably not what was meant.
//!
//! A lint never says more than it can show: where a flag is too large to be gone through, it keeps silent. Each stands in
//! a file of its own, with what it finds, why, an example, and what to do instead.

mod anonymous_let_in;
mod condition_always_true;
mod condition_never_true;
mod deny_catches_unknown;
mod deny_never_acts;
mod entry_outside_one_of;
mod expired;
mod file;
mod flag_is_constant;
mod hidden_character;
mod key_in_two_lists;
mod no_owner;
mod repeated_entry;
mod requirement_always_met;
mod requirement_never_met;
mod rollout_of_100;
mod shared_salt;
mod time_has_passed;
mod unreachable_rule;
mod unused_attribute;
mod unused_segment;
mod variant_never_served;
mod waiver;
mod waiver_expired;
mod waiver_for_nothing;

#[cfg(test)]
mod tests;

use waterspout::Time;
use waterspout::flag_set::FlagSet;

use crate::{Finding, Rule};

use file::{Draft, File};

/// A rule that looks at one file, and how it looks.
struct Lint {
    rule: Rule,
    find: fn(&File<'_>, &mut Vec<Draft>),
}

/// Every lint, by name.
const LINTS: &[&Lint] = &[
    &anonymous_let_in::LINT,
    &condition_always_true::LINT,
    &condition_never_true::LINT,
    &deny_catches_unknown::LINT,
    &deny_never_acts::LINT,
    &entry_outside_one_of::LINT,
    &expired::LINT,
    &flag_is_constant::LINT,
    &hidden_character::LINT,
    &key_in_two_lists::LINT,
    &no_owner::LINT,
    &repeated_entry::LINT,
    &requirement_always_met::LINT,
    &requirement_never_met::LINT,
    &rollout_of_100::LINT,
    &shared_salt::LINT,
    &time_has_passed::LINT,
    &unreachable_rule::LINT,
    &unused_attribute::LINT,
    &unused_segment::LINT,
    &variant_never_served::LINT,
];

/// The rules that look at one file.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    let of_waivers = [&waiver_expired::RULE, &waiver_for_nothing::RULE];
    LINTS.iter().map(|lint| &lint.rule).chain(of_waivers)
}

/// Whether a rule looks at one file.
pub(crate) fn is_lint(name: &str) -> bool {
    rules().any(|rule| rule.name == name)
}

/// Looks for what is doubtful in a flag file that is accepted. `set` is what the library read from `text`; what is over is
/// over as of `now`.
///
/// Findings come in the order of the file. What a flag waives is left out until the waiver's date.
///
/// ```
/// use waterspout::{Time, flag_set::FlagSet};
///
/// let text = r#"{"version": 1, "flags": {"beta": {"rules": [{}, {"name": "late", "rollout": 5}]}}}"#;
/// let set = FlagSet::parse(text)?;
/// let now = Time::parse("2026-12-01").expect("a date");
/// let findings = waterspout_review::lint(text, &set, now);
/// assert!(findings.iter().any(|finding| finding.rule == "unreachable-rule"));
/// # Ok::<(), waterspout::Error>(())
/// ```
#[must_use]
pub fn lint(text: &str, set: &FlagSet, now: Time) -> Vec<Finding> {
    let Some(file) = File::of(text, set, now) else { return Vec::new() };
    let mut drafts = Vec::new();
    for lint in LINTS {
        (lint.find)(&file, &mut drafts);
    }
    file.placed(waiver::apply(&file, drafts))
}
