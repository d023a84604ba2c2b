//! The comparison, a section at a time, in Markdown. `run` puts the sections together.

use std::process::ExitCode;

use waterspout_peers::driver::{Check, Driver, Prepared};
use waterspout_peers::engine::{Engine, Standing};
use waterspout_peers::engines::nothing::Nothing;
use waterspout_peers::loads::{self, Loading};
use waterspout_peers::readers::{self, Latencies, Readers};
use waterspout_peers::report::{self, Table};
use waterspout_peers::rounds::{self, Time, Timed};
use waterspout_peers::workload::Spec;
use waterspout_peers::{agreement, for_each_engine};

const LOAD_GOAL: f64 = 5.0;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("agreement") => return agreement(),
        Some("checks") => checks(),
        Some("loads") => loads(),
        Some("million") => million(),
        Some("readers") => readers(),
        Some("notes") => notes(),
        _ => {
            eprintln!("usage: peers agreement|checks|loads|million|readers|notes");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Fails where an engine answers something else than it was asked.
fn agreement() -> ExitCode {
    let mut agrees = true;
    macro_rules! check {
        ($engine:ty) => {
            let faults = agreement::faults::<$engine>();
            agrees &= faults.is_empty();
            let verdict = if faults.is_empty() { "agrees".to_owned() } else { faults.join("; ") };
            println!("- {}: {verdict}", <$engine>::NAME);
        };
    }
    for_each_engine!(check);
    if agrees { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Where [`for_each_engine`] has our ways to ask that others are compared with.
const BY_HANDLE: usize = 0;
const BY_KEY: usize = 1;

/// All engines, and the harness alone at the end.
fn drivers() -> Vec<Box<dyn Driver>> {
    let mut drivers: Vec<Box<dyn Driver>> = Vec::new();
    macro_rules! prepare {
        ($engine:ty) => {
            match Prepared::<$engine>::new() {
                Ok(prepared) => drivers.push(Box::new(prepared)),
                Err(error) => eprintln!("{} is left out: {error}", <$engine>::NAME),
            }
        };
    }
    for_each_engine!(prepare);
    prepare!(Nothing);
    drivers
}

fn checks() {
    const ROUNDS: usize = 61;
    let drivers = drivers();
    let all: Vec<(Check, Vec<Timed>)> =
        Check::ALL.iter().map(|check| (*check, rounds::time(&drivers, *check, ROUNDS))).collect();
    table(&drivers, &all, |driver, times| {
        let warm = |number: usize| times[number].warm;
        match drivers[driver].standing() {
            Standing::Harness => report::plain(warm(driver)),
            _ => report::timed(warm(driver), warm(BY_HANDLE), warm(BY_KEY)),
        }
    });
    println!("How far ahead of the fastest peer with rules of its own, by handle:\n");
    goals(&drivers, &all);
    println!(
        "Cold: the first check after all the other engines had their turn, and after a sweep through the caches. Median of"
    );
    println!("wall times, the clock's own included. **Bold**: how many times ours by handle.\n");
    let cold: Vec<(Check, Vec<Timed>)> =
        all.into_iter().filter(|(check, _)| Check::FIRST.contains(check)).collect();
    table(&drivers, &cold, |driver, times| {
        let median = |number: usize| times[number].first.median;
        match drivers[driver].standing() {
            Standing::Harness => report::nanos(median(driver)),
            _ => report::against(median(driver), median(BY_HANDLE)),
        }
    });
}

/// A row for each engine, a column for each kind of check.
fn table(drivers: &[Box<dyn Driver>], all: &[(Check, Vec<Timed>)], cell: impl Fn(usize, &[Timed]) -> String) {
    let titles = all.iter().map(|(check, _)| check.title());
    let mut table = Table::new(["evaluator"].into_iter().chain(titles));
    for (number, driver) in drivers.iter().enumerate() {
        let cells = all.iter().map(|(_, times)| cell(number, times));
        table.row([driver.name().to_owned()].into_iter().chain(cells));
    }
    table.print();
}

fn goals(drivers: &[Box<dyn Driver>], all: &[(Check, Vec<Timed>)]) {
    let mut goals =
        Table::new(["workload", "fastest peer", "ratio by handle", "goal", "reached", "by string key"]);
    for (check, times) in all {
        let peers = drivers.iter().zip(times).filter(|(driver, _)| driver.standing() == Standing::Peer);
        let warm = peers.map(|(driver, times)| (driver, times.warm.min));
        if let Some((driver, best)) = warm.min_by(|(_, a), (_, b)| a.total_cmp(b)) {
            let ratio = best / times[BY_HANDLE].warm.min;
            goals.row([
                check.title().to_owned(),
                driver.name().to_owned(),
                report::times(ratio),
                report::times(check.goal()),
                yes_or_no(ratio >= check.goal()),
                report::times(best / times[BY_KEY].warm.min),
            ]);
        }
    }
    goals.print();
}

fn yes_or_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

fn loadings() -> Vec<Loading> {
    let mut engines = Vec::new();
    macro_rules! add {
        ($engine:ty) => {
            engines.push(Loading::of::<$engine>());
        };
    }
    for_each_engine!(add);
    // All our ways to ask load alike.
    let ours = engines.iter().filter(|engine| engine.standing == Standing::Ours).count();
    engines.drain(1..ours);
    engines
}

fn loads() {
    let engines = loadings();
    let mut table = Table::new([
        "evaluator",
        "1,000 flags: ms, best / median",
        "10,000 flags: ms, best / median",
        "its text, 10,000",
        "kept, 10,000",
    ]);
    let thousand = loads::time(&engines, &Spec::mixed(1_000), 15);
    let ten_thousand = loads::time(&engines, &Spec::mixed(10_000), 5);
    let (Ok(our_thousand), Ok(our_ten_thousand)) = (&thousand[0], &ten_thousand[0]) else {
        panic!("this library loads its own files")
    };
    let cell = |time: Time, ours: Time| {
        let ratio = report::times(time.min / ours.min);
        format!("{} / {} **{ratio}**", report::short(time.min), report::short(time.median))
    };
    for (number, engine) in engines.iter().enumerate() {
        let (thousand, ten_thousand) = (&thousand[number], &ten_thousand[number]);
        let (Ok(thousand), Ok(ten_thousand)) = (thousand, ten_thousand) else {
            table.row([engine.name.to_owned(), "n/a".into(), "n/a".into(), "".into(), "".into()]);
            continue;
        };
        let kept = report::times(ten_thousand.kept as f64 / our_ten_thousand.kept as f64);
        table.row([
            engine.name.to_owned(),
            cell(thousand.time, our_thousand.time),
            cell(ten_thousand.time, our_ten_thousand.time),
            report::bytes(ten_thousand.text as f64),
            format!("{} **{kept}**", report::bytes(ten_thousand.kept as f64)),
        ]);
    }
    table.print();
    for (title, loads) in [("1,000", &thousand), ("10,000", &ten_thousand)] {
        let ours = loads[0].as_ref().map_or(f64::NAN, |ours| ours.time.min);
        let peers = engines.iter().zip(loads).filter(|(engine, _)| engine.standing == Standing::Peer);
        let timed = peers.filter_map(|(engine, loads)| Some((engine.name, loads.as_ref().ok()?.time.min)));
        if let Some((name, best)) = timed.min_by(|(_, a), (_, b)| a.total_cmp(b)) {
            let ratio = best / ours;
            println!(
                "{title} flags: the fastest peer is {name}, {} of ours; the goal is {} ({}).\n",
                report::times(ratio),
                report::times(LOAD_GOAL),
                if ratio >= LOAD_GOAL { "reached" } else { "missed" }
            );
        }
    }
}

fn million() {
    const KEYS: usize = 1_000_000;
    let mut table = Table::new(["evaluator", "load", "its text", "kept per key", "hit", "miss"]);
    let mut ours: Option<(f64, f64, f64, f64)> = None;
    for engine in loadings() {
        match engine.list(KEYS) {
            Ok((text, list)) => {
                let load = list.took.as_nanos() as f64;
                let kept = list.kept as f64 / KEYS as f64;
                let (our_load, our_kept, our_hit, our_miss) =
                    *ours.get_or_insert((load, kept, list.hit, list.miss));
                let cell = |value: String, ratio: f64| format!("{value} **{}**", report::times(ratio));
                table.row([
                    engine.name.to_owned(),
                    cell(report::nanos(load), load / our_load),
                    report::bytes(text as f64),
                    cell(report::bytes(kept), kept / our_kept),
                    cell(report::nanos(list.hit), list.hit / our_hit),
                    cell(report::nanos(list.miss), list.miss / our_miss),
                ]);
            }
            Err(error) => table.row([
                engine.name.to_owned(),
                format!("n/a: {error}"),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
            ]),
        }
    }
    table.print();
}

fn readers() {
    let mut table = Table::new([
        "evaluator",
        "checks/s, readers alone",
        "checks/s, while reloading",
        "p99, alone → reloading",
        "p99.9",
        "p99.99",
        "reloads/s reached",
        "ms per reload",
    ]);
    let mut ours: Option<(f64, f64)> = None;
    let mut row = |name: &str, outcome: Option<Result<Readers, String>>| {
        let mut cells = vec![name.to_owned()];
        match outcome {
            Some(Ok(it)) => {
                let (alone, beside) = (it.alone.per_second(), it.beside.per_second());
                let (our_alone, our_beside) = *ours.get_or_insert((alone, beside));
                let rate = |rate: f64, ours: f64| {
                    format!("{} **{}**", report::count(rate), report::times(ours / rate))
                };
                let below = |latencies: &Latencies, share| report::nanos(latencies.below(share) as f64);
                let tail = |share| format!("{} → {}", below(&it.alone, share), below(&it.beside, share));
                cells.extend([
                    rate(alone, our_alone),
                    rate(beside, our_beside),
                    tail(0.99),
                    tail(0.999),
                    tail(0.9999),
                ]);
                cells.push(report::short(it.reloads_per_second));
                cells.push(report::short(it.milliseconds_per_reload));
            }
            Some(Err(error)) => cells.push(format!("n/a: {error}")),
            None => cells.push("n/a: see the notes".into()),
        }
        cells.resize(8, String::new());
        table.row(cells);
    };
    macro_rules! read {
        ($engine:ty) => {
            row(<$engine>::NAME, readers::read::<$engine>());
        };
    }
    for_each_engine!(read);
    table.print();
}

fn notes() {
    macro_rules! note {
        ($engine:ty) => {
            println!("- **{}**: {}", <$engine>::NAME, <$engine>::NOTE);
        };
    }
    for_each_engine!(note);
    println!();
}
