//! Every rule about edits is as it says: in its example it finds something.

use waterspout::Time;
use waterspout::flag_set::FlagSet;

use super::*;
use crate::Example;
use crate::diff::Options;
use crate::plan::{Plan, Side};

fn plan(before: &str, after: &str) -> Vec<&'static str> {
    let read = |text: &str| FlagSet::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let (base, head) = (read(before), read(after));
    let sides =
        [Side { name: "before", text: before, set: &base }, Side { name: "after", text: after, set: &head }];
    let plan = Plan::of(
        sides,
        &Policy::default(),
        Options { now: Time::parse("2026-12-01").unwrap(), cells: Options::CELLS },
    );
    plan.findings.iter().map(|finding| finding.rule).collect()
}

#[test]
fn every_rule_finds_its_example_and_nothing_in_no_edit() {
    for rule in rules() {
        let Example::Edit { before, after } = &rule.example else { panic!("{} looks at an edit", rule.name) };
        assert!(plan(before, after).contains(&rule.name), "{}: {:?}", rule.name, plan(before, after));
        assert!(plan(after, after).is_empty() && plan(before, before).is_empty(), "{}", rule.name);
    }
}

#[test]
fn rules_about_edits_have_whole_sentences() {
    for rule in rules() {
        for sentence in [rule.what, rule.why, rule.instead] {
            assert!(sentence.ends_with('.') && !sentence.contains("  "), "{}: {sentence}", rule.name);
        }
    }
}
