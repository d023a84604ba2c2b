//! `no-owner`

use waterspout::Severity;

use super::Lint;
use super::file::{Draft, File};
use crate::{Example, Rule};

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "no-owner",
        severity: Severity::Info,
        what: "A flag without an `owner`, in a file that names the owners of others. A file that names none is asked once, \
               not for each flag.",
        why: "When a flag misbehaves, or outlives its feature, somebody has to decide. Without an owner nobody does.",
        example: Example::File {
            doubtful: r#"{
  "version": 1,
  "flags": {
    "search": { "owner": "discovery", "rules": [{ "rollout": 5 }] },
    "new-checkout": { "rules": [{ "rollout": 5 }] }
  }
}"#,
            better: r#"{
  "version": 1,
  "flags": {
    "search": { "owner": "discovery", "rules": [{ "rollout": 5 }] },
    "new-checkout": { "owner": "payments", "rules": [{ "rollout": 5 }] }
  }
}"#,
        },
        instead: "Write the team that answers for the flag: `\"owner\": \"payments\"`.",
    },
    find,
};

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    let has_owner = |owner: Option<&str>| owner.is_some_and(|owner| !owner.is_empty());
    let ownerless: Vec<_> = file.flags().filter(|(_, flag, _)| !has_owner(flag.about().owner())).collect();
    let help = "write the team that answers for it: `\"owner\": \"payments\"`";
    if let (Some((.., first)), true) = (ownerless.first(), ownerless.len() == file.set.flags().len()) {
        let message = match ownerless.as_slice() {
            [(_, flag, _)] => format!("`{}` has no owner", flag.key()),
            all => format!("none of the {} flags has an owner", all.len()),
        };
        let draft = Draft::new(&LINT.rule, first.key_span.clone(), message).help(help);
        // Only a finding of one flag can be waived there.
        drafts.push(if ownerless.len() == 1 { draft.of(0) } else { draft });
        return;
    }
    for (index, flag, member) in ownerless {
        let message = format!("`{}` has no owner", flag.key());
        drafts.push(Draft::new(&LINT.rule, member.key_span.clone(), message).of(index).help(help));
    }
}
