//! What the benches found, as `benches/RESULTS.md` and plots of growth: see `benches/run`, which calls it.
//!
//! The counts come from the table that `instructions` prints, the times from the samples that criterion keeps, how long
//! single checks take from what `timing` wrote down; what a snapshot keeps is asked here.

#[path = "../workloads/mod.rs"]
mod workloads;

mod measured;
mod plot;

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use measured::{Measured, Time};
use plot::{Axis, Line, Plot, Scale};
use workloads::yardsticks::{HASH, LOAD, SET};
use workloads::{generated, loading, request};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches");

fn main() {
    let measured = Measured::read();
    let mut page = String::new();
    head(&mut page, &measured);
    checks(&mut page, &measured);
    others(&mut page, &measured);
    growth(&mut page, &measured);
    loads(&mut page, &measured);
    memory(&mut page);
    readers(&mut page, &measured);
    together(&mut page, &measured);
    let file = Path::new(FOLDER).join("RESULTS.md");
    fs::write(&file, page).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    println!("{} is written", file.display());
}

macro_rules! add {
    ($page:expr, $($text:tt)*) => {
        writeln!($page, $($text)*).expect("a text takes whatever is written to it")
    };
}

fn head(page: &mut String, measured: &Measured) {
    let root = Path::new(FOLDER).join("..");
    let lock = fs::read_to_string(root.join("Cargo.lock")).expect("Cargo.lock");
    let version = |name: &str| {
        let after =
            lock.split_once(&format!("name = \"{name}\"\nversion = \"")).expect("a crate of this name").1;
        format!("{name} {}", after.split('"').next().unwrap_or_default())
    };
    let crates = ["arc-swap", "serde", "serde_json", "siphasher", "criterion"].map(version).join(", ");
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpu.lines().find_map(|line| line.strip_prefix("model name\t: ")).unwrap_or("of a model unknown");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown");
    add!(page, "# What it costs\n");
    add!(page, "Written by `benches/run`, which measures all of it anew. Not edited by hand.\n");
    add!(page, "| | |\n|---|---|");
    add!(page, "| processor | {model}, {cores} cores, {} {} |", env::consts::OS, env::consts::ARCH);
    add!(page, "| load while this was written | {load} |");
    add!(page, "| compiler | {} |", told("rustc", &["--version"]));
    add!(page, "| counted by | {} |", told("valgrind", &["--version"]));
    add!(page, "| crates | {crates} |");
    add!(page, "| commit | {} |", measured.commit);
    add!(page, "| profile | `release` as cargo has it: 16 codegen units, no LTO, no target features |\n");
    add!(
        page,
        "**Instructions** are counted by callgrind: the same on a busy machine, so they are the gates that CI holds."
    );
    add!(
        page,
        "**Times** are the fastest sample and the middle one of criterion's 20; on a shared machine they differ much,"
    );
    add!(
        page,
        "and only the fastest says something about the program. Each is set against fixed work of the same run: **S**"
    );
    add!(
        page,
        "is one SipHash-1-3 of an id of 16 bytes, **L** one load of an `ArcSwap`. A check includes the loop around it"
    );
    add!(page, "and the reader's look for a newer snapshot (the row *nothing*).\n");
}

fn told(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| "unknown".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

/// A row of names and times, with ratios to the yardsticks.
fn timed(measured: &Measured, name: &str) -> String {
    let Some(time) = measured.time(name) else { return "| | | |".to_owned() };
    let by = |yardstick| {
        measured
            .time(yardstick)
            .map_or_else(String::new, |fixed| format!("{:.2}", time.fastest / fixed.fastest))
    };
    format!("{} | {} | {} | {}", nanoseconds(time.fastest), nanoseconds(time.middle), by(HASH), by(LOAD))
}

fn nanoseconds(time: f64) -> String {
    format!("{time:.prec$}", prec = if time < 100.0 { 1 } else { 0 })
}

/// 12345.6 as 12,346.
pub fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let first = digits.len() % 3;
    let (head, rest) = digits.split_at(first);
    let groups = rest.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    std::iter::once(head.to_owned())
        .filter(|head| !head.is_empty())
        .chain(groups)
        .collect::<Vec<_>>()
        .join(",")
}

fn checks(page: &mut String, measured: &Measured) {
    add!(page, "## A check\n");
    add!(page, "| workload | instructions | gate | ns, fastest | ns, middle | in S | in L |");
    add!(page, "|---|---:|---:|---:|---:|---:|---:|");
    let yardsticks: Vec<&str> =
        workloads::yardsticks::all().iter().map(|workload| workload.name).chain([request::NAIVE]).collect();
    let ours = |name: &str| !loads_something(name) && !is_ratio(name) && !yardsticks.contains(&name);
    for row in measured.counts.iter().filter(|row| ours(&row.name)) {
        add!(page, "| {} | {} | {} | {} |", row.name, row.count, row.gate, timed(measured, &row.name));
    }
    for name in &yardsticks {
        let count = measured.count(name).map_or_else(String::new, |count| format!("{count:.1}"));
        add!(page, "| *{name}* | {count} | | {} |", timed(measured, name));
    }
    add!(page, "");
}

fn loads_something(name: &str) -> bool {
    name.starts_with("load") || name.starts_with("serde_json")
}

/// Whether a row has no count of its own, but what one workload takes by another.
fn is_ratio(name: &str) -> bool {
    workloads::ratios().any(|(ours, theirs, _)| name == format!("{ours}, by {theirs}"))
}

fn others(page: &mut String, measured: &Measured) {
    add!(page, "## Against a program of an afternoon\n");
    add!(
        page,
        "`benches/workloads/naive.rs`: a `HashMap` of flags, a bucket that is a hash of formatted text modulo 100, a"
    );
    add!(
        page,
        "`HashSet` of listed users, attributes as a map of texts that is there already. In a request of 20 checks both begin"
    );
    add!(
        page,
        "with the request's own texts: one builds a context and hashes the key, the other builds that map. And the bare"
    );
    add!(page, "`HashSet<String>` of std, with nothing around it, beside a flag with the same list.\n");
    add!(
        page,
        "| workload | other way | its ns | waterspout, ns | times | goal |\n|---|---|---:|---:|---:|---:|"
    );
    let rows = [
        ("plain", "naive, plain", ""),
        ("rollout", "naive, rollout", ""),
        ("list of 10,000, miss", "naive, list of 10,000, miss", ""),
        ("3 conditions and 25 %", "naive, 3 conditions and 25 %", ""),
        (request::OURS, request::NAIVE, "15 ×"),
        ("list of 10,000, hit", SET, "1.7 ×"),
    ];
    for (name, other, goal) in rows {
        if let (Some(theirs), Some(ours)) = (measured.time(other), measured.time(name)) {
            let (theirs, ours) = (theirs.fastest, ours.fastest);
            let times = theirs / ours;
            add!(
                page,
                "| {name} | {other} | {} | {} | {times:.prec$} × | {goal} |",
                nanoseconds(theirs),
                nanoseconds(ours),
                prec = if times < 10.0 { 1 } else { 0 }
            );
        }
    }
    add!(page, "");
    if let (Some(ours), Some(theirs)) = (measured.count(request::OURS), measured.count(request::NAIVE)) {
        add!(
            page,
            "The request of 20 checks takes {:.1} times fewer instructions (at least 15 is the gate).\n",
            theirs / ours
        );
    }
}

fn growth(page: &mut String, measured: &Measured) {
    let counts = |names: &[(f64, &str)]| -> Vec<(f64, f64)> {
        names.iter().filter_map(|(x, name)| Some((*x, measured.count(name)?))).collect()
    };
    let times = |names: &[(f64, &str)], unit: fn(f64, &Time) -> f64| -> Vec<(f64, f64)> {
        names.iter().filter_map(|(x, name)| Some((*x, unit(*x, measured.time(name)?)))).collect()
    };
    let flags = [(10.0, "rollout"), (1e3, "rollout among 1,000 flags"), (1e5, "rollout among 100,000 flags")];
    let misses = [
        (10.0, "list of 10, miss"),
        (1e3, "list of 1,000, miss"),
        (1e4, "list of 10,000, miss"),
        (1e5, "list of 100,000, miss"),
        (1e6, "list of 1,000,000, miss"),
    ];
    let hits = [
        (1e3, "list of 1,000, hit"),
        (1e4, "list of 10,000, hit"),
        (1e5, "list of 100,000, hit"),
        (1e6, "list of 1,000,000, hit"),
    ];
    let conditions = [
        (1.0, "1 numeric condition"),
        (2.0, "2 numeric conditions"),
        (4.0, "4 numeric conditions"),
        (8.0, "8 numeric conditions"),
        (16.0, "16 numeric conditions"),
        (32.0, "32 numeric conditions"),
    ];
    let loads = [
        (10.0, "load of 10 flags"),
        (100.0, "load of 100 flags"),
        (1e3, "load of 1,000 flags"),
        (1e4, "load of 10,000 flags"),
    ];
    let parses = [(1e3, "serde_json, 1,000 flags"), (1e4, "serde_json, 10,000 flags")];
    let linear = |name| Axis { name, scale: Scale::Linear };
    let logarithmic = |name| Axis { name, scale: Scale::Logarithmic };
    let milliseconds = |count: f64, time: &Time| count * time.fastest / 1e6;
    let plots = [
        (
            "size",
            Plot {
                title: "A check costs the same, however much there is",
                subtitle: "Instructions per check, by the flags in the file and the keys on the flag's list",
                x: logarithmic("flags in the file, or keys on the list"),
                y: linear("instructions"),
                lines: vec![
                    Line { name: "a key on the list", points: counts(&hits) },
                    Line { name: "a key not on the list", points: counts(&misses) },
                    Line { name: "a 50 % rollout, by flags", points: counts(&flags) },
                ],
            },
        ),
        (
            "conditions",
            Plot {
                title: "Conditions add up evenly",
                subtitle: "Instructions per check of a flag whose conditions on a number all hold",
                x: linear("conditions"),
                y: linear("instructions"),
                lines: vec![Line { name: "numeric conditions", points: counts(&conditions) }],
            },
        ),
        (
            "cache",
            Plot {
                title: "What memory adds to a check",
                subtitle: "Nanoseconds per check, fastest sample, a thousand users in turn: equal instructions, other caches",
                x: logarithmic("flags in the file, or keys on the list"),
                y: linear("ns"),
                lines: vec![
                    Line { name: "a key on the list", points: times(&hits, |_, time| time.fastest) },
                    Line { name: "a key not on the list", points: times(&misses, |_, time| time.fastest) },
                    Line { name: "a 50 % rollout, by flags", points: times(&flags, |_, time| time.fastest) },
                ],
            },
        ),
        (
            "load",
            Plot {
                title: "Loading grows with the file",
                subtitle: "Milliseconds from text to snapshot, fastest sample; serde_json's parse alone beside it",
                x: logarithmic("flags in the file"),
                y: logarithmic("ms"),
                lines: vec![
                    Line { name: "parse, check, compile", points: times(&loads, milliseconds) },
                    Line { name: "serde_json, parse alone", points: times(&parses, milliseconds) },
                ],
            },
        ),
    ];
    add!(page, "## Growth\n");
    fs::create_dir_all(Path::new(FOLDER).join("plots")).expect("a folder for the plots");
    for (name, plot) in plots.iter().filter(|(_, plot)| plot.lines.iter().all(|line| !line.points.is_empty()))
    {
        let file = Path::new(FOLDER).join("plots").join(name).with_extension("svg");
        fs::write(&file, plot.svg()).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        add!(page, "![{}: {}](plots/{name}.svg)\n", plot.title, plot.subtitle.to_lowercase());
    }
    if let (Some(one), Some(many)) = (measured.count(conditions[0].1), measured.count(conditions[5].1)) {
        add!(
            page,
            "A further numeric condition costs {:.1} instructions (at most 25 is the goal).\n",
            (many - one) / 31.0
        );
    }
}

fn loads(page: &mut String, measured: &Measured) {
    add!(page, "## Loading\n");
    add!(
        page,
        "Parsed, checked, compiled, and what was only needed for that dropped; for each flag (of 901 bytes or so), or"
    );
    add!(
        page,
        "each key of a list. `serde_json` parses the same text into a typed, owned model, and the keys of a list into a"
    );
    add!(
        page,
        "`Vec<String>`; it checks nothing, and nobody can ask what it made. In the rows *by*, all figures are ratios.\n"
    );
    add!(
        page,
        "| workload | instructions each | gate | ns each, fastest | ms in all |\n|---|---:|---:|---:|---:|"
    );
    for row in measured.counts.iter().filter(|row| loads_something(&row.name)) {
        let time = load_time(measured, &row.name);
        add!(page, "| {} | {} | {} | {time} |", row.name, row.count, row.gate);
    }
    add!(page, "");
}

/// For each and in all; or, in a row of ratios, how many times as long.
fn load_time(measured: &Measured, name: &str) -> String {
    let checks = workloads::all().find(|known| known.name == name).map(|known| known.checks);
    if let (Some(time), Some(checks)) = (measured.time(name), checks) {
        let all = time.fastest * checks as f64 / 1e6;
        return format!("{} | {:.prec$}", grouped(time.fastest), all, prec = if all < 10.0 { 2 } else { 0 });
    }
    let times = name
        .split_once(", by ")
        .and_then(|(ours, theirs)| Some(measured.time(ours)?.fastest / measured.time(theirs)?.fastest));
    times.map_or_else(|| " | ".to_owned(), |times| format!("{times:.2} | "))
}

fn memory(page: &mut String) {
    add!(page, "## What a snapshot keeps\n");
    add!(
        page,
        "Held by `tests/memory.rs`, at the allocator: of flags at most half the size of their file.\n"
    );
    add!(page, "| | in the file | kept | share |\n|---|---:|---:|---:|");
    for count in [1_000, 10_000] {
        let text = generated::file(count);
        let kept = loading::load(&text).memory();
        let each = |bytes: usize| format!("{:.0} B a flag", bytes as f64 / count as f64);
        let share = kept as f64 / text.len() as f64;
        add!(
            page,
            "| {} flags | {} | {} | {share:.2} |",
            grouped(count as f64),
            each(text.len()),
            each(kept)
        );
    }
    let count = 1_000_000;
    let keys: Vec<String> = (0..count).map(|n| format!("\"{n:016x}\"")).collect();
    let keys = format!(
        r#"{{"version": 1, "flags": {{"beta": {{"rules": [{{"when": {{"key": {{"in": [{}]}}}}}}]}}}}}}"#,
        keys.join(",")
    );
    let kept = loading::load(&keys).memory() as f64 / f64::from(count);
    add!(
        page,
        "| 1,000,000 keys of 16 B | 19 B a key | {kept:.1} B a key: its own and {:.1} | |\n",
        kept - 16.0
    );
}

fn readers(page: &mut String, measured: &Measured) {
    add!(page, "## Readers while snapshots are swapped\n");
    add!(page, "One check at a time, a million of each sort, the clock's own time included: nanoseconds.\n");
    add!(page, "| | middle | p99 | p99.9 |\n|---|---:|---:|---:|");
    for row in &measured.waits {
        match &row[..] {
            [name, rate, ..] if name == "swaps" => {
                add!(page, "\n{rate} swaps a second were published meanwhile.")
            }
            [name, middle, slow, slowest] => add!(page, "| {name} | {middle} | {slow} | {slowest} |"),
            _ => {}
        }
    }
}

fn together(page: &mut String, measured: &Measured) {
    const GOAL: &str = "1.3";
    add!(page, "\n## Two readers at once\n");
    add!(
        page,
        "Nanoseconds of CPU time for a check of a rollout: one thread alone, and two that ask in bursts of half a millisecond"
    );
    add!(
        page,
        "which begin together. Only bursts in which neither thread lost its core count; the middle one of so many (n/a: none"
    );
    add!(
        page,
        "on so busy a machine). The first row is what two cores cost one another with nothing in common.\n"
    );
    add!(page, "| | one | two | times | goal | bursts |\n|---|---:|---:|---:|---:|---:|");
    for row in &measured.together {
        if let [name, one, two, times, ones, twos] = &row[..] {
            let goal = if name.contains("view") { "" } else { GOAL };
            add!(page, "| {name} | {one} | {two} | {times} | {goal} | {ones} and {twos} |");
        }
    }
    if measured.together.is_empty() {
        add!(page, "\nNot measured: the machine has one core.");
    }
    add!(
        page,
        "\nA view counts itself in and out of a snapshot that both threads share, which is why a request takes one and asks"
    );
    add!(page, "everything of it; a reader and `is_on` write nothing that the other reader looks at.");
}
