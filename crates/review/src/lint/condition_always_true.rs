//! `condition-always-true`

use waterspout::Severity;

use super::Lint;
use super::file::{Decided, Draft, File};
use crate::{Example, Rule};

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "condition-always-true",
        severity: Severity::Warning,
        what: "A condition, or a part of one, that leaves out nobody, or only those without the attribute.",
        why: "It looks like a limit and is none. A list of every value that `one_of` allows, or an `any` of two tests that \
              cover everything, hides that a rule is for everyone.",
        example: Example::File {
            doubtful: r#"{
  "version": 1,
  "attributes": { "plan": { "type": "string", "one_of": ["free", "pro"] } },
  "flags": {
    "search": { "rules": [{ "when": { "plan": { "in": ["free", "pro"] } }, "rollout": 5 }] }
  }
}"#,
            better: r#"{
  "version": 1,
  "attributes": { "plan": { "type": "string", "one_of": ["free", "pro"] } },
  "flags": {
    "search": { "rules": [{ "when": { "plan": { "present": true } }, "rollout": 5 }] }
  }
}"#,
        },
        instead: "Leave the part out, or say `\"present\": true` where those without the attribute are to be left out.",
    },
    find,
};

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    for root in &file.conditions {
        let always = |decided: &&Decided| decided.outcomes.is_true && !decided.outcomes.is_false;
        for Decided { span, outcomes } in root.decided.iter().filter(always) {
            let what = file.shown(span).map_or_else(|| "this".to_owned(), |written| format!("`{written}`"));
            let draft = if outcomes.is_unknown {
                Draft::new(&LINT.rule, span.clone(), format!("{what} is true for every value there can be"))
                    .label("it leaves out those without a value only")
                    .help("write `\"present\": true` if that is meant, or leave it out")
            } else {
                Draft::new(&LINT.rule, span.clone(), format!("{what} is always true"))
                    .label("it leaves out nobody")
                    .help("leave it out, or say what it was to leave out")
            };
            drafts.push(draft.of(root.of.flag()));
        }
    }
}
