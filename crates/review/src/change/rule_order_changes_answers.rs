//! `rule-order-changes-answers`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::{Change, Touched};
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "rule-order-changes-answers",
        severity: Severity::Error,
        what: "Rules in another order, so that somebody gets another answer.",
        why: "The first rule that applies decides. Whoever is meant by two rules gets what the upper one says.",
        example: Example::Edit {
            before: r#"{ "version": 1, "flags": { "page": { "variants": { "off": 0, "a": 1, "b": 2 }, "default": "off", "rules": [
  { "name": "ada", "when": { "key": { "is": "ada" } }, "serve": "a" }, { "name": "rest", "serve": "b" }] } } }"#,
            after: r#"{ "version": 1, "flags": { "page": { "variants": { "off": 0, "a": 1, "b": 2 }, "default": "off", "rules": [
  { "name": "rest", "serve": "b" }, { "name": "ada", "when": { "key": { "is": "ada" } }, "serve": "a" }] } } }"#,
        },
        instead: "Leave the rules where they are, or make the conditions exclude each other.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    let changes = edit.broke().change == Change::Changed;
    edit.of(&[Touched::RuleOrder]).filter(|_| changes).map(|it| edit.told(it)).collect()
}
