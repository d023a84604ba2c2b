//! `repeated-entry`

use std::collections::HashMap;

use waterspout::Severity;

use super::Lint;
use super::file::{Draft, File};
use crate::tree::{Node, unquoted};
use crate::{Example, Rule};

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "repeated-entry",
        severity: Severity::Info,
        what: "A list of texts or numbers with an entry that stands in it already.",
        why: "It changes nothing, but where one entry stands twice, another one may have been meant. And whoever takes the \
              first one out believes that it is gone.",
        example: Example::File {
            doubtful: r#"{
  "version": 1,
  "attributes": { "country": { "type": "string" } },
  "flags": {
    "new-checkout": { "rules": [{ "when": { "country": { "in": ["DE", "FR", "DE"] } }, "rollout": 5 }] }
  }
}"#,
            better: r#"{
  "version": 1,
  "attributes": { "country": { "type": "string" } },
  "flags": {
    "new-checkout": { "rules": [{ "when": { "country": { "in": ["DE", "FR", "ES"] } }, "rollout": 5 }] }
  }
}"#,
        },
        instead: "Delete the second one, or write what was meant.",
    },
    find,
};

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    for part in ["attributes", "segments"] {
        file.members(part).iter().for_each(|member| search(file, &member.value, None, drafts));
    }
    for (index, _, member) in file.flags() {
        // What a variant holds is the code's business.
        let parts = member.value.members().iter().filter(|part| part.key != "variants");
        parts.for_each(|part| search(file, &part.value, Some(index), drafts));
    }
}

fn search(file: &File<'_>, node: &Node<'_>, flag: Option<usize>, drafts: &mut Vec<Draft>) {
    node.members().iter().for_each(|member| search(file, &member.value, flag, drafts));
    let mut seen: HashMap<String, usize> = HashMap::new();
    for item in node.items() {
        let Some(entry) = item.spelt().map(meaning) else {
            search(file, item, flag, drafts);
            continue;
        };
        let times = seen.entry(entry).or_insert(0);
        *times += 1;
        if *times == 2 {
            let what = file.shown(&item.span).unwrap_or("this entry".into());
            let draft =
                Draft::new(&LINT.rule, item.span.clone(), format!("`{what}` stands in this list already"));
            drafts.push(draft.of(flag).help("delete it, or write what was meant"));
        }
    }
}

/// What a scalar means, however it is spelt.
fn meaning(spelt: &str) -> String {
    match (spelt.starts_with('"'), spelt.parse::<f64>()) {
        (true, _) => format!("\"{}", unquoted(spelt)),
        // Zero has no sign here.
        (false, Ok(number)) => (number + 0.0).to_string(),
        (false, Err(_)) => spelt.to_owned(),
    }
}
