//! The same questions to every flag evaluator in Rust: see README.md.

pub mod agreement;
pub mod clock;
pub mod driver;
pub mod engine;
pub mod engines;
pub mod loads;
pub mod readers;
pub mod report;
pub mod rounds;
pub mod workload;
