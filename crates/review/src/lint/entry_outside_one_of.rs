//! `entry-outside-one-of`

use waterspout::Severity;
use waterspout::flag_set::SegmentBody;

use super::Lint;
use super::file::{Draft, File};
use crate::tree::{Node, unquoted};
use crate::{Example, Rule};

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "entry-outside-one-of",
        severity: Severity::Warning,
        what: "An entry of a segment's list that its attribute can never have, since `one_of` does not name it.",
        why: "A value outside `one_of` counts as missing, so nobody is ever on the list by this entry.",
        example: Example::File {
            doubtful: r#"{
  "version": 1,
  "attributes": { "plan": { "type": "string", "one_of": ["free", "pro", "enterprise"] } },
  "segments": { "paying": { "keys": ["pro", "Enterprise"], "of": "plan" } },
  "flags": {
    "new-checkout": { "rules": [{ "when": { "segment": "paying" } }] }
  }
}"#,
            better: r#"{
  "version": 1,
  "attributes": { "plan": { "type": "string", "one_of": ["free", "pro", "enterprise"] } },
  "segments": { "paying": { "keys": ["pro", "enterprise"], "of": "plan" } },
  "flags": {
    "new-checkout": { "rules": [{ "when": { "segment": "paying" } }] }
  }
}"#,
        },
        instead: "Write the value as `one_of` has it, or add it there.",
    },
    find,
};

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    for (segment, member) in file.set.segments().iter().zip(file.members("segments")) {
        let SegmentBody::Listed(listed) = segment.body() else { continue };
        let attribute = listed.of().and_then(|of| file.set.attributes().get(of.get()));
        let Some((attribute, one_of)) = attribute.and_then(|it| Some((it, it.one_of()?))) else { continue };
        let is_known = |text: &str| one_of.iter().any(|known| **known == *text);
        let allowed: Vec<String> = one_of.iter().take(8).map(|known| format!("`{known}`")).collect();
        let help = format!("`one_of` of `{}` has {}", attribute.name(), allowed.join(", "));
        if let Some(path) = member.value.get("keys_from") {
            let outside = listed.keys().filter(|key| !is_known(key)).count();
            if outside > 0 {
                let entries = if outside == 1 { "entry" } else { "entries" };
                let message =
                    format!("`{}` can never have {outside} {entries} of this list", attribute.name());
                drafts.push(Draft::new(&LINT.rule, path.span.clone(), message).help(help));
            }
            continue;
        }
        for item in member.value.get("keys").map(Node::items).unwrap_or_default() {
            let entry = unquoted(item.spelt().unwrap_or_default());
            if !is_known(&entry) {
                let message = format!("`{}` can never be `{entry}`", attribute.name());
                drafts.push(Draft::new(&LINT.rule, item.span.clone(), message).help(help.clone()));
            }
        }
    }
}
