//! `drops-out`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::Change;
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "drops-out",
        severity: Severity::Error,
        what: "Somebody who is in drops out or gets something else, by an edit that no other rule tells of.",
        why: "Nobody who has a feature should lose it by accident.",
        example: Example::Edit {
            before: r#"{ "version": 1, "flags": { "page": { "variants": { "off": 0, "a": 1, "b": 2 }, "default": "off", "rules": [{ "serve": "b" }] } } }"#,
            after: r#"{ "version": 1, "flags": { "page": { "variants": { "off": 0, "a": 1, "b": 2 }, "default": "off", "rules": [
  { "when": { "key": { "is": "ada" } }, "serve": "a" }, { "serve": "b" }] } } }"#,
        },
        instead: "Look at the table of who is meant, and at the witness.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    if edit.broke().monotone || edit.broke().change != Change::Changed || edit.is_told_of() {
        return Vec::new();
    }
    let by = edit.broke().broken_by.join("; ");
    vec![Draft::new(if by.is_empty() { edit.broke().headline() } else { by }, "see who is meant below")]
}
