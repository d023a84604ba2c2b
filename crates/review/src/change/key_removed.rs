//! `key-removed`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::{Edit, Touched};
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "key-removed",
        severity: Severity::Error,
        what: "An entry that leaves a list, so that somebody drops out or gets something else.",
        why: "A list of people or accounts is a promise to each of them. One line less is easily overlooked in a \
              long list.",
        example: Example::Edit {
            before: r#"{ "version": 1, "segments": { "friends": { "keys": ["ada", "grace"] } }, "flags": { "beta": { "rules": [{ "when": { "segment": "friends" } }] } } }"#,
            after: r#"{ "version": 1, "segments": { "friends": { "keys": ["ada"] } }, "flags": { "beta": { "rules": [{ "when": { "segment": "friends" } }] } } }"#,
        },
        instead: "Keep the entry until the feature is out for everyone, or tell them before.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    let went = |it: &&Edit| it.entries.as_ref().is_some_and(|(_, went)| !went.is_empty());
    if edit.broke().monotone {
        return Vec::new();
    }
    edit.of(&[Touched::Entries]).filter(went).map(|it| edit.told(it)).collect()
}
