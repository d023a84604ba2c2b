//! `serve-changed`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::Touched;
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "serve-changed",
        severity: Severity::Error,
        what: "A rule that serves another variant, so that somebody drops out or gets something else.",
        why: "One word decides what a rule gives. With the wrong one, every way through a flag can end in the same \
              variant, and the file still looks as if it decided something.",
        example: Example::Edit {
            before: r#"{ "version": 1, "flags": { "beta": { "rules": [{ "when": { "key": { "is": "ada" } }, "serve": "on" }] } } }"#,
            after: r#"{ "version": 1, "flags": { "beta": { "rules": [{ "when": { "key": { "is": "ada" } }, "serve": "off" }] } } }"#,
        },
        instead: "Check that the new variant is meant for all who get it; the table below says who.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    edit.of(&[Touched::Serve]).filter(|it| edit.breaks(it)).map(|it| edit.told(it)).collect()
}
