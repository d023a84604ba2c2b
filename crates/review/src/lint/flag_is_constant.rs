//! `flag-is-constant`

use waterspout::Severity;

use super::Lint;
use super::file::{Draft, File};
use crate::{Example, Rule};

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "flag-is-constant",
        severity: Severity::Warning,
        what: "A flag with rules or denials that answers the same variant to everyone even so.",
        why: "An edit of one word can make every way through a flag end in the same variant, and the file still looks as if \
              it decided something. Or the flag has reached its end: everyone has the feature, and the flag can go.",
        example: Example::File {
            doubtful: r#"{
  "version": 1,
  "attributes": { "country": { "type": "string" } },
  "flags": {
    "failure": {
      "variants": { "on": true, "off": false },
      "rules": [{ "when": { "country": { "is": "DE" } }, "serve": "off" }],
      "default": "off"
    }
  }
}"#,
            better: r#"{
  "version": 1,
  "attributes": { "country": { "type": "string" } },
  "flags": {
    "failure": {
      "variants": { "on": true, "off": false },
      "rules": [{ "when": { "country": { "is": "DE" } }, "serve": "on" }],
      "default": "off"
    }
  }
}"#,
        },
        instead: "Mend the rule that serves the wrong variant. If everyone is to have one answer, make it the `default` and \
                  leave the rules out, or take the flag out of the code and then out of the file.",
    },
    find,
};

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    for (index, flag, member) in file.flags() {
        if flag.rules().is_empty() && flag.deny().is_empty() {
            continue;
        }
        let Some(reached) = file.possible.get(index).and_then(|possible| possible.reached.as_ref()) else {
            continue;
        };
        let mut answered = flag.variants().iter().zip(&reached.variants).filter(|(_, answered)| **answered);
        let (Some((only, _)), None) = (answered.next(), answered.next()) else { continue };
        let name = only.name();
        drafts.push(
            Draft::new(
                &LINT.rule,
                member.key_span.clone(),
                format!("`{}` answers `{name}` to everyone, whatever its rules say", flag.key()),
            )
            .of(index)
            .label(format!("every way through it ends in `{name}`"))
            .help(format!(
                "if that is meant, write `\"default\": \"{name}\"` and leave the rules out, or delete the flag"
            )),
        );
    }
}
