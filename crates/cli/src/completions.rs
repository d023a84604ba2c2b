//! `waterspout completions`: what a shell needs to complete our commands and options.

use std::io::{self, Write};

use clap_complete::Shell;

use crate::exit::{Exit, Stop};

/// Print completions for a shell
///
/// Prints a script that teaches a shell to complete the commands and options of waterspout.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Exit codes:
  0  printed
  2  an option is wrong
  3  a bug in this program

Examples:
  waterspout completions bash > ~/.local/share/bash-completion/completions/waterspout
  waterspout completions zsh > ~/.zfunc/_waterspout
  waterspout completions fish > ~/.config/fish/completions/waterspout.fish"
)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub fn run(args: &Args, mut command: clap::Command) -> Result<Exit, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "waterspout", &mut script);
    let mut stdout = io::stdout().lock();
    stdout.write_all(&script)?;
    stdout.flush()?;
    Ok(Exit::Fine)
}
