//! `requirement-always-met`

use waterspout::Severity;

use super::Lint;
use super::file::{Draft, File};
use crate::tree::Node;
use crate::{Example, Rule};

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "requirement-always-met",
        severity: Severity::Warning,
        what: "A requirement that holds whatever the required flag answers: it lists every variant of it.",
        why: "It looks as if the flag rested on another, and it does not.",
        example: Example::File {
            doubtful: r#"{
  "version": 1,
  "flags": {
    "platform": { "rules": [{ "rollout": 50 }] },
    "new-checkout": { "requires": { "platform": ["on", "off"] }, "rules": [{ "rollout": 5 }] }
  }
}"#,
            better: r#"{
  "version": 1,
  "flags": {
    "platform": { "rules": [{ "rollout": 50 }] },
    "new-checkout": { "requires": { "platform": ["on"] }, "rules": [{ "rollout": 5 }] }
  }
}"#,
        },
        instead: "List the variants that are good enough, or leave the requirement out.",
    },
    find,
};

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    for (index, flag, member) in file.flags() {
        let nodes = member.value.get("requires").map(Node::members).unwrap_or_default();
        for (requirement, node) in flag.requires().iter().zip(nodes) {
            let Some(required) = file.set.flags().get(requirement.flag().get()) else { continue };
            let is_listed = |at: usize| requirement.variants().iter().any(|variant| variant.get() == at);
            if (0..required.variants().len()).all(is_listed) {
                let message = format!("this requirement of `{}` always holds", flag.key());
                drafts.push(
                    Draft::new(&LINT.rule, node.key_span.start..node.value.span.end, message)
                        .of(index)
                        .label(format!("these are all variants of `{}`", required.key()))
                        .help("list those that are good enough, or leave it out"),
                );
            }
        }
    }
}
