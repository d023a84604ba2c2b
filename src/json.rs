//! A JSON value, as a flag answers it: objects keep their order, numbers their spelling.
//!
//! Flags of type JSON hold these. It is our own type so that the hot path sees no parser's types, and so that a value
//! is answered exactly as the file writes it.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};

/// A JSON value.
///
/// ```
/// use waterspout::Json;
///
/// let limits: Json = r#"{ "max": 10, "kinds": ["png"] }"#.parse()?;
/// assert_eq!(limits.get("max").and_then(Json::as_i64), Some(10));
/// assert_eq!(limits.to_string(), r#"{"max":10,"kinds":["png"]}"#);
/// # Ok::<(), waterspout::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, spelt as it was written.
    Number(JsonNumber),
    /// A text.
    Text(Box<str>),
    /// A list of values.
    Array(Box<[Json]>),
    /// Keys and values, in the order of the text. No key stands twice.
    Object(Box<[(Box<str>, Json)]>),
}

/// A JSON number that keeps its spelling: `1.50` stays `1.50`, and 30 digits stay 30 digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonNumber(pub(crate) Box<str>);

impl JsonNumber {
    /// The number as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Json {
    /// The value under `key`, if this is an object that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(name, _)| **name == *key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The values of a list; empty for anything else.
    #[must_use]
    pub fn items(&self) -> &[Json] {
        match self {
            Json::Array(items) => items,
            _ => &[],
        }
    }

    /// The text, if this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Json::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number as an integer, if it is written as one and fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Json::Number(number) => number.0.parse().ok(),
            _ => None,
        }
    }

    /// The number as the nearest double.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Json::Number(number) => number.0.parse().ok(),
            _ => None,
        }
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Json {
        Json::Bool(value)
    }
}

impl From<i64> for Json {
    fn from(value: i64) -> Json {
        Json::Number(JsonNumber(value.to_string().into()))
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Json {
        Json::Text(text.into())
    }
}

/// Prints JSON without blanks.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => f.write_str("null"),
            Json::Bool(value) => write!(f, "{value}"),
            Json::Number(number) => f.write_str(&number.0),
            Json::Text(text) => quote(text, f),
            Json::Array(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if index == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Json::Object(members) => {
                f.write_str("{")?;
                for (index, (key, value)) in members.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { "," })?;
                    quote(key, f)?;
                    write!(f, ":{value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

fn quote(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?)
}

impl Serialize for Json {
    /// Serializes to any format. A number that neither fits an `i64` nor is written as an integer goes as a double.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Null => serializer.serialize_unit(),
            Json::Bool(value) => serializer.serialize_bool(*value),
            Json::Number(_) => match self.as_i64() {
                Some(integer) => serializer.serialize_i64(integer),
                None => serializer.serialize_f64(self.as_f64().unwrap_or(f64::NAN)),
            },
            Json::Text(text) => serializer.serialize_str(text),
            Json::Array(items) => serializer.collect_seq(items.iter()),
            Json::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (key, value) in members {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}
