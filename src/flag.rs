//! A flag as a service's code names it: a constant with a type and a default.

use std::fmt;

use crate::context::AttributeKind;
use crate::key::{self, FlagKey};
use crate::value::{FlagType, Kind};

/// A handle to a flag: its key, its type, and the answer where the file has none.
///
/// ```
/// use waterspout::{Flag, Json};
///
/// const NEW_CHECKOUT: Flag<bool> = Flag::new("new-checkout", false);
/// const RETRIES: Flag<i64> = Flag::new("payment-retry-limit", 3);
/// const ORDERS_DB: Flag<str> = Flag::new("orders-db", "off");
/// const LIMITS: Flag<Json> = Flag::new("upload-limits", &Json::Null);
/// ```
///
/// In a `const`, a bad key fails the build, and so does a default of a wrong type:
///
/// ```compile_fail
/// # use waterspout::Flag;
/// const NEW_CHECKOUT: Flag<bool> = Flag::new("new checkout", false);
/// ```
/// ```compile_fail
/// # use waterspout::Flag;
/// const NEW_CHECKOUT: Flag<bool> = Flag::new("new-checkout", 1);
/// ```
pub struct Flag<T: FlagType + ?Sized> {
    key: FlagKey<'static>,
    default: T::Value<'static>,
}

impl<T: FlagType + ?Sized> Flag<T> {
    /// Names a flag, with the answer a caller gets where the file has no such flag, has it with another type, or
    /// answers null.
    ///
    /// # Panics
    /// If no flag can have this key (at compile time, in a `const`).
    #[must_use]
    pub const fn new(key: &'static str, default: T::Value<'static>) -> Flag<T> {
        assert!(
            key::is_legal(key),
            "a flag's key is 1 to 100 of a-z A-Z 0-9 . _ - : led by a letter or digit"
        );
        Flag { key: FlagKey::of(key), default }
    }

    /// The flag's key in the file.
    #[inline]
    #[must_use]
    pub const fn key(&self) -> FlagKey<'static> {
        self.key
    }

    /// The answer where the file gives none.
    #[inline]
    #[must_use]
    pub const fn default(&self) -> T::Value<'static> {
        self.default
    }
}

impl<T: FlagType + ?Sized> Clone for Flag<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: FlagType + ?Sized> Copy for Flag<T> {}

impl<T: FlagType + ?Sized> fmt::Debug for Flag<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flag({}: {} = {:?})", self.key.as_str(), T::KIND, self.default)
    }
}

/// A flag or an attribute that a service's code counts on, so that a start can check it against the file.
///
/// ```
/// use waterspout::{Attribute, Declared, Flag};
///
/// const NEW_CHECKOUT: Flag<bool> = Flag::new("new-checkout", false);
/// const COUNTRY: Attribute<str> = Attribute::new("country");
/// static ALL: &[&dyn Declared] = &[&NEW_CHECKOUT, &COUNTRY];
/// ```
pub trait Declared: Sync {
    /// What the code counts on.
    fn declaration(&self) -> Declaration;
}

/// What a service's code counts on: a name and a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Declaration {
    /// A flag of this key and type.
    Flag {
        /// The flag's key.
        key: &'static str,
        /// Its type.
        kind: Kind,
    },
    /// An attribute of this name and type.
    Attribute {
        /// The attribute's name.
        name: &'static str,
        /// Its type.
        kind: AttributeKind,
    },
}

impl<T: FlagType + ?Sized> Declared for Flag<T>
where
    T::Value<'static>: Sync,
{
    fn declaration(&self) -> Declaration {
        Declaration::Flag { key: self.key.as_str(), kind: T::KIND }
    }
}
