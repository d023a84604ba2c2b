//! `requirement-never-met`

use waterspout::Severity;

use super::Lint;
use super::file::{Draft, File};
use crate::tree::Node;
use crate::{Example, Rule};

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "requirement-never-met",
        severity: Severity::Warning,
        what: "A requirement that a flag can never meet: its rules give none of the variants asked for to anybody.",
        why: "The flag is off for everyone, and nothing in it says so. A required flag that is a plain switch, or killed, is \
              not told of: switching it is an edit that is made on purpose.",
        example: Example::File {
            doubtful: r#"{
  "version": 1,
  "flags": {
    "orders-db": {
      "variants": { "old": "old", "both": "both", "new": "new" },
      "rules": [{ "rollout": 25, "serve": "both" }],
      "default": "old"
    },
    "fast-reports": { "requires": { "orders-db": ["new"] }, "rules": [{ "rollout": 5 }] }
  }
}"#,
            better: r#"{
  "version": 1,
  "flags": {
    "orders-db": {
      "variants": { "old": "old", "both": "both", "new": "new" },
      "rules": [{ "rollout": 25, "serve": "both" }],
      "default": "old"
    },
    "fast-reports": { "requires": { "orders-db": ["both", "new"] }, "rules": [{ "rollout": 5 }] }
  }
}"#,
        },
        instead: "Ask for a variant that the other flag serves, or widen the other flag first.",
    },
    find,
};

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    for (index, flag, member) in file.flags() {
        let nodes = member.value.get("requires").map(Node::members).unwrap_or_default();
        let Some(possible) = file.possible.get(index) else { continue };
        for ((requirement, requirable), node) in flag.requires().iter().zip(&possible.requirements).zip(nodes)
        {
            let Some(required) = file.set.flags().get(requirement.flag().get()) else { continue };
            let is_switch = !required.is_enabled() || required.rules().is_empty();
            if requirable.met || is_switch {
                continue;
            }
            let answers = file.possible.get(requirement.flag().get()).map(|it| it.variants.as_slice());
            let answered = required.variants().iter().zip(answers.unwrap_or_default()).filter(|(_, it)| **it);
            let answered: Vec<String> =
                answered.map(|(variant, _)| format!("`{}`", variant.name())).collect();
            drafts.push(
                Draft::new(
                    &LINT.rule,
                    node.key_span.start..node.value.span.end,
                    format!("`{}` is off for everyone: this requirement is never met", flag.key()),
                )
                .of(index)
                .label(format!("`{}` answers {} only", required.key(), answered.join(", ")))
                .help("ask for a variant that it serves, or widen it first"),
            );
        }
    }
}
