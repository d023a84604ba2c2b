//! Instructions per check, counted by callgrind: exact on a machine that is busy, so these are gates.
//!
//! ```text
//! cargo bench --bench instructions               the table
//! cargo bench --bench instructions -- --gate     the same, and failure where a gate is passed
//! cargo bench --bench instructions -- rollout    those whose name holds the word
//! ```
//!
//! Each workload runs twice in a process of its own, for more passes and for fewer; the difference is what a pass
//! costs, the loop included, the setting up not. The profile is the one that services get: release as cargo has it.

mod workloads;

use std::process::{Command, ExitCode};

use workloads::{Check, Workload, all};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, name, passes] = &arguments[..] {
        if flag == "--run" {
            run(name, passes.parse().expect("a number of passes"));
            return ExitCode::SUCCESS;
        }
    }
    let gated = arguments.iter().any(|argument| argument == "--gate");
    let word = arguments.iter().find(|argument| !argument.starts_with("--"));
    let mut passed = true;
    println!("| workload | instructions | gate |");
    println!("|---|---:|---:|");
    for workload in all().filter(|workload| word.is_none_or(|word| workload.name.contains(word.as_str()))) {
        let count = instructions(&workload);
        let over = count > workload.gate;
        let mark = if over { " **over**" } else { "" };
        println!("| {} | {count:.1}{mark} | {} |", workload.name, workload.gate);
        passed &= !over;
    }
    if gated && !passed {
        eprintln!("more instructions than the gates allow");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn run(name: &str, passes: u64) {
    let workload = all().find(|workload| workload.name == name).expect("a workload of this name");
    let mut check = (workload.set_up)();
    measured(&mut check, passes);
}

/// Only what happens in here is counted: see [`counted`].
#[inline(never)]
fn measured(check: &mut Check, passes: u64) {
    check(passes);
}

/// What one check costs.
fn instructions(workload: &Workload) -> f64 {
    let (few, many) = (workload.passes, 3 * workload.passes);
    let cost = counted(workload.name, many) - counted(workload.name, few);
    cost / (many - few) as f64 / workload.checks as f64
}

fn counted(name: &str, passes: u64) -> f64 {
    let program = std::env::current_exe().expect("the path of this program");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*::measured"])
        .arg(program)
        .args(["--run", name, &passes.to_string()])
        .output()
        .expect("valgrind, which `./test` installs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {told}");
    let collected = told.lines().find_map(|line| line.split_once("Collected : ")).expect("a count").1;
    collected.trim().parse().expect("a number of instructions")
}
