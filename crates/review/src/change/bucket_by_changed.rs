//! `bucket-by-changed`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::{Change, Touched};
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "bucket-by-changed",
        severity: Severity::Error,
        what: "Another attribute to bucket by, so that everyone is drawn anew.",
        why: "Places belong to units. If the unit is an account where it was a user, no place is what it was.",
        example: Example::Edit {
            before: r#"{ "version": 1, "attributes": { "account": { "type": "string" } }, "flags": { "beta": { "rules": [{ "rollout": 25 }] } } }"#,
            after: r#"{ "version": 1, "attributes": { "account": { "type": "string" } }, "flags": { "beta": { "bucket_by": "account", "rules": [{ "rollout": 25 }] } } }"#,
        },
        instead: "Decide it before the first ramp. Later, make a new flag.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    let changes = edit.broke().change == Change::Changed;
    edit.of(&[Touched::BucketBy]).filter(|_| changes).map(|it| edit.told(it)).collect()
}
