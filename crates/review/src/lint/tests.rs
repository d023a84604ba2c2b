//! Every rule is as it says: its example is found, and what it says to do instead is not.

use waterspout::Time;
use waterspout::flag_set::FlagSet;

use super::*;
use crate::Example;

fn names(text: &str) -> Vec<&'static str> {
    let set = FlagSet::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    lint(text, &set, Time::parse("2026-12-01").unwrap()).iter().map(|finding| finding.rule).collect()
}

#[test]
fn every_lint_finds_its_example_and_not_what_it_says_instead() {
    for rule in rules() {
        let Example::File { doubtful, better } = &rule.example else {
            panic!("{} looks at a file", rule.name)
        };
        assert!(names(doubtful).contains(&rule.name), "{}: {:?}", rule.name, names(doubtful));
        assert!(!names(better).contains(&rule.name), "{}: {:?}", rule.name, names(better));
    }
}

#[test]
fn examples_have_no_faults_beside_the_one_they_show() {
    for rule in rules().filter(|rule| rule.name != "no-owner") {
        let Example::File { better, .. } = &rule.example else { continue };
        let mut found = names(better);
        // What has no owner is shorter to read.
        found.retain(|name| *name != "no-owner");
        let expected: &[&str] =
            if rule.name == "requirement-never-met" { &["variant-never-served"] } else { &[] };
        assert_eq!(found, expected, "{}", rule.name);
    }
}

#[test]
fn rules_have_names_of_their_own_and_whole_sentences() {
    let mut seen = std::collections::BTreeSet::new();
    for rule in rules() {
        assert!(seen.insert(rule.name), "{} stands twice", rule.name);
        for sentence in [rule.what, rule.why, rule.instead] {
            assert!(sentence.ends_with('.') && !sentence.contains("  "), "{}: {sentence}", rule.name);
        }
    }
}
