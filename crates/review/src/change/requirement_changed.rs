//! `requirement-changed`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::Touched;
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "requirement-changed",
        severity: Severity::Error,
        what: "A requirement that came or changed, or a required flag that answers differently, so that somebody \
               drops out.",
        why: "Where a requirement is unmet, the flag is off, whatever its own rules say. None of its lines need be \
              touched for that.",
        example: Example::Edit {
            before: r#"{ "version": 1, "flags": { "platform": { "default": "on" }, "page": { "default": "on", "requires": { "platform": ["on"] } } } }"#,
            after: r#"{ "version": 1, "flags": { "platform": {}, "page": { "default": "on", "requires": { "platform": ["on"] } } } }"#,
        },
        instead: "Let the required flag reach everybody first.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    let asked = edit.of(&[Touched::Requires, Touched::Required]);
    asked.filter(|it| edit.breaks(it)).map(|it| edit.told(it)).collect()
}
