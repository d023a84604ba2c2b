//! `condition-never-true`

use waterspout::Severity;

use super::Lint;
use super::file::{Decided, Draft, File};
use crate::{Example, Rule};

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "condition-never-true",
        severity: Severity::Warning,
        what: "A condition, or a part of one, that is true for nobody, whatever a context says.",
        why: "Nobody writes a condition to let in nobody: a bound is the wrong way round, or two tests that exclude each \
              other should be an `any`.",
        example: Example::File {
            doubtful: r#"{
  "version": 1,
  "attributes": { "age": { "type": "number" } },
  "flags": {
    "wine-shop": { "rules": [{ "when": { "age": { "at_least": 65, "below": 18 } } }, { "rollout": 5 }] }
  }
}"#,
            better: r#"{
  "version": 1,
  "attributes": { "age": { "type": "number" } },
  "flags": {
    "wine-shop": { "rules": [{ "when": { "age": { "at_least": 18, "below": 65 } } }, { "rollout": 5 }] }
  }
}"#,
        },
        instead: "Say what was meant: turn the bound round, write `any` around conditions of which one is enough, or delete \
                  the part.",
    },
    find,
};

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    for root in &file.conditions {
        for Decided { span, outcomes } in root.decided.iter().filter(|decided| !decided.outcomes.is_true) {
            let what = file.shown(span).map_or_else(|| "this".to_owned(), |written| format!("`{written}`"));
            let label = if outcomes.is_unknown {
                "false, or unknown where something is missing"
            } else {
                "always false"
            };
            drafts.push(
                Draft::new(&LINT.rule, span.clone(), format!("{what} is never true"))
                    .of(root.of.flag())
                    .label(label)
                    .help("all entries of an object must hold; write `any` where one is enough"),
            );
        }
    }
}
