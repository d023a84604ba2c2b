//! Facts: attributes that are given once, when a service loads (environment, region, host).

use std::fmt;

use crate::context::{AttributeKind, AttributeValue, ContextValue, OwnedAttribute, OwnedValue};
use crate::flag_set::{AttributeDefinition, FlagSet};
use crate::json::Json;
use crate::key::NameId;

/// The facts that a service knows of itself.
///
/// ```
/// use waterspout::{Attribute, Facts, flag_set::FlagSet};
///
/// const ENVIRONMENT: Attribute<str> = Attribute::new("environment");
///
/// let set = FlagSet::parse(
///     r#"{"version": 1, "attributes": {"environment": {"type": "string", "fact": true}}, "flags": {}}"#,
/// )?;
/// assert!(Facts::new().with(ENVIRONMENT.of("production")).check(&set).is_empty());
/// assert_eq!(Facts::new().check(&set)[0].to_string(), "the fact `environment` (a `string`) is not given");
/// # Ok::<(), waterspout::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Facts {
    given: Vec<OwnedAttribute>,
}

impl Facts {
    /// No facts.
    #[must_use]
    pub fn new() -> Facts {
        Facts::default()
    }

    /// Adds a fact. Of one given twice, the first counts.
    #[must_use]
    pub fn with(mut self, fact: AttributeValue<'_>) -> Facts {
        self.given.push(fact.to_owned());
        self
    }

    /// Adds a fact by name, as JSON has it.
    #[must_use]
    pub fn with_json(mut self, name: &str, value: &Json) -> Facts {
        let value = OwnedValue::of_json(value);
        self.given.push(OwnedAttribute { id: NameId::of(name), name: name.into(), value });
        self
    }

    /// What is wrong with these facts for a flag file: those that it declares and that are missing or of another type,
    /// then those that it does not declare.
    #[must_use]
    pub fn check(&self, set: &FlagSet) -> Vec<FactFault> {
        let facts = set.attributes.iter().filter(|attribute| attribute.fact);
        let wrong = facts.filter_map(|attribute| self.fault(attribute));
        let declared = |name: &str| set.attribute(name).is_some_and(AttributeDefinition::is_fact);
        let undeclared = self.given.iter().filter(|given| !declared(&given.name));
        wrong.chain(undeclared.map(|given| FactFault::Undeclared { name: given.name.clone() })).collect()
    }

    fn fault(&self, attribute: &AttributeDefinition) -> Option<FactFault> {
        let name = attribute.name.clone();
        match self.find(attribute) {
            None => Some(FactFault::Absent { name, kind: attribute.kind }),
            Some(value) if !value.borrow().is_of(attribute.kind) => {
                Some(FactFault::Mistyped { name, kind: attribute.kind })
            }
            Some(_) if self.value(attribute).is_none() => {
                let one_of =
                    attribute.one_of.iter().flatten().map(|value| format!("`{value}`")).collect::<Vec<_>>();
                Some(FactFault::NotOneOf { name, one_of: one_of.join(", ").into() })
            }
            Some(_) => None,
        }
    }

    fn find(&self, attribute: &AttributeDefinition) -> Option<&OwnedValue> {
        self.given.iter().find(|given| given.name == attribute.name).map(|given| &given.value)
    }

    /// The value of a fact; `None` if it is absent, of another type, or not one of its values.
    pub(crate) fn value(&self, attribute: &AttributeDefinition) -> Option<ContextValue<'_>> {
        let value = self.find(attribute)?.borrow();
        let within = match (&attribute.one_of, value) {
            (Some(one_of), ContextValue::Text(text)) => one_of.iter().any(|known| **known == *text),
            _ => true,
        };
        (within && value.is_of(attribute.kind)).then_some(value)
    }
}

/// What is wrong with a fact. Prints one line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FactFault {
    /// The file declares it, and it is not given.
    Absent {
        /// Its name.
        name: Box<str>,
        /// The type that the file declares.
        kind: AttributeKind,
    },
    /// It is given with a value that its type cannot have.
    Mistyped {
        /// Its name.
        name: Box<str>,
        /// The type that the file declares.
        kind: AttributeKind,
    },
    /// It is given with a value that its `one_of` does not have.
    NotOneOf {
        /// Its name.
        name: Box<str>,
        /// What it may be, in words.
        one_of: Box<str>,
    },
    /// It is given, and the file declares no such fact.
    Undeclared {
        /// Its name.
        name: Box<str>,
    },
}

impl FactFault {
    /// Whether it keeps a service from starting: all but a fact too many.
    #[must_use]
    pub fn is_error(&self) -> bool {
        !matches!(self, FactFault::Undeclared { .. })
    }
}

impl fmt::Display for FactFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FactFault::Absent { name, kind } => {
                write!(f, "the fact `{name}` ({} `{kind}`) is not given", article(*kind))
            }
            FactFault::Mistyped { name, kind } => {
                write!(f, "the fact `{name}` is given as something other than {} `{kind}`", article(*kind))
            }
            FactFault::NotOneOf { name, one_of } => {
                write!(f, "the fact `{name}` is given as something other than {one_of}")
            }
            FactFault::Undeclared { name } => write!(f, "the flag file declares no fact `{name}`"),
        }
    }
}

fn article(kind: AttributeKind) -> &'static str {
    if kind == AttributeKind::Ip { "an" } else { "a" }
}
