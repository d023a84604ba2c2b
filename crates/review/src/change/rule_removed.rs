//! `rule-removed`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::Touched;
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "rule-removed",
        severity: Severity::Error,
        what: "A rule that goes, so that somebody drops out or gets something else.",
        why: "A rule that is deleted hands its people over to the rules below. Often that is the default, and they \
              lose the feature.",
        example: Example::Edit {
            before: r#"{ "version": 1, "flags": { "beta": { "rules": [{ "when": { "key": { "in": ["ada"] } } }] } } }"#,
            after: r#"{ "version": 1, "flags": { "beta": {} } }"#,
        },
        instead: "Make sure that a rule below serves the same to the same people, before the rule goes.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    edit.of(&[Touched::RuleRemoved]).filter(|it| edit.breaks(it)).map(|it| edit.told(it)).collect()
}
