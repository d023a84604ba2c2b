//! `expired`

use waterspout::Severity;

use super::Lint;
use super::file::{Draft, File};
use crate::tree::unquoted;
use crate::{Example, Rule};

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "expired",
        severity: Severity::Warning,
        what: "A flag whose `remove_by` is over.",
        why: "A flag that nobody removes is a branch in the code that nobody tests any more.",
        example: Example::File {
            doubtful: r#"{
  "version": 1,
  "flags": {
    "new-checkout": { "owner": "payments", "remove_by": "2020-03-01", "rules": [{ "rollout": 50 }] }
  }
}"#,
            better: r#"{
  "version": 1,
  "flags": {
    "new-checkout": { "owner": "payments", "remove_by": "9999-03-01", "rules": [{ "rollout": 50 }] }
  }
}"#,
        },
        instead: "Give everyone the variant that won, take the flag out of the code, then out of the file. If it has to \
                  stay, say until when, and why.",
    },
    find,
};

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    for (index, flag, member) in file.flags() {
        let Some(node) = member.value.get("remove_by") else { continue };
        if !flag.about().remove_by().is_some_and(|day| file.is_over(day)) {
            continue;
        }
        let day = unquoted(node.spelt().unwrap_or_default());
        let owner = flag.about().owner().map(|owner| format!("; it is of `{owner}`")).unwrap_or_default();
        drafts.push(
            Draft::new(&LINT.rule, node.span.clone(), format!("`{}` was to be removed by {day}", flag.key()))
                .of(index)
                .label("this day is over")
                .help(format!("take the flag out of the code, then out of the file{owner}")),
        );
    }
}
