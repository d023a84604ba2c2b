//! What a flag answers: five types in a service's code, one enum at the dynamic edge.

use std::fmt;

use crate::json::Json;

/// The type of a flag, fixed by the values of its variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// All variants are `true` or `false`.
    Bool,
    /// All variants are integers: written without `.`, `e` or `E`, within signed 64 bits.
    Integer,
    /// All variants are numbers, not all of them integers.
    Number,
    /// All variants are texts.
    Text,
    /// All variants are objects or arrays.
    Json,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Bool => "bool",
            Kind::Integer => "integer",
            Kind::Number => "number",
            Kind::Text => "text",
            Kind::Json => "JSON",
        })
    }
}

/// A variant's value, borrowed from the snapshot that answered.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'v> {
    /// `null`: a typed call answers its caller's default instead.
    Null,
    /// A bool flag's value.
    Bool(bool),
    /// An integer flag's value.
    Integer(i64),
    /// A number flag's value.
    Number(f64),
    /// A text flag's value.
    Text(&'v str),
    /// A JSON flag's value.
    Json(&'v Json),
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for bool {}
    impl Sealed for i64 {}
    impl Sealed for f64 {}
    impl Sealed for str {}
    impl Sealed for crate::json::Json {}
}

/// A type that a flag can have in code: `bool`, `i64`, `f64`, `str` or [`Json`]. Sealed.
pub trait FlagType: sealed::Sealed {
    /// What a call returns: `bool`, `i64`, `f64`, `&str`, `&Json`.
    type Value<'v>: Copy + fmt::Debug + PartialEq;

    /// The kind of flag in the file that answers with this type.
    const KIND: Kind;

    /// The value as this type; `None` for null and for other types.
    #[doc(hidden)]
    fn read(value: Value<'_>) -> Option<Self::Value<'_>>;

    /// What a switch says, where this type is `bool`; the default of all others.
    #[doc(hidden)]
    fn switched<'v>(on: bool, default: Self::Value<'v>) -> Self::Value<'v>;

    /// The value as the dynamic enum.
    #[doc(hidden)]
    fn write(value: Self::Value<'_>) -> Value<'_>;

    /// A default outlives every view. (An associated type is invariant, so the compiler needs this line.)
    #[doc(hidden)]
    fn shorten<'v>(value: Self::Value<'static>) -> Self::Value<'v>;
}

macro_rules! flag_type {
    ($type:ty, $variant:ident, $value:ty, |$on:pat_param, $default:pat_param| $switched:expr) => {
        impl FlagType for $type {
            type Value<'v> = $value;
            const KIND: Kind = Kind::$variant;

            #[inline]
            fn read(value: Value<'_>) -> Option<Self::Value<'_>> {
                match value {
                    Value::$variant(value) => Some(value),
                    _ => None,
                }
            }

            #[inline]
            fn switched<'v>($on: bool, $default: Self::Value<'v>) -> Self::Value<'v> {
                $switched
            }

            #[inline]
            fn write(value: Self::Value<'_>) -> Value<'_> {
                Value::$variant(value)
            }

            #[inline]
            fn shorten<'v>(value: Self::Value<'static>) -> Self::Value<'v> {
                value
            }
        }
    };
}

flag_type!(bool, Bool, bool, |on, _| on);
flag_type!(i64, Integer, i64, |_, default| default);
flag_type!(f64, Number, f64, |_, default| default);
flag_type!(str, Text, &'v str, |_, default| default);
flag_type!(Json, Json, &'v Json, |_, default| default);
