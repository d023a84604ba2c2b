//! From which severity on findings make the exit code 1.

use clap::ValueEnum;
use waterspout::Severity;

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum FailOn {
    /// What makes a service refuse the file, what is over, or what takes something from somebody by accident
    Error,
    /// Also what is accepted, but probably not what was meant
    Warning,
    /// Everything
    Info,
}

impl From<FailOn> for Severity {
    fn from(fail_on: FailOn) -> Severity {
        match fail_on {
            FailOn::Error => Severity::Error,
            FailOn::Warning => Severity::Warning,
            FailOn::Info => Severity::Info,
        }
    }
}
