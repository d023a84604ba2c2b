//! `variant-never-served`

use waterspout::Severity;

use super::Lint;
use super::file::{Draft, File};
use crate::{Example, Rule};

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "variant-never-served",
        severity: Severity::Info,
        what: "A variant that no rule serves to anybody, in a flag that has rules; nor is it `default` or `off`.",
        why: "The code has a branch that nobody ever sees. Or a rule should serve this variant and serves another.",
        example: Example::File {
            doubtful: r#"{
  "version": 1,
  "flags": {
    "banner": {
      "variants": { "none": null, "blue": "Sale", "red": "SALE" },
      "rules": [{ "rollout": 10, "split": [{ "blue": 100 }, { "red": 0 }] }],
      "default": "none"
    }
  }
}"#,
            better: r#"{
  "version": 1,
  "flags": {
    "banner": {
      "variants": { "none": null, "blue": "Sale", "red": "SALE" },
      "rules": [{ "rollout": 10, "split": [{ "blue": 50 }, { "red": 50 }] }],
      "default": "none"
    }
  }
}"#,
        },
        instead: "Serve it in a rule, or delete it together with its branch in the code.",
    },
    find,
};

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    for (index, flag, member) in file.flags() {
        let Some(variants) = member.value.get("variants").filter(|_| !flag.rules().is_empty()) else {
            continue;
        };
        let Some(reached) = file.possible.get(index).and_then(|possible| possible.reached.as_ref()) else {
            continue;
        };
        for (at, (variant, served)) in variants.members().iter().zip(&reached.variants).enumerate() {
            if !served && at != flag.off().get() && at != flag.default().get() {
                let message = format!("`{}` serves `{}` to nobody", flag.key(), variant.key);
                drafts.push(
                    Draft::new(&LINT.rule, variant.key_span.clone(), message)
                        .of(index)
                        .help("serve it in a rule, or delete it"),
                );
            }
        }
    }
}
