//! The comparison, a section at a time, in Markdown. `run` puts the sections together.

use std::process::ExitCode;

use waterspout_peers::driver::{Check, Driver, Prepared};
use waterspout_peers::engine::Engine;
use waterspout_peers::loads::{self, Loading};
use waterspout_peers::readers::{self, Readers};
use waterspout_peers::report::{self, Table};
use waterspout_peers::rounds::{self, Time};
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
    drivers
}

fn checks() {
    const ROUNDS: usize = 61;
    let drivers = drivers();
    let times: Vec<Vec<Time>> =
        Check::ALL.iter().map(|check| rounds::time(&drivers, *check, ROUNDS)).collect();
    let mut table = Table::new(["evaluator"].into_iter().chain(Check::ALL.map(Check::title)));
    for (number, driver) in drivers.iter().enumerate() {
        let cells = times.iter().map(|times| report::timed(times[number], times[0], times[1]));
        table.row([driver.name().to_owned()].into_iter().chain(cells));
    }
    table.print();
    println!("How far ahead of the fastest peer with rules of its own, by handle:\n");
    let mut goals =
        Table::new(["workload", "fastest peer", "ratio by handle", "goal", "reached", "by string key"]);
    for (check, times) in Check::ALL.iter().zip(&times) {
        let peers = drivers.iter().zip(times).skip(2).filter(|(driver, _)| driver.has_rules());
        if let Some((driver, time)) = peers.min_by(|(_, a), (_, b)| a.min.total_cmp(&b.min)) {
            let ratio = time.min / times[0].min;
            goals.row([
                check.title().to_owned(),
                driver.name().to_owned(),
                report::times(ratio),
                report::times(check.goal()),
                yes_or_no(ratio >= check.goal()),
                report::times(time.min / times[1].min),
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
    // Both ways to ask load alike.
    engines.remove(1);
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
        let peers = engines.iter().zip(loads).skip(1).filter(|(engine, _)| engine.has_rules);
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
        "p99 ns, alone → reloading",
        "p99.9 ns",
        "p99.99 ns",
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
                    format!("{} M **{}**", report::short(rate / 1e6), report::times(ours / rate))
                };
                let tail = |share: f64| format!("{} → {}", it.alone.below(share), it.beside.below(share));
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
