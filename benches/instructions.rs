//! Instructions per check, counted by callgrind: exact on a machine that is busy, so these are gates.
//!
//! ```text
//! cargo bench --bench instructions               the table
//! cargo bench --bench instructions -- --gate     the same but for a million keys, and failure where a gate is passed
//! cargo bench --bench instructions -- rollout    those whose name holds the word
//! ```
//!
//! Each workload runs twice in a process of its own, for fewer passes and for more; the difference is what a pass
//! costs, the loop included, the setting up not. The profile is the one that services get: release as cargo has it.

mod workloads;

use std::path::Path;
use std::process::{Command, ExitCode};

use workloads::{Check, Workload, all, gates, ratios};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, name] = &arguments[..] {
        if flag == "--run" {
            run(name);
            return ExitCode::SUCCESS;
        }
    }
    let gated = arguments.iter().any(|argument| argument == "--gate");
    let word = arguments.iter().find(|argument| !argument.starts_with("--"));
    let mut passed = true;
    let mut counts = Vec::new();
    println!("| workload | instructions | gate |");
    println!("|---|---:|---:|");
    let workloads: Vec<Workload> = if gated { gates().collect() } else { all().collect() };
    for workload in
        workloads.into_iter().filter(|workload| word.is_none_or(|word| workload.name.contains(word)))
    {
        let count = instructions(&workload);
        passed &= row(workload.name, count, workload.gate);
        counts.push((workload.name, count));
    }
    for (name, yardstick, gate) in ratios() {
        let count = |name: &str| counts.iter().find(|(known, _)| *known == name).map(|(_, count)| count);
        if let (Some(count), Some(yardstick_count)) = (count(name), count(yardstick)) {
            passed &= row(&format!("{name}, by {yardstick}"), count / yardstick_count, *gate);
        }
    }
    if gated && !passed {
        eprintln!("more instructions than the gates allow");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Prints a row, and says whether it keeps within its gate.
fn row(name: &str, count: f64, gate: f64) -> bool {
    let mark = if count > gate { " **over**" } else { "" };
    let gate_shown = match gate {
        gate if gate.is_infinite() => String::new(),
        gate if gate < 1.0 => format!("{gate:.3}"),
        gate => gate.to_string(),
    };
    let decimals = match count {
        count if count < 1.0 => 3,
        count if count < 10.0 => 2,
        _ => 1,
    };
    println!("| {name} | {count:.decimals$}{mark} | {gate_shown} |");
    count <= gate
}

fn run(name: &str) {
    let workload = all().find(|workload| workload.name == name).expect("a workload of this name");
    let mut check = (workload.set_up)();
    let (few, many) = runs(&workload);
    measured(&mut check, few);
    measured(&mut check, many);
}

/// Only what happens in here is counted: see [`counted`].
#[inline(never)]
fn measured(check: &mut Check, passes: u64) {
    check(passes);
}

/// How many passes the two runs make.
fn runs(workload: &Workload) -> (u64, u64) {
    if workload.passes == 0 { (0, 1) } else { (workload.passes, 3 * workload.passes) }
}

/// What one check costs.
fn instructions(workload: &Workload) -> f64 {
    let (few, many) = runs(workload);
    let (less, more) = counted(workload.name);
    (more - less) / (many - few) as f64 / workload.checks as f64
}

/// The instructions of the two runs.
fn counted(name: &str) -> (f64, f64) {
    let program = std::env::current_exe().expect("the path of this program");
    let counts = std::env::temp_dir().join(format!("waterspout-{}", std::process::id()));
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=*::measured", "--dump-after=*::measured"])
        .arg(format!("--callgrind-out-file={}", counts.display()))
        .arg(program)
        .args(["--run", name])
        .output()
        .expect("valgrind, which `./test` installs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {told}");
    let collected = ["1", "2"].map(|run| summary(&counts.with_extension(run)));
    let _ = std::fs::remove_file(counts);
    (collected[0], collected[1])
}

/// The count in a file that callgrind wrote, which is then of no more use.
fn summary(file: &Path) -> f64 {
    let counts = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let _ = std::fs::remove_file(file);
    let summary = counts.lines().find_map(|line| line.strip_prefix("summary: ")).expect("a count");
    summary.trim().parse().expect("a number of instructions")
}
