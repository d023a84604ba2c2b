//! `default-changed`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::{Change, Touched};
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "default-changed",
        severity: Severity::Warning,
        what: "Another default, so that all who are meant by no rule get another answer.",
        why: "The default is what most people get, the anonymous and those with missing attributes among them.",
        example: Example::Edit {
            before: r#"{ "version": 1, "flags": { "beta": { "rules": [{ "rollout": 50 }] } } }"#,
            after: r#"{ "version": 1, "flags": { "beta": { "rules": [{ "rollout": 50 }], "default": "on" } } }"#,
        },
        instead: "Grow a rollout to 100 first, and look at what happens; then change the default.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    let changes = edit.broke().change == Change::Changed;
    edit.of(&[Touched::Default, Touched::Off]).filter(|_| changes).map(|it| edit.told(it)).collect()
}
