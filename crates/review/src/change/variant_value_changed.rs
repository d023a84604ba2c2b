//! `variant-value-changed`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::{Change, Touched};
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "variant-value-changed",
        severity: Severity::Warning,
        what: "A variant with another value, which somebody has.",
        why: "All who have the variant get the new value at once; a value has no rollout.",
        example: Example::Edit {
            before: r#"{ "version": 1, "flags": { "limit": { "variants": { "low": 10, "high": 50 }, "default": "low" } } }"#,
            after: r#"{ "version": 1, "flags": { "limit": { "variants": { "low": 20, "high": 50 }, "default": "low" } } }"#,
        },
        instead: "Add a variant with the new value, and move people to it with a rollout.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    let changes = edit.broke().change == Change::Changed;
    edit.of(&[Touched::VariantValue]).filter(|_| changes).map(|it| edit.told(it)).collect()
}
