//! `flag-removed`

use waterspout::Severity;

use super::{ChangeRule, Draft, EditOf};
use crate::diff::Change;
use crate::{Example, Rule};

pub(super) const RULE: ChangeRule = ChangeRule {
    rule: Rule {
        name: "flag-removed",
        severity: Severity::Warning,
        what: "A flag that is gone.",
        why: "A service that still asks for it gets the default in its code, for everyone, and says so in no \
              answer.",
        example: Example::Edit {
            before: r#"{ "version": 1, "flags": { "beta": { "rules": [{ "rollout": 100 }] }, "other": {} } }"#,
            after: r#"{ "version": 1, "flags": { "other": {} } }"#,
        },
        instead: "Take it out of the code of every service first, then out of the file.",
    },
    find,
};

fn find(edit: &EditOf<'_>) -> Vec<Draft> {
    let gone = edit.broke().change == Change::Removed && edit.broke().renamed.is_none();
    gone.then(|| Draft::new("the flag is removed", "make sure that no service asks for it any more"))
        .into_iter()
        .collect()
}
