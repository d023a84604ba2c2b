//! `not-exact`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "not-exact",
        severity: Severity::Warning,
        what: "A flag that is too large to be compared to the end.",
        why: "What is told of it was found, but there may be more.",
        example: Example::Edit {
            before: r#"{ "version": 1, "attributes": { "build": { "type": "version" } }, "flags": { "beta": { "rules": [{ "when": { "build": { "is": "1.0.0" } } }] } } }"#,
            after: r#"{ "version": 1, "attributes": { "build": { "type": "string" } }, "flags": { "beta": { "rules": [{ "when": { "build": { "is": "1.0.0" } } }] } } }"#,
        },
        instead: "Split it into smaller flags with `requires`, or raise the limit with `--cells`.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    let inexact = !edit.broke().exact;
    let message = format!("compared as far as {} cells; there may be more", edit.broke().visited);
    inexact.then(|| Draft::new(message, "raise --cells, or make the flag smaller")).into_iter().collect()
}
