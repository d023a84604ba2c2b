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
            said.set(said.get() + possible.iter().filter_map(|flag| flag.reached.as_ref()).map(never).sum::<usize>());
            loads.iter().try_for_each(|load| holds(&set, &possible, load))
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    assert!(said.get() > 0, "nothing was said");
}

fn holds(set: &FlagSet, possible: &[Possible], load: &Load) -> Result<(), TestCaseError> {
    let snapshot = load.snapshot(set);
    for request in &load.requests {
        let context = request.context();
        for (flag, possible) in set.flags().iter().zip(possible) {
            let answer = snapshot.answer_key(FlagKey::parse(flag.key()).unwrap(), &context.borrow());
            let at = flag.variants().iter().position(|variant| Some(variant.name()) == answer.variant).unwrap();
            prop_assert!(possible.variants[at], "`{}` answers {:?}", flag.key(), answer.variant);
            let Some(reached) = &possible.reached else { continue };
            if let Some(rule) = answer.rule {
                prop_assert!(reached.rules[rule.index], "`{}` reaches rule {}", flag.key(), rule.index);
            }
            match answer.reason {
                Reason::Denied => prop_assert!(reached.denials.contains(&true), "`{}` denies", flag.key()),
                Reason::Default | Reason::Static => prop_assert!(reached.default, "`{}` defaults", flag.key()),
                _ => {}
            }
        }
    }
    Ok(())
}
