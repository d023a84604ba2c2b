//! The difference as JSON: a contract.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Cell, Difference, FlagDifference, Witness};

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
        let flags: Vec<Value> = self.flags.iter().map(flag).collect();
        let whole = json!({
            "answers_change": self.answers_change(),
            "exact": self.is_exact(),
            "now": self.now.to_string(),
            "flags": flags,
        });
        serde_json::to_writer(&mut *out, &whole)?;
        out.write_all(b"\n")
    }
}

fn flag(flag: &FlagDifference) -> Value {
    json!({
        "flag": flag.key,
        "change": flag.change.as_str(),
        "monotone": flag.monotone,
        "exact": flag.exact,
        "independent": flag.independent,
        "cells": flag.cells.iter().map(cell).collect::<Vec<_>>(),
        "witnesses": flag.witnesses.iter().map(witness).collect::<Vec<_>>(),
    })
}

fn cell(cell: &Cell) -> Value {
    let when = match cell.from {
        Some(from) => format!("from {from} on: {}", cell.when),
        None => cell.when.clone(),
    };
    let mut value = json!({
        "when": when,
        "gained": number(cell.gained.to_f64()),
        "lost": number(cell.lost.to_f64()),
        "switched": number(cell.switched.to_f64()),
    });
    if !cell.people.is_empty() {
        let people: serde_json::Map<String, Value> =
            cell.people.iter().map(|(kind, people)| (kind.as_str().to_owned(), json!(people))).collect();
        value["people"] = Value::Object(people);
    }
    value
}

/// 0 and 1 as whole numbers.
fn number(share: f64) -> Value {
    if share == 0.0 || share == 1.0 { Value::from(share as u8) } else { Value::from(share) }
}

fn witness(witness: &Witness) -> Value {
    let answer = |answer: &Option<String>| {
        answer.as_deref().and_then(|answer| serde_json::from_str::<Value>(answer).ok()).unwrap_or(Value::Null)
    };
    let mut value = json!({
        "context": witness.context,
        "facts": witness.facts,
        "before": answer(&witness.before),
        "after": answer(&witness.after),
    });
    if let Some(at) = witness.at {
        value["now"] = Value::from(at.to_string());
    }
    value
}
