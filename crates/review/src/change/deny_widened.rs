//! `deny-widened`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::Touched;
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "deny-widened",
        severity: Severity::Error,
        what: "A denial that came or changed, so that somebody drops out.",
        why: "A deny beats every rule, and it acts on what is unknown too: on all who lack the attribute.",
        example: Example::Edit {
            before: r#"{ "version": 1, "attributes": { "age": { "type": "number" } }, "flags": { "wine": { "default": "on" } } }"#,
            after: r#"{ "version": 1, "attributes": { "age": { "type": "number" } }, "flags": { "wine": { "default": "on", "deny": [{ "age": { "below": 18 } }] } } }"#,
        },
        instead: "Say `present` in the condition, for or against those without the attribute.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    if !edit.broke().loses() && !edit.broke().switches() {
        return Vec::new();
    }
    edit.of(&[Touched::Deny]).filter(|it| edit.breaks(it)).map(|it| edit.told(it)).collect()
}
