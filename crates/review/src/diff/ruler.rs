//! Where a unit falls on the bucket lines, asked of the library: there is one bucketing formula, and it is the library's.

use std::fmt::Write as _;

use serde_json::Value as Quoted;
use waterspout::flag_set::FlagSet;
use waterspout::{Context, Facts, FlagKey, Snapshot, Time, Value};

use super::lower::{Line, Purpose};

/// A snapshot with one flag for each line, whose answer is the region that the unit is in.
#[derive(Debug)]
pub(crate) struct Ruler {
    snapshot: Option<Snapshot>,
    flags: Vec<String>,
}

impl Ruler {
    pub(crate) fn of(lines: &[Line<'_>], now: Time) -> Ruler {
        let flags: Vec<String> = (0..lines.len()).map(|line| format!("line{line}")).collect();
        let mut text = String::from(r#"{"version":1,"flags":{"#);
        for (line, flag) in lines.iter().zip(&flags) {
            let comma = if text.ends_with('{') { "" } else { "," };
            let _ = write!(text, r#"{comma}"{flag}":{}"#, flag_of(line));
        }
        text.push_str("}}");
        let set = FlagSet::parse(&text).ok();
        Ruler { snapshot: set.map(|set| Snapshot::compile(&set, &Facts::new(), now)), flags }
    }

    /// The region of a line that a unit is in.
    pub(crate) fn place(&self, line: usize, unit: &str) -> usize {
        let flag = self.flags.get(line).and_then(|flag| FlagKey::parse(flag).ok());
        let (Some(snapshot), Some(flag)) = (&self.snapshot, flag) else { return 0 };
        match snapshot.answer_key(flag, &Context::new(unit, &[])).value {
            Value::Integer(region) => usize::try_from(region).unwrap_or(0),
            _ => 0,
        }
    }
}

fn flag_of(line: &Line<'_>) -> String {
    let ends = line.cuts.get(1..).unwrap_or_default();
    let starts = line.cuts.iter();
    let variants: Vec<String> = (0..ends.len()).map(|region| format!(r#""r{region}":{region}"#)).collect();
    let rules: Vec<String> = match line.purpose {
        Purpose::Rollout => ends
            .iter()
            .enumerate()
            .map(|(region, end)| format!(r#"{{"rollout":{},"serve":"r{region}"}}"#, percent(*end)))
            .collect(),
        Purpose::Split => {
            let parts = ends.iter().zip(starts).enumerate();
            let parts: Vec<String> = parts
                .map(|(region, (end, start))| format!(r#"{{"r{region}":{}}}"#, percent(end - start)))
                .collect();
            vec![format!(r#"{{"split":[{}]}}"#, parts.join(","))]
        }
    };
    let salt = Quoted::from(line.salt);
    format!(
        r#"{{"salt":{salt},"variants":{{{}}},"rules":[{}],"default":"r0"}}"#,
        variants.join(","),
        rules.join(",")
    )
}

/// Thousandths of a per cent as a flag file writes them.
fn percent(thousandths: u32) -> String {
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

#[cfg(test)]
mod tests {
    use super::super::dimension::Subject;
    use super::*;

    #[test]
    fn the_vectors_of_the_format_fall_where_it_says() {
        let line = |purpose, cuts: &[u32]| Line {
            purpose,
            salt: "new-checkout",
            unit: Subject::Key,
            cuts: cuts.to_vec(),
        };
        let now = Time::parse("2026-12-01").unwrap();
        let lines = [
            line(Purpose::Rollout, &[0, 32_372, 32_373, 100_000]),
            line(Purpose::Split, &[0, 12_509, 12_510, 100_000]),
        ];
        let ruler = Ruler::of(&lines, now);
        assert_eq!((ruler.place(0, "user-42"), ruler.place(1, "user-42")), (1, 1));
        assert_eq!((ruler.place(0, "ada"), ruler.place(1, "ada")), (2, 2));
        assert_eq!((ruler.place(0, "grace"), ruler.place(1, "grace")), (0, 2));
    }
}
