//! Tables in Markdown, with the ratio to this library in every cell.

use crate::rounds::Time;

/// A table: its head, then its rows.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new<S: Into<String>>(head: impl IntoIterator<Item = S>) -> Table {
        Table { rows: vec![head.into_iter().map(Into::into).collect()] }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub fn print(&self) {
        for (number, row) in self.rows.iter().enumerate() {
            println!("| {} |", row.join(" | "));
            if number == 0 {
                println!("|---|{}", "---:|".repeat(row.len() - 1));
            }
        }
        println!();
    }
}

/// Best and median, and how many times ours the best is: ours by handle, and in brackets by string key.
pub fn timed(time: Time, by_handle: Time, by_key: Time) -> String {
    format!("{} **{}** ({})", plain(time), times(time.min / by_handle.min), times(time.min / by_key.min))
}

/// Best and median, compared with nothing.
pub fn plain(time: Time) -> String {
    format!("{} / {}", nanos(time.min), nanos(time.median))
}

/// How long, and how many times ours that is.
pub fn against(time: f64, ours: f64) -> String {
    format!("{} **{}**", nanos(time), times(time / ours))
}

pub fn times(ratio: f64) -> String {
    match ratio {
        ratio if ratio < 10.0 => format!("{ratio:.1}×"),
        ratio if ratio < 10_000.0 => format!("{ratio:.0}×"),
        ratio if ratio < 1e7 => format!("{:.0}k×", ratio / 1e3),
        ratio => format!("{:.0}M×", ratio / 1e6),
    }
}

pub fn nanos(nanos: f64) -> String {
    let (value, unit) = match nanos {
        nanos if nanos < 1e3 => (nanos, "ns"),
        nanos if nanos < 1e6 => (nanos / 1e3, "µs"),
        nanos if nanos < 1e9 => (nanos / 1e6, "ms"),
        nanos => (nanos / 1e9, "s"),
    };
    format!("{} {unit}", short(value))
}

/// Three digits or so.
pub fn short(value: f64) -> String {
    match value {
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

/// How many, in thousands or millions.
pub fn count(count: f64) -> String {
    match count {
        count if count < 1e3 => short(count),
        count if count < 1e6 => format!("{} k", short(count / 1e3)),
        count => format!("{} M", short(count / 1e6)),
    }
}

pub fn bytes(bytes: f64) -> String {
    let (value, unit) = match bytes {
        bytes if bytes < 1e3 => return format!("{bytes:.0} B"),
        bytes if bytes < 1e6 => (bytes / 1e3, "kB"),
        bytes => (bytes / 1e6, "MB"),
    };
    format!("{} {unit}", short(value))
}
