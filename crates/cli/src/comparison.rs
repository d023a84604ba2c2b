//! How two flag files are compared: as of when, and how far.

use std::time::SystemTime;

use waterspout::Time;
use waterspout_review::diff::Options;

use crate::given;

#[derive(Clone, Debug, clap::Args)]
pub struct Comparison {
    /// The time of the review, instead of now: `2026-12-24` or `2026-12-24T08:00:00Z`
    #[arg(long, value_name = "TIME", value_parser = given::time)]
    now: Option<Time>,

    /// The most cells to look at for one flag; what lies beyond is not exact, and said to be so
    #[arg(long, value_name = "COUNT", default_value_t = Options::CELLS)]
    cells: usize,
}

impl Comparison {
    pub fn options(&self) -> Options {
        Options { now: self.now.unwrap_or_else(|| Time::from(SystemTime::now())), cells: self.cells }
    }
}
