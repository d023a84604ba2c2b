//! `type-changed`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::Touched;
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "type-changed",
        severity: Severity::Error,
        what: "Values of another type.",
        why: "Code asks a flag with a type. If the file has another one, the code gets its own default for \
              everyone, and a service that declares the flag refuses to start.",
        example: Example::Edit {
            before: r#"{ "version": 1, "flags": { "limit": { "variants": { "low": 10, "high": 50 }, "default": "low" } } }"#,
            after: r#"{ "version": 1, "flags": { "limit": { "variants": { "low": "10", "high": "50" }, "default": "low" } } }"#,
        },
        instead: "Make a new flag for the new type, change the code, then take the old one away.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    edit.of(&[Touched::Type]).map(|it| edit.told(it)).collect()
}
