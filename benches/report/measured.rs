//! Reads what the other benches left in the target directory.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;

/// Everything that was measured.
pub struct Measured {
    /// Of the sources, when it was measured.
    pub commit: String,
    pub counts: Vec<Count>,
    times: Vec<(String, Time)>,
    /// How long single checks took: name, and three percentiles.
    pub waits: Vec<Vec<String>>,
    /// Two threads at once: name, one, two, the ratio, and how many bursts of each.
    pub together: Vec<Vec<String>>,
}

/// A row of the table of instructions, as printed.
pub struct Count {
    pub name: String,
    pub count: String,
    pub gate: String,
}

/// Nanoseconds of one check.
pub struct Time {
    pub fastest: f64,
    pub middle: f64,
}

impl Measured {
    pub fn read() -> Measured {
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
        let table = text(&target.join("bench/instructions.md"));
        let rows = |name: &str| -> Vec<Vec<String>> {
            let table = text(&target.join("bench").join(name));
            table.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
        };
        Measured {
            commit: text(&target.join("bench/commit")).trim().to_owned(),
            counts: table.lines().skip(2).filter_map(count).collect(),
            times: times(&target.join("criterion/waterspout")),
            waits: rows("waits.tsv"),
            together: rows("together.tsv"),
        }
    }

    pub fn count(&self, name: &str) -> Option<f64> {
        let row = self.counts.iter().find(|row| row.name == name)?;
        row.count.split(' ').next()?.parse().ok()
    }

    pub fn time(&self, name: &str) -> Option<&Time> {
        self.times.iter().find(|(known, _)| known == name).map(|(_, time)| time)
    }
}

fn text(file: &Path) -> String {
    fs::read_to_string(file)
        .unwrap_or_else(|error| panic!("{}: {error}; `benches/run` makes it", file.display()))
}

fn count(line: &str) -> Option<Count> {
    let mut cells = line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned());
    Some(Count { name: cells.next()?, count: cells.next()?, gate: cells.next()? })
}

/// The samples of each benchmark of criterion's.
fn times(folder: &Path) -> Vec<(String, Time)> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.filter_map(|entry| time(&entry.ok()?.path().join("new"))).collect()
}

fn time(folder: &Path) -> Option<(String, Time)> {
    let read =
        |name| fs::read(folder.join(name)).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
    let (about, sample) = (read("benchmark.json")?, read("sample.json")?);
    let numbers =
        |name: &str| -> Option<Vec<f64>> { sample[name].as_array()?.iter().map(Value::as_f64).collect() };
    let checks = about["throughput"]["Elements"].as_f64()?;
    let mut each: Vec<f64> = numbers("times")?
        .iter()
        .zip(numbers("iters")?)
        .map(|(time, passes)| time / passes / checks)
        .collect();
    each.sort_by(f64::total_cmp);
    let time = Time { fastest: *each.first()?, middle: *each.get(each.len() / 2)? };
    Some((about["function_id"].as_str()?.to_owned(), time))
}
