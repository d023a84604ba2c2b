//! What is said to never happen never happens, in no generated file and for no generated context.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::Cell;

use waterspout::flag_set::FlagSet;
use waterspout::{FlagKey, Reason};
use waterspout_reference::generate::{self, Load, config};

use super::*;

#[test]
fn what_is_said_to_never_happen_never_happens() {
    let said = Cell::new(0_usize);
    let worlds = (generate::file(), vec(generate::load(20), 3));
    TestRunner::new(config(400))
        .run(&worlds, |(file, loads)| {
            let Ok(set) = FlagSet::parse(&file.to_string()) else { return Ok(()) };
            let possible = possible(&set);
            let never = |reached: &flag::Reached| reached.rules.iter().filter(|reached| !**reached).count();
            said.set(
                said.get()
                    + possible.iter().filter_map(|flag| flag.reached.as_ref()).map(never).sum::<usize>(),
            );
            loads.iter().try_for_each(|load| holds(&set, &possible, load))
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    assert!(said.get() > 0, "nothing was said");
}

#[test]
fn a_condition_comes_out_only_as_is_said() {
    let cases = generate::file().prop_flat_map(|mut file| {
        file.segments.clear();
        file.flags.clear();
        (generate::condition(file.attributes.clone()), Just(file), vec(generate::load(20), 3))
    });
    let decided = Cell::new(0_usize);
    TestRunner::new(config(1_500))
        .run(&cases, |(condition, file, loads)| {
            // A rule applies on true, a denial acts on true and unknown: together they tell the three apart.
            let flags = format!(
                r#""flags": {{"rule": {{"rules": [{{"when": {condition}}}]}}, "deny": {{"deny": [{condition}], "default": "on"}}}}"#
            );
            let text = file.to_string();
            let end = text.rfind("\"flags\"").unwrap();
            let Ok(set) = FlagSet::parse(&format!("{}{flags}}}", &text[..end])) else { return Ok(()) };
            let condition = set.flags()[0].rules()[0].when().unwrap();
            let mut world = World::of(&set, [condition], None).unwrap();
            let term = world.term(condition).unwrap();
            let Some(outcomes) = world.outcomes(term) else { return Ok(()) };
            decided.set(decided.get() + usize::from(!(outcomes.is_true && outcomes.is_false)));
            for load in &loads {
                let snapshot = load.snapshot(&set);
                for request in &load.requests {
                    let context = request.context();
                    let is_on = |flag: &str| {
                        let key = FlagKey::parse(flag).unwrap();
                        snapshot.answer_key(key, &context.borrow()).variant == Some("on")
                    };
                    let (said, truth) = match (is_on("rule"), is_on("deny")) {
                        (true, _) => (outcomes.is_true, "true"),
                        (false, true) => (outcomes.is_false, "false"),
                        (false, false) => (outcomes.is_unknown, "unknown"),
                    };
                    prop_assert!(said, "it is {truth} for {} with {load:?}", request.text());
                }
            }
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    assert!(decided.get() > 0, "every condition came out both ways");
}

fn holds(set: &FlagSet, possible: &[Possible], load: &Load) -> Result<(), TestCaseError> {
    let snapshot = load.snapshot(set);
    for request in &load.requests {
        let context = request.context();
        for (flag, possible) in set.flags().iter().zip(possible) {
            let answer = snapshot.answer_key(FlagKey::parse(flag.key()).unwrap(), &context.borrow());
            let at =
                flag.variants().iter().position(|variant| Some(variant.name()) == answer.variant).unwrap();
            prop_assert!(possible.variants[at], "`{}` answers {:?}", flag.key(), answer.variant);
            let Some(reached) = &possible.reached else { continue };
            if let Some(rule) = answer.rule {
                prop_assert!(reached.rules[rule.index], "`{}` reaches rule {}", flag.key(), rule.index);
            }
            match answer.reason {
                Reason::Denied => prop_assert!(reached.denials.contains(&true), "`{}` denies", flag.key()),
                Reason::Default | Reason::Static => {
                    prop_assert!(reached.default, "`{}` defaults", flag.key())
                }
                _ => {}
            }
        }
    }
    Ok(())
}
