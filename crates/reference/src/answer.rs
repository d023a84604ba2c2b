//! An answer in the words of `waterspout eval`, whoever gave it: the oracle, the library, or an explanation.

use std::fmt;

use waterspout::{Explanation, Value};

/// The parts of an answer, so that two of them can be held against each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The variant; none on an error.
    pub variant: Option<String>,
    /// The value as the file writes it, in JSON without blanks; `null` on an error.
    pub value: String,
    /// Why: `TARGETING_MATCH`.
    pub reason: String,
    /// The rule that decided, from 0.
    pub rule: Option<usize>,
    /// Its name.
    pub name: Option<String>,
    /// What was wrong with the question.
    pub error: Option<String>,
}

impl Answer {
    /// The answer where the file has no such flag.
    #[must_use]
    pub fn flag_not_found() -> Answer {
        Answer {
            variant: None,
            value: "null".to_owned(),
            reason: "ERROR".to_owned(),
            rule: None,
            name: None,
            error: Some("FLAG_NOT_FOUND".to_owned()),
        }
    }
}

impl From<&waterspout::Answer<'_, Value<'_>>> for Answer {
    fn from(answer: &waterspout::Answer<'_, Value<'_>>) -> Answer {
        Answer {
            variant: answer.variant.map(str::to_owned),
            value: answer.json.to_owned(),
            reason: answer.reason.to_string(),
            rule: answer.rule.map(|rule| rule.index),
            name: answer.rule.and_then(|rule| rule.name).map(str::to_owned),
            error: answer.error.map(|error| error.to_string()),
        }
    }
}

impl From<&Explanation> for Answer {
    fn from(explanation: &Explanation) -> Answer {
        Answer {
            variant: explanation.variant.clone(),
            value: explanation.value.clone(),
            reason: explanation.reason.to_string(),
            rule: explanation.rule,
            name: explanation.name.clone(),
            error: explanation.error.map(|error| error.to_string()),
        }
    }
}

/// Prints one line: ``on = true, TARGETING_MATCH by rule 1 `staff` ``.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variant = self.variant.as_deref().unwrap_or("no variant");
        write!(f, "{variant} = {}, {}", self.value, self.reason)?;
        if let Some(rule) = self.rule {
            write!(f, " by rule {rule}")?;
        }
        if let Some(name) = &self.name {
            write!(f, " `{name}`")?;
        }
        if let Some(error) = &self.error {
            write!(f, " ({error})")?;
        }
        Ok(())
    }
}
