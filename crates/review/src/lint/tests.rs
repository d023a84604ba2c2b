//! Every rule is as it says: its example is found, and what it says to do instead is not.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use waterspout::Time;
use waterspout::flag_set::FlagSet;
use waterspout_reference::generate::{self, config};

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

#[test]
fn every_finding_stands_where_it_says() {
    TestRunner::new(config(300))
        .run(&generate::file(), |file| {
            let text = file.to_string();
            let Ok(set) = FlagSet::parse(&text) else { return Ok(()) };
            let tree = crate::tree::Node::read(&text).unwrap();
            for finding in lint(&text, &set, Time::parse("2026-12-01").unwrap()) {
                let place = finding.place.clone().unwrap();
                prop_assert!(
                    text.get(place.span.clone()).is_some_and(|covered| !covered.is_empty()),
                    "{finding:?}"
                );
                let line = text[..place.span.start].matches('\n').count() + 1;
                let column = text[..place.span.start].rsplit('\n').next().unwrap().chars().count() + 1;
                prop_assert_eq!((place.line, place.column), (line, column));
                prop_assert_eq!(tree.pointer(&place.span), &*place.path);
                if let Some(flag) = &finding.flag {
                    let inside = format!("/flags/{flag}");
                    prop_assert!(place.path.starts_with(&inside), "{} is not in {inside}", place.path);
                }
            }
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn a_rule_that_is_called_unreachable_can_be_deleted_without_a_change() {
    let worlds = (generate::file(), generate::load(30));
    let deleted = std::cell::Cell::new(0);
    TestRunner::new(config(400))
        .run(&worlds, |(file, load)| {
            let text = file.to_string();
            let Ok(set) = FlagSet::parse(&text) else { return Ok(()) };
            let findings = lint(&text, &set, Time::parse("2026-12-01").unwrap());
            let unreachable = findings.iter().filter(|finding| finding.rule == "unreachable-rule");
            for place in unreachable.filter_map(|finding| finding.place.as_ref()) {
                let parts: Vec<&str> = place.path.split('/').collect();
                let mut edited = file.clone();
                edited.flag_mut(parts[2]).unwrap().rules.remove(parts[4].parse().unwrap());
                let Ok(edited) = FlagSet::parse(&edited.to_string()) else { continue };
                deleted.set(deleted.get() + 1);
                let answers = |set: &FlagSet| -> Vec<(String, Option<String>)> {
                    let snapshot = load.snapshot(set);
                    let key = waterspout::FlagKey::parse(parts[2]).unwrap();
                    let requests = load.requests.iter().map(|request| {
                        let context = request.context();
                        let answer = snapshot.answer_key(key, &context.borrow());
                        (request.text(), answer.variant.map(str::to_owned))
                    });
                    requests.collect()
                };
                prop_assert_eq!(answers(&edited), answers(&set));
            }
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    assert!(deleted.get() > 0, "no rule was unreachable");
}
