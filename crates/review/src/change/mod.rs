//! What is doubtful in an edit, from one flag file to another.
//!
//! Each rule stands in a file of its own, with what it finds, why, an example, and what to do instead. It looks at what was
//! edited and at what that does to people, and never guesses.

mod blast_radius_exceeded;
mod bucket_by_changed;
mod default_changed;
mod deny_widened;
mod drops_out;
mod flag_removed;
mod flag_renamed;
mod jump_too_large;
mod key_removed;
mod kill_switch_flipped;
mod not_exact;
mod percent_decreased;
mod rename_moves_people;
mod requirement_changed;
mod rule_order_changes_answers;
mod rule_removed;
mod salt_changed;
mod segment_narrowed;
mod serve_changed;
mod type_changed;
mod variant_removed;
mod variant_value_changed;
mod weights_changed;

#[cfg(test)]
mod tests;

use std::cell::Cell as Flagged;

use waterspout::flag_set::FlagDefinition;

use crate::Rule;
use crate::diff::{Edit, FlagDifference, Touched};
use crate::plan::Policy;

/// A rule that looks at an edit, and how it looks.
pub(crate) struct ChangeRule {
    pub(crate) rule: Rule,
    pub(crate) find: fn(&EditOf<'_>) -> Vec<Draft>,
}

/// Every rule about edits. The last one looks at what the others left untold.
pub(crate) const RULES: &[&ChangeRule] = &[
    &percent_decreased::RULE,
    &rule_removed::RULE,
    &key_removed::RULE,
    &salt_changed::RULE,
    &bucket_by_changed::RULE,
    &rule_order_changes_answers::RULE,
    &segment_narrowed::RULE,
    &serve_changed::RULE,
    &weights_changed::RULE,
    &default_changed::RULE,
    &kill_switch_flipped::RULE,
    &type_changed::RULE,
    &variant_removed::RULE,
    &variant_value_changed::RULE,
    &requirement_changed::RULE,
    &deny_widened::RULE,
    &flag_removed::RULE,
    &flag_renamed::RULE,
    &rename_moves_people::RULE,
    &jump_too_large::RULE,
    &blast_radius_exceeded::RULE,
    &not_exact::RULE,
    &drops_out::RULE,
];

/// The rules that look at an edit.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().map(|rule| &rule.rule)
}

/// What was found, before it is said of which flag and under which rule.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) message: String,
    pub(crate) help: String,
}

impl Draft {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Draft {
        Draft { message: message.into(), help: help.into() }
    }
}

/// One flag, edited.
pub(crate) struct EditOf<'e> {
    pub(crate) difference: &'e FlagDifference,
    pub(crate) after: Option<&'e FlagDefinition>,
    pub(crate) policy: &'e Policy,
    /// Whether a rule before this one told of somebody who drops out.
    pub(crate) told_of: Flagged<bool>,
}

impl EditOf<'_> {
    /// What it does to people.
    fn broke(&self) -> &FlagDifference {
        self.difference
    }

    fn after(&self) -> Option<&FlagDefinition> {
        self.after
    }

    /// The edits that touch one of these.
    fn of<'s>(&'s self, touched: &'s [Touched]) -> impl Iterator<Item = &'s Edit> + 's {
        self.difference.edits.iter().filter(|edit| touched.contains(&edit.touched))
    }

    /// Whether it is by this edit that somebody drops out or gets something else.
    fn breaks(&self, edit: &Edit) -> bool {
        self.difference.broken_by.contains(&edit.words)
    }

    fn is_told_of(&self) -> bool {
        self.told_of.get()
    }

    /// An edit in a line; and what it does, if it is the only one.
    fn told(&self, edit: &Edit) -> Draft {
        let message = match self.difference.edits.as_slice() {
            [_] => format!("{}: {}", edit.words, self.difference.headline()),
            _ => edit.words.clone(),
        };
        Draft::new(message, String::new())
    }
}
