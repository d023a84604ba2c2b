//! `salt-changed`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::{Change, Touched};
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "salt-changed",
        severity: Severity::Error,
        what: "Another salt, so that everyone is drawn anew.",
        why: "The salt decides the order in which units come in. With another one, most of those who are in drop \
              out, and as many others come in.",
        example: Example::Edit {
            before: r#"{ "version": 1, "flags": { "beta": { "rules": [{ "rollout": 25 }] } } }"#,
            after: r#"{ "version": 1, "flags": { "beta": { "salt": "beta-2", "rules": [{ "rollout": 25 }] } } }"#,
        },
        instead: "Keep the salt. For a new experiment with new people, make a new flag.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    let changes = edit.broke().change == Change::Changed;
    edit.of(&[Touched::Salt]).filter(|_| changes).map(|it| edit.told(it)).collect()
}
