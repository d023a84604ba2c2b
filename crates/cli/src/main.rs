//! The command line of waterspout. Each command is a file of its own; this one only chooses.

mod check;
mod comparison;
mod completions;
mod diff;
mod eval;
mod exit;
mod explain;
mod fail_on;
mod fmt;
mod git;
mod given;
mod plan;
mod progress;
mod read;
mod render;
mod replace;
mod rule;
mod sides;
mod simulate;
mod watch;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use exit::{Exit, Stop};

/// Feature flags from one reviewed file: check it, ask it, have it explained
#[derive(Debug, Parser)]
#[command(
    name = "waterspout",
    version,
    arg_required_else_help = true,
    after_help = "\
Every command exits with 0 if all is well, 1 if it found something, 2 if it could not run, 3 on a bug of its own.
The result goes to stdout, everything else to stderr. NO_COLOR is respected; `-` is stdin.

Example:
  waterspout check flags.json && waterspout eval flags.json --context '{\"targetingKey\": \"ada\"}'"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Args),
    Fmt(fmt::Args),
    Plan(plan::Args),
    Rule(rule::Args),
    Diff(diff::Args),
    Eval(eval::Args),
    Explain(explain::Args),
    Simulate(simulate::Args),
    Watch(watch::Args),
    Completions(completions::Args),
}

fn main() -> ExitCode {
    exit::guarded(|| match Cli::try_parse() {
        Ok(cli) => run(cli.command),
        Err(error) => {
            // Help and version come this way too. Where nobody reads them, nothing is lost.
            let _ = error.print();
            if error.use_stderr() { Exit::CouldNotRun.into() } else { Exit::Fine.into() }
        }
    })
}

fn run(command: Command) -> ExitCode {
    let ended = match command {
        Command::Check(args) => check::run(&args),
        Command::Fmt(args) => fmt::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Rule(args) => rule::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Simulate(args) => return simulate::run(args),
        Command::Watch(args) => watch::run(args),
        Command::Completions(args) => completions::run(&args, Cli::command()),
    };
    ended.unwrap_or_else(Stop::tell).into()
}
