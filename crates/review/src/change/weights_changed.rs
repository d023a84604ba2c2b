//! `weights-changed`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::Touched;
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "weights-changed",
        severity: Severity::Error,
        what: "A split with other weights, or in another order, so that units move from one variant to another.",
        why: "Weights lie on the line in the order of the file. Changing or sorting them moves people between the \
              arms of an experiment, and spoils what was measured so far.",
        example: Example::Edit {
            before: r#"{ "version": 1, "flags": { "button": { "variants": { "off": 0, "a": 1, "b": 2 }, "default": "off", "rules": [{ "split": [{ "a": 50 }, { "b": 50 }] }] } } }"#,
            after: r#"{ "version": 1, "flags": { "button": { "variants": { "off": 0, "a": 1, "b": 2 }, "default": "off", "rules": [{ "split": [{ "a": 60 }, { "b": 40 }] }] } } }"#,
        },
        instead: "Ramp with `rollout` and leave the weights alone. To start over, take a new salt.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    if !edit.broke().switches() && !edit.broke().loses() {
        return Vec::new();
    }
    edit.of(&[Touched::Weights]).map(|it| edit.told(it)).collect()
}
