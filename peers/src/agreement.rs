//! Before anything is timed: does the engine answer what it is asked? Exactly, where the meaning is the same in all
//! engines; by its share, where a hash of their own decides.

use crate::engine::Engine;
use crate::workload::{self, Kind, Spec, Target, Users};

const LIST: usize = 10_000;
const USERS: usize = 6_000;

/// Everything that is wrong with an engine's answers.
pub fn faults<E: Engine>() -> Vec<String> {
    let kinds = [
        ("is-on", Kind::On),
        ("is-off", Kind::Off),
        ("half", Kind::Rollout(50)),
        ("tenth", Kind::Rollout(10)),
        ("targeted", Kind::Targeted(100)),
        ("targeted-quarter", Kind::Targeted(25)),
        ("listed", Kind::Listed((0..LIST).map(workload::member).collect())),
    ];
    let mut faults = Vec::new();
    match E::load(&E::configuration(&Spec::one_of_each(&kinds))) {
        Ok(engine) => {
            asked(&engine, &mut faults);
            if E::RELOADS {
                reloaded(&engine, &mut faults);
            }
        }
        Err(error) => faults.push(format!("does not load: {error}")),
    }
    faults
}

fn asked<E: Engine>(engine: &E, faults: &mut Vec<String>) {
    let varied = workload::varied(USERS);
    exactly(engine, "is-on", varied, |_| true, faults);
    exactly(engine, "is-off", varied, |_| false, faults);
    exactly(engine, "targeted", varied, |n| Target::holds(&varied[n]), faults);
    exactly(engine, "listed", workload::members(512, LIST), |_| true, faults);
    exactly(engine, "listed", workload::strangers(500), |_| false, faults);
    share(engine, "half", varied, 0.47..0.53, faults);
    share(engine, "tenth", varied, 0.08..0.12, faults);
    let targeted = workload::targeted(USERS);
    exactly(engine, "targeted", targeted, |_| true, faults);
    share(engine, "targeted-quarter", targeted, 0.22..0.28, faults);
    let missed: Vec<usize> = (0..USERS).filter(|n| !Target::holds(&varied[*n])).collect();
    let on = answers(engine, "targeted-quarter", varied);
    if missed.iter().any(|n| on[*n]) {
        faults.push("targeted-quarter: on for somebody for whom a condition fails".into());
    }
}

/// Readers must see what was published.
fn reloaded<E: Engine>(engine: &E, faults: &mut Vec<String>) {
    let kinds = [("is-on", Kind::Off), ("is-off", Kind::On)];
    if let Err(error) = engine.reload(&E::configuration(&Spec::one_of_each(&kinds))) {
        faults.push(format!("does not reload: {error}"));
    }
    let users = workload::varied(10);
    exactly(engine, "is-on", users, |_| false, faults);
    exactly(engine, "is-off", users, |_| true, faults);
}

fn answers<E: Engine>(engine: &E, flag: &'static str, users: Users) -> Vec<bool> {
    let mut worker = engine.worker();
    let flag = engine.flag(flag);
    users
        .iter()
        .map(|user| {
            let prepared = E::is_on(&mut worker, &flag, &E::context(user));
            assert_eq!(
                prepared,
                E::is_on_for(&mut worker, &flag, user),
                "{}: both ways answer the same",
                E::NAME
            );
            prepared
        })
        .collect()
}

fn exactly<E: Engine>(
    engine: &E,
    flag: &'static str,
    users: Users,
    wanted: impl Fn(usize) -> bool,
    faults: &mut Vec<String>,
) {
    let wrong = answers(engine, flag, users).iter().enumerate().filter(|(n, on)| **on != wanted(*n)).count();
    if wrong > 0 {
        faults.push(format!("{flag}: {wrong} of {} answers are wrong", users.len()));
    }
}

fn share<E: Engine>(
    engine: &E,
    flag: &'static str,
    users: Users,
    wanted: std::ops::Range<f64>,
    faults: &mut Vec<String>,
) {
    let on = answers(engine, flag, users).iter().filter(|on| **on).count() as f64 / users.len() as f64;
    if !wanted.contains(&on) {
        faults.push(format!("{flag}: on for {:.1} % of the users", on * 100.0));
    }
}
