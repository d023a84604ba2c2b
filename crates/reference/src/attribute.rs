//! What an attribute is worth in one question: its value as the type that the file declares, or nothing.

use std::net::IpAddr;

use waterspout::AttributeKind;
use waterspout::flag_set::{AttributeDefinition, AttributeIndex};

use crate::Asked;
use crate::address;
use crate::context::Value;
use crate::time::{self, Instant};
use crate::version::{self, Version};

/// A value of a declared type.
#[derive(Clone, Debug)]
pub(crate) enum Known {
    Text(String),
    Number(f64),
    Bool(bool),
    Version(Version),
    Time(Instant),
    Address(IpAddr),
    Texts(Vec<String>),
}

impl Asked<'_> {
    pub(crate) fn definition(&self, index: AttributeIndex) -> &AttributeDefinition {
        &self.set.attributes()[index.get()]
    }

    /// The value of an attribute; none if it is missing or counts as missing.
    ///
    /// A fact is what the service said when it started, whatever a context says of it.
    pub(crate) fn value(&self, index: AttributeIndex) -> Option<Known> {
        let definition = self.definition(index);
        let given = if definition.is_fact() { self.facts } else { self.context };
        let value = given.values.get(definition.name());
        let known = value.and_then(|value| read(definition, value));
        let outcome = match (value, &known) {
            (None, _) => "missing",
            (Some(_), None) => "counts as missing",
            (Some(_), Some(_)) => "known",
        };
        let whose = if definition.is_fact() { "fact" } else { "attribute" };
        self.seen.note(whose, definition.kind().as_str(), outcome);
        known
    }
}

/// Nothing is converted: a value of another JSON type counts as missing, and so does a text that is no version, no time
/// or no address.
fn read(definition: &AttributeDefinition, value: &Value) -> Option<Known> {
    match (definition.kind(), value) {
        (AttributeKind::Text, Value::Text(text)) => {
            let allowed = match definition.one_of() {
                None => true,
                Some(one_of) => one_of.iter().any(|one| **one == **text),
            };
            if allowed { Some(Known::Text(text.clone())) } else { None }
        }
        (AttributeKind::Number, Value::Number(number)) => Some(Known::Number(*number)),
        (AttributeKind::Bool, Value::Bool(value)) => Some(Known::Bool(*value)),
        (AttributeKind::Version, Value::Text(text)) => version::read(text).map(Known::Version),
        (AttributeKind::Time, Value::Text(text)) => time::read(text).map(Known::Time),
        (AttributeKind::Ip, Value::Text(text)) => address::read(text).map(Known::Address),
        (AttributeKind::Texts, Value::Texts(texts)) => Some(Known::Texts(texts.clone())),
        _ => None,
    }
}
