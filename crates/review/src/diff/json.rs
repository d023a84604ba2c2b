//! The difference as JSON: a contract.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Cell, Difference, FlagDifference, Share, Witness};

impl Difference {
    /// Writes one JSON object:
    ///
    /// ```json
    /// {"answers_change":true,"exact":true,"flags":[{"flag":"…","change":"changed","monotone":true,
    ///   "cells":[{"when":"…","gained":0.15,"lost":0,"switched":0}],
    ///   "witnesses":[{"context":{},"facts":{},"before":{},"after":{}}]}]}
    /// ```
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, &Whole::of(self))?;
        out.write_all(b"\n")
    }
}

#[derive(Serialize)]
pub(crate) struct Whole<'d> {
    answers_change: bool,
    exact: bool,
    flags: Vec<Flag<'d>>,
    now: String,
}

impl<'d> Whole<'d> {
    pub(crate) fn of(difference: &'d Difference) -> Whole<'d> {
        Whole {
            answers_change: difference.answers_change(),
            exact: difference.is_exact(),
            flags: difference.flags.iter().map(Flag::of).collect(),
            now: difference.now.to_string(),
        }
    }
}

#[derive(Serialize)]
struct Flag<'d> {
    flag: &'d str,
    change: &'static str,
    monotone: bool,
    cells: Vec<CellObject<'d>>,
    witnesses: Vec<WitnessObject<'d>>,
    exact: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    independent: &'d [String],
    edits: Vec<&'d str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    broken_by: &'d [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    rename: Option<RenameObject<'d>>,
}

#[derive(Serialize)]
struct RenameObject<'d> {
    other: &'d str,
    keeps_answers: bool,
    keeps_salt: bool,
}

impl<'d> Flag<'d> {
    fn of(flag: &'d FlagDifference) -> Flag<'d> {
        Flag {
            flag: &flag.key,
            change: flag.change.as_str(),
            monotone: flag.monotone,
            cells: flag.cells.iter().map(CellObject::of).collect(),
            witnesses: flag.witnesses.iter().map(WitnessObject::of).collect(),
            exact: flag.exact,
            independent: &flag.independent,
            edits: flag.edits.iter().map(|edit| edit.words.as_str()).collect(),
            broken_by: &flag.broken_by,
            rename: flag.renamed.as_ref().map(|renamed| RenameObject {
                other: &renamed.key,
                keeps_answers: renamed.keeps_answers,
                keeps_salt: renamed.keeps_salt,
            }),
        }
    }
}

#[derive(Serialize)]
struct CellObject<'d> {
    when: String,
    gained: Value,
    lost: Value,
    switched: Value,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    people: BTreeMap<&'static str, &'d [String]>,
}

impl<'d> CellObject<'d> {
    fn of(cell: &'d Cell) -> CellObject<'d> {
        CellObject {
            when: cell.words(),
            gained: number(cell.gained),
            lost: number(cell.lost),
            switched: number(cell.switched),
            people: cell.people.iter().map(|(kind, people)| (kind.as_str(), people.as_slice())).collect(),
        }
    }
}

/// 0 and 1 as whole numbers.
fn number(share: Share) -> Value {
    match share.to_f64() {
        0.0 => Value::from(0),
        1.0 => Value::from(1),
        share => Value::from(share),
    }
}

#[derive(Serialize)]
struct WitnessObject<'d> {
    context: &'d Value,
    facts: &'d Value,
    before: Option<&'d RawValue>,
    after: Option<&'d RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<String>,
}

impl<'d> WitnessObject<'d> {
    fn of(witness: &'d Witness) -> WitnessObject<'d> {
        // Answers stay as they are written: the number 1.50 is not 1.5.
        let raw = |answer: &'d Option<String>| {
            answer.as_deref().and_then(|answer| serde_json::from_str(answer).ok())
        };
        WitnessObject {
            context: &witness.context,
            facts: &witness.facts,
            before: raw(&witness.before),
            after: raw(&witness.after),
            now: witness.at.map(|at| at.to_string()),
        }
    }
}
