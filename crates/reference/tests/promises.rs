//! What the format promises about changes: whom an edit can move, and whom it cannot.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use waterspout::Time;
use waterspout::flag_set::FlagSet;
use waterspout_reference::Answer;
use waterspout_reference::generate::{self, File, Flag, Load, Outcome, Rule, Segment, config};

fn read(file: &File) -> FlagSet {
    FlagSet::parse(&file.to_string()).unwrap_or_else(|error| panic!("{error}\n{file}"))
}

/// Each request's answer to one flag.
fn answers(file: &File, load: &Load, key: &str) -> Vec<Answer> {
    let of_the_flag =
        |mut answers: BTreeMap<String, Answer>| answers.remove(key).expect("a flag of the file");
    load.answers(&read(file)).into_iter().map(of_the_flag).collect()
}

/// A flag's answers before and after an edit of it, request by request.
fn edited(mut file: File, load: &Load, key: &str, edit: impl FnOnce(&mut Flag)) -> Vec<(Answer, Answer)> {
    let before = answers(&file, load, key);
    edit(file.flag_mut(key).expect("a flag of the file"));
    before.into_iter().zip(answers(&file, load, key)).collect()
}

fn key_of(file: &File, flag: Index) -> &'static str {
    flag.get(&file.flags).key
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn an_answer_depends_on_no_flag_that_is_not_required(
        file in generate::file(),
        load in generate::load(4),
        flag in any::<Index>(),
        fates in vec((0_u8..4, any::<u32>()), 9),
    ) {
        let kept = file.rests_on(key_of(&file, flag));
        let before: Vec<Vec<Answer>> = kept.iter().map(|key| answers(&file, &load, key)).collect();

        let mut other = file.clone();
        let mut newcomer = other.flags[0].clone();
        newcomer.key = "newcomer";
        newcomer.requires.clear();
        other.flags.push(newcomer);
        let mut placed = Vec::new();
        for (mut flag, (fate, place)) in other.flags.into_iter().zip(fates) {
            if !kept.contains(&flag.key) {
                // What it requires may be gone.
                flag.requires.clear();
                match fate {
                    0 => continue,
                    1 => flag.enabled = Some(false),
                    2 => flag.rules.reverse(),
                    _ => flag.salt = Some("another"),
                }
            }
            placed.push((place, flag));
        }
        placed.sort_by_key(|(place, _)| *place);
        other.flags = placed.into_iter().map(|(_, flag)| flag).collect();

        let after: Vec<Vec<Answer>> = kept.iter().map(|key| answers(&other, &load, key)).collect();
        prop_assert_eq!(before, after, "{:?}", other);
    }

    #[test]
    fn widening_a_rollout_never_removes_anyone(
        file in generate::file(),
        load in generate::load(24),
        flag in any::<Index>(),
        rule in any::<Index>(),
        (narrow, wide) in (0_u32..=100_000, 0_u32..=100_000),
    ) {
        let key = key_of(&file, flag);
        let mut file = file;
        let everyone = Rule { name: None, when: None, rollout: None, outcome: served(&file, key) };
        let rules = &mut file.flag_mut(key).unwrap().rules;
        rules.push(everyone);
        let rule = rule.index(rules.len());
        rules[rule].rollout = Some(narrow.min(wide));
        let pairs =
            edited(file, &load, key, |flag| flag.rules[rule].rollout = Some(narrow.max(wide)));
        for (before, after) in pairs {
            // Whoever this rule or one above it decided for keeps the answer; the others keep theirs or come in.
            if before.rule.is_some_and(|decided| decided <= rule) {
                prop_assert_eq!(before, after);
            } else {
                prop_assert!(before == after || after.rule == Some(rule), "{} became {}", before, after);
            }
        }
    }

    #[test]
    fn appending_keys_to_an_allow_list_never_removes_anyone(
        file in generate::file(),
        load in generate::load(24),
        flag in any::<Index>(),
        of in prop_oneof![Just(None), Just(Some("country")), Just(Some("account"))],
        listed in vec("user-[0-9]{1,3}|ada|DE|FR|pro-1", 1..40),
        appended in vec("user-[0-9]{1,4}|mallory|de|é", 1..60),
    ) {
        // Half of the requests come from somebody on the list.
        let mut load = load;
        for (request, listed) in load.requests.iter_mut().step_by(2).zip(listed.iter().cycle()) {
            let listed = format!("{listed:?}");
            request.targeting_key = Some(listed.clone());
            request.values.retain(|(name, _)| of != Some(name));
            request.values.extend(of.map(|name| (name, listed)));
        }
        let key = key_of(&file, flag);
        let mut file = file;
        let outcome = served(&file, key);
        let flag = file.flag_mut(key).unwrap();
        let other_condition = flag.rules.iter().find_map(|rule| rule.when.clone());
        let and = other_condition.map_or(String::new(), |when| format!(r#", "any": [{when}, {{"segment": "allowed"}}]"#));
        let when = Some(format!(r#"{{"segment": "allowed"{and}}}"#));
        flag.rules.insert(0, Rule { name: None, when, rollout: None, outcome });
        let mut longer = file.clone();
        let list = |keys| Segment::Keys { name: "allowed".to_owned(), keys, of };
        file.segments.push(list(listed.clone()));
        longer.segments.push(list([listed, appended].concat()));

        for (before, after) in answers(&file, &load, key).into_iter().zip(answers(&longer, &load, key)) {
            if before.rule == Some(0) {
                prop_assert_eq!(before, after);
            } else {
                prop_assert!(before == after || after.rule == Some(0), "{} became {}", before, after);
            }
        }
    }

    #[test]
    fn a_deny_only_takes_away(
        (condition, file) in generate::file()
            .prop_flat_map(|file| (generate::condition(file.attributes.clone()), Just(file))),
        load in generate::load(12),
        flag in any::<Index>(),
        place in any::<Index>(),
    ) {
        let key = key_of(&file, flag);
        let set = read(&file);
        let flag = set.flag(key).unwrap();
        let off = flag.variant(flag.off()).name();
        let pairs = edited(file, &load, key, |flag| {
            let place = place.index(flag.deny.len() + 1);
            flag.deny.insert(place, condition);
        });
        for (before, after) in pairs {
            if after.reason == "DENIED" {
                prop_assert_eq!(after.variant.as_deref(), Some(off));
                prop_assert_eq!(after.rule, None);
            } else if before.reason == "STATIC" {
                // The flag has something to decide now, and decides it as before.
                prop_assert_eq!(&after.reason, "DEFAULT");
                prop_assert_eq!(before.variant, after.variant);
            } else {
                prop_assert_eq!(before, after);
            }
        }
    }

    #[test]
    fn the_kill_switch_gives_everyone_off_and_takes_nothing_with_it(
        file in generate::file(),
        load in generate::load(6),
        flag in any::<Index>(),
    ) {
        let key = key_of(&file, flag);
        let mut file = file;
        file.flag_mut(key).unwrap().enabled = None;
        let before = answers(&file, &load, key);
        file.flag_mut(key).unwrap().enabled = Some(false);
        let set = read(&file);
        let off = set.flag(key).map(|flag| flag.variant(flag.off()).name());
        for killed in answers(&file, &load, key) {
            prop_assert_eq!(killed.variant.as_deref(), off);
            prop_assert_eq!((killed.reason.as_str(), killed.rule), ("DISABLED", None));
        }
        file.flag_mut(key).unwrap().enabled = Some(true);
        prop_assert_eq!(before, answers(&file, &load, key));
    }

    #[test]
    fn what_a_context_says_of_facts_and_undeclared_attributes_is_ignored(
        file in generate::file(),
        load in generate::load(4),
    ) {
        let mut other = load.clone();
        for request in &mut other.requests {
            let is_fact = |name: &str| file.attributes.iter().any(|it| it.fact && it.name == name);
            request.values.retain(|(name, _)| !is_fact(name));
            request.values.reverse();
            request.values.push(("unheard-of", "{\"a\":[1e999]}".to_owned()));
        }
        other.facts.retain(|(name, _)| file.attributes.iter().any(|it| it.fact && it.name == *name));
        let set = read(&file);
        prop_assert_eq!(load.answers(&set), other.answers(&set));
    }

    #[test]
    fn a_snapshot_answers_alike_for_the_whole_stretch_of_time_that_it_holds(
        file in generate::file(),
        load in generate::load(4),
        later in generate::load(0),
    ) {
        let set = read(&file);
        let time = |load: &Load| Time::parse(load.now).unwrap();
        let (from, until) = load.snapshot(&set).holds();
        let holds = |now| from.is_none_or(|from| from <= now) && until.is_none_or(|until| now < until);
        prop_assert!(holds(time(&load)));
        if holds(time(&later)) {
            let other = Load { now: later.now, ..load.clone() };
            prop_assert_eq!(load.answers(&set), other.answers(&set));
        }
        // It holds from one instant that the file names to the next.
        prop_assert!(set.edges().iter().all(|edge| from.is_none_or(|from| *edge <= from) || !holds(*edge)));
    }
}

/// An outcome that the flag can have.
fn served(file: &File, key: &str) -> Outcome {
    let flag = file.flags.iter().find(|flag| flag.key == key).expect("a flag of the file");
    Outcome::Serve(flag.variant_names()[0].to_owned())
}
