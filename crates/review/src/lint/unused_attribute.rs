//! `unused-attribute`

use std::collections::HashSet;

use waterspout::Severity;
use waterspout::flag_set::{Condition, Rule as FlagRule, SegmentBody};

use super::Lint;
use super::file::{Draft, File, attribute_of};
use crate::condition::leaves;
use crate::{Example, Rule};

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "unused-attribute",
        severity: Severity::Info,
        what: "An attribute that no condition tests, no list is of, and no flag buckets by.",
        why: "Services gather it for every request, perhaps for nothing. If it is a fact, none starts without it.",
        example: Example::File {
            doubtful: r#"{
  "version": 1,
  "attributes": { "country": { "type": "string" } },
  "flags": {
    "new-checkout": { "rules": [{ "rollout": 5 }] }
  }
}"#,
            better: r#"{
  "version": 1,
  "attributes": { "country": { "type": "string" } },
  "flags": {
    "new-checkout": { "rules": [{ "when": { "country": { "is": "DE" } }, "rollout": 5 }] }
  }
}"#,
        },
        instead: "Delete it, if no service counts on its being declared.",
    },
    find,
};

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    let mut used: HashSet<usize> = HashSet::new();
    let mut add = |condition: &Condition| {
        leaves(file.set, condition, &mut |leaf| used.extend(attribute_of(leaf.subject())));
    };
    for segment in file.set.segments() {
        if let SegmentBody::When(condition) = segment.body() {
            add(condition);
        }
    }
    for flag in file.set.flags() {
        flag.deny().iter().chain(flag.rules().iter().filter_map(FlagRule::when)).for_each(&mut add);
    }
    used.extend(file.set.flags().iter().filter_map(|flag| Some(flag.bucket_by()?.get())));
    used.extend(file.set.segments().iter().filter_map(|segment| match segment.body() {
        SegmentBody::Listed(listed) => listed.of().map(|of| of.get()),
        _ => None,
    }));
    for (at, member) in file.members("attributes").iter().enumerate() {
        if !used.contains(&at) {
            let message = format!("nothing uses the attribute `{}`", member.key);
            drafts.push(
                Draft::new(&LINT.rule, member.key_span.clone(), message)
                    .help("delete it, if no service counts on its being declared"),
            );
        }
    }
}
