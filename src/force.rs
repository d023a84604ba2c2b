//! Forced answers, for the tests of an application: a snapshot with the answers written into it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::answer::Reason;
use crate::json::Json;
use crate::key::FlagKey;
use crate::live::Live;
use crate::snapshot::{Choice, FlagRow, Rows, Shape, Snapshot, Stored, Subject, Text, VariantRow};
use crate::value::{Kind, Value};

/// Keeps an answer forced until it is dropped. See [`Flags::force`](crate::Flags::force).
pub struct Forced {
    live: Arc<Live>,
    ticket: u64,
}

impl std::fmt::Debug for Forced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Forced({})", self.ticket)
    }
}

/// An answer that is forced for now.
#[derive(Debug)]
pub(crate) struct ForcedAnswer {
    ticket: u64,
    key: FlagKey<'static>,
    value: ForcedValue,
}

#[derive(Clone, Debug)]
enum ForcedValue {
    Bool(bool),
    Integer(i64),
    Number(f64),
    Text(Box<str>),
    Json(Json),
}

impl Forced {
    pub(crate) fn new(live: Arc<Live>, key: FlagKey<'static>, value: Value<'_>) -> Forced {
        static TICKETS: AtomicU64 = AtomicU64::new(0);
        let ticket = TICKETS.fetch_add(1, Ordering::Relaxed);
        let value = match value {
            Value::Bool(value) => ForcedValue::Bool(value),
            Value::Integer(value) => ForcedValue::Integer(value),
            Value::Number(value) => ForcedValue::Number(value),
            Value::Text(text) => ForcedValue::Text(text.into()),
            Value::Json(json) => ForcedValue::Json(json.clone()),
            Value::Null => ForcedValue::Json(Json::Null),
        };
        live.force(|forced| forced.push(ForcedAnswer { ticket, key, value }));
        Forced { live, ticket }
    }
}

impl Drop for Forced {
    fn drop(&mut self) {
        self.live.force(|forced| forced.retain(|answer| answer.ticket != self.ticket));
    }
}

impl Snapshot {
    /// This snapshot with answers written into it, the newest last.
    pub(crate) fn with_forced(&self, forced: &[ForcedAnswer]) -> Snapshot {
        let mut snapshot = self.clone();
        for answer in forced {
            snapshot.write_answer(answer);
        }
        snapshot.index_flags();
        snapshot
    }

    fn write_answer(&mut self, answer: &ForcedAnswer) {
        let (kind, value, json) = self.stored(&answer.value);
        let known = self.flags.iter().position(|row| row.id == answer.key.id);
        let own = known.and_then(|index| self.own_variant(index, &answer.value));
        let variant = own.unwrap_or_else(|| {
            let row = VariantRow { value, name: self.add_text("forced"), json };
            self.variants = self.variants.iter().cloned().chain([row]).collect();
            Choice::of((self.variants.len() - 1) as u32, value)
        });
        let row = FlagRow {
            id: answer.key.id,
            kind,
            settled: Some(kind),
            default: variant,
            default_reason: Reason::Static,
            bucket_by: Subject::KEY,
            beside: u32::MAX,
            rules: Rows::NOWHERE,
            shape: Shape::Settled,
        };
        if let Some(place) = known.and_then(|index| self.flags.get_mut(index)) {
            *place = row;
            return;
        }
        let key = self.add_text(answer.key.as_str());
        self.keys = self.keys.iter().copied().chain([key]).collect();
        self.flags = self.flags.iter().cloned().chain([row]).collect();
    }

    /// The flag's own variant with this value, so that those who require it are satisfied by name.
    fn own_variant(&self, flag: usize, value: &ForcedValue) -> Option<Choice> {
        let rows = *self.flag_variants.get(flag)?;
        let is = |variant: &Choice| match (self.value_of(*variant), value) {
            (Value::Bool(own), ForcedValue::Bool(forced)) => own == *forced,
            (Value::Integer(own), ForcedValue::Integer(forced)) => own == *forced,
            (Value::Number(own), ForcedValue::Number(forced)) => own == *forced,
            (Value::Text(own), ForcedValue::Text(forced)) => *own == **forced,
            (Value::Json(own), ForcedValue::Json(forced)) => own == forced,
            _ => false,
        };
        let choice = |row: u32| self.variants.get(row as usize).map(|variant| Choice::of(row, variant.value));
        (rows.start..rows.end).filter_map(choice).find(is)
    }

    fn stored(&mut self, value: &ForcedValue) -> (Kind, Stored, Text) {
        match value {
            ForcedValue::Bool(value) => (Kind::Bool, Stored::Bool(*value), self.add_text(&value.to_string())),
            ForcedValue::Integer(value) => {
                (Kind::Integer, Stored::Integer(*value), self.add_text(&value.to_string()))
            }
            ForcedValue::Number(value) => {
                (Kind::Number, Stored::Number(*value), self.add_text(&value.to_string()))
            }
            ForcedValue::Text(text) => {
                let json = self.add_text(&Json::Text(text.clone()).to_string());
                (Kind::Text, Stored::Text(self.add_text(text)), json)
            }
            ForcedValue::Json(json) => {
                self.jsons = self.jsons.iter().cloned().chain([json.clone()]).collect();
                (Kind::Json, Stored::Json((self.jsons.len() - 1) as u32), self.add_text(&json.to_string()))
            }
        }
    }

    fn add_text(&mut self, text: &str) -> Text {
        let start = self.operands.text.len();
        self.operands.text.push_str(text);
        Text::at(start, text.len())
    }
}
