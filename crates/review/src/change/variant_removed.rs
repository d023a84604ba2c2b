//! `variant-removed`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::Touched;
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "variant-removed",
        severity: Severity::Warning,
        what: "A variant that is no longer there.",
        why: "Code and dashboards may know it by name, and other flags may require it.",
        example: Example::Edit {
            before: r#"{ "version": 1, "flags": { "button": { "variants": { "a": 1, "b": 2, "c": 3 }, "default": "a" } } }"#,
            after: r#"{ "version": 1, "flags": { "button": { "variants": { "a": 1, "b": 2 }, "default": "a" } } }"#,
        },
        instead: "Look for its name in the code first.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    edit.of(&[Touched::VariantRemoved]).map(|it| edit.told(it)).collect()
}
