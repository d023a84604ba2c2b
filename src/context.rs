//! Who is asking: the evaluation context, borrowed on the stack of a request or owned across tasks.
//!
//! A context carries the targeting key, hashed once, and attributes under the ids of their names. Building one does
//! not allocate; [`OwnedContext`] is the form for middleware and for contexts that arrive as JSON.

use std::fmt;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::SystemTime;

use crate::address;
use crate::bucket::Unit;
use crate::flag::{Declaration, Declared};
use crate::json::Json;
use crate::key::{self, NameId};
use crate::key_list::FilterBits;
use crate::mark::Mark;
use crate::time::Time;
use crate::version::Version;

/// The type of an attribute, as a flag file declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttributeKind {
    /// `string`
    Text,
    /// `number`: compared as doubles.
    Number,
    /// `bool`
    Bool,
    /// `version`: SemVer 2.0 precedence.
    Version,
    /// `time`: RFC 3339.
    Time,
    /// `ip`: an address, v4 or v6.
    Ip,
    /// `strings`: a list of texts.
    Texts,
}

impl AttributeKind {
    /// Every kind, in the order of FORMAT.md.
    pub(crate) const ALL: [AttributeKind; 7] = [
        AttributeKind::Text,
        AttributeKind::Number,
        AttributeKind::Bool,
        AttributeKind::Version,
        AttributeKind::Time,
        AttributeKind::Ip,
        AttributeKind::Texts,
    ];

    /// The word a flag file uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            AttributeKind::Text => "string",
            AttributeKind::Number => "number",
            AttributeKind::Bool => "bool",
            AttributeKind::Version => "version",
            AttributeKind::Time => "time",
            AttributeKind::Ip => "ip",
            AttributeKind::Texts => "strings",
        }
    }
}

impl fmt::Display for AttributeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A type that an attribute can have in code: `str`, `f64`, `bool`, [`Version`], [`Time`], [`IpAddr`], `[&str]`. Sealed.
pub trait AttributeType: sealed::Sealed {
    /// The kind of attribute in the file that this type stands for.
    const KIND: AttributeKind;
}

/// What an attribute of type `T` can be given. A wrong type does not compile.
///
/// | attribute | takes |
/// |---|---|
/// | `str` | `&str`, `&String` |
/// | `f64` | `f64`, `f32`, every integer up to 64 bits (as the nearest double) |
/// | `bool` | `bool` |
/// | [`Version`] | `Version`, or `&str`: a text that is no version counts as missing |
/// | [`Time`] | `Time`, [`SystemTime`], or `&str` |
/// | [`IpAddr`] | `IpAddr`, `Ipv4Addr`, `Ipv6Addr`, or `&str` |
/// | `[&str]` | `&[&str]`, `&Vec<&str>`, `&[String]`, `&Vec<String>` |
pub trait IntoAttribute<'a, T: ?Sized>: sealed_into::Sealed<T> {
    #[doc(hidden)]
    fn into_attribute(self) -> ContextValue<'a>;
}

mod sealed_into {
    pub trait Sealed<T: ?Sized> {}
}

macro_rules! attribute_types {
    ($($type:ty: $kind:ident { $($source:ty => |$value:ident| $convert:expr),+ $(,)? })+) => {$(
        impl sealed::Sealed for $type {}
        impl AttributeType for $type {
            const KIND: AttributeKind = AttributeKind::$kind;
        }
        $(
            impl<'a> sealed_into::Sealed<$type> for $source {}
            impl<'a> IntoAttribute<'a, $type> for $source {
                #[inline]
                fn into_attribute(self) -> ContextValue<'a> {
                    let $value = self;
                    $convert
                }
            }
        )+
    )+};
}

attribute_types! {
    str: Text {
        &'a str => |text| ContextValue::Text(text),
        &'a String => |text| ContextValue::Text(text),
    }
    f64: Number {
        f64 => |number| ContextValue::number(number),
        f32 => |number| ContextValue::number(f64::from(number)),
        i8 => |number| ContextValue::Number(f64::from(number)),
        i16 => |number| ContextValue::Number(f64::from(number)),
        i32 => |number| ContextValue::Number(f64::from(number)),
        i64 => |number| ContextValue::Number(number as f64),
        isize => |number| ContextValue::Number(number as f64),
        u8 => |number| ContextValue::Number(f64::from(number)),
        u16 => |number| ContextValue::Number(f64::from(number)),
        u32 => |number| ContextValue::Number(f64::from(number)),
        u64 => |number| ContextValue::Number(number as f64),
        usize => |number| ContextValue::Number(number as f64),
    }
    bool: Bool {
        bool => |value| ContextValue::Bool(value),
    }
    Version<'static>: Version {
        Version<'a> => |version| ContextValue::Version(version),
        &'a str => |text| Version::parse(text).map_or(ContextValue::Missing, ContextValue::Version),
        &'a String => |text| Version::parse(text).map_or(ContextValue::Missing, ContextValue::Version),
    }
    Time: Time {
        Time => |time| ContextValue::Time(time),
        SystemTime => |time| ContextValue::Time(time.into()),
        &'a str => |text| Time::parse(text).map_or(ContextValue::Missing, ContextValue::Time),
        &'a String => |text| Time::parse(text).map_or(ContextValue::Missing, ContextValue::Time),
    }
    IpAddr: Ip {
        IpAddr => |address| ContextValue::Ip(address.to_canonical()),
        Ipv4Addr => |address| ContextValue::Ip(address.into()),
        Ipv6Addr => |address| ContextValue::Ip(IpAddr::V6(address).to_canonical()),
        &'a str => |text| address::parse_address(text).map_or(ContextValue::Missing, ContextValue::Ip),
        &'a String => |text| address::parse_address(text).map_or(ContextValue::Missing, ContextValue::Ip),
    }
    [&'static str]: Texts {
        &'a [&'a str] => |texts| ContextValue::Texts(Texts::Borrowed(texts)),
        &'a Vec<&'a str> => |texts| ContextValue::Texts(Texts::Borrowed(texts)),
        &'a [String] => |texts| ContextValue::Texts(Texts::Owned(texts)),
        &'a Vec<String> => |texts| ContextValue::Texts(Texts::Owned(texts)),
    }
}

/// A handle to an attribute: its name and type, a constant in the service's code.
///
/// ```
/// use waterspout::{Attribute, Context, Version};
///
/// const COUNTRY: Attribute<str> = Attribute::new("country");
/// const APP_VERSION: Attribute<Version> = Attribute::new("app_version");
///
/// let header: Option<&str> = Some("2.3.1");
/// let attributes = [COUNTRY.of("DE"), APP_VERSION.maybe(header)];
/// let context = Context::new("user-42", &attributes);
/// # assert_eq!(context.targeting_key(), Some("user-42"));
/// ```
///
/// In a `const`, a name that no attribute can have fails the build:
///
/// ```compile_fail
/// # use waterspout::Attribute;
/// const COUNTRY: Attribute<str> = Attribute::new("the country");
/// ```
///
/// So does a value of a wrong type:
///
/// ```compile_fail
/// # use waterspout::Attribute;
/// const COUNTRY: Attribute<str> = Attribute::new("country");
/// let attributes = [COUNTRY.of(49)];
/// ```
pub struct Attribute<T: AttributeType + ?Sized> {
    name: &'static str,
    id: NameId,
    type_: PhantomData<fn(&T)>,
}

impl<T: AttributeType + ?Sized> Attribute<T> {
    /// Names an attribute.
    ///
    /// # Panics
    /// If no attribute can have this name (at compile time, in a `const`).
    #[must_use]
    pub const fn new(name: &'static str) -> Attribute<T> {
        assert!(
            key::is_legal(name),
            "an attribute's name is 1 to 100 of a-z A-Z 0-9 . _ - : led by a letter or digit"
        );
        Attribute { name, id: NameId::of(name), type_: PhantomData }
    }

    /// The attribute's name in the flag file.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The attribute with a value.
    #[inline]
    pub fn of<'a>(&self, value: impl IntoAttribute<'a, T>) -> AttributeValue<'a> {
        AttributeValue::new(self.id, self.name, value.into_attribute())
    }

    /// The attribute with a value, or missing.
    #[inline]
    pub fn maybe<'a>(&self, value: Option<impl IntoAttribute<'a, T>>) -> AttributeValue<'a> {
        let value = value.map_or(ContextValue::Missing, IntoAttribute::into_attribute);
        AttributeValue::new(self.id, self.name, value)
    }
}

impl<T: AttributeType + ?Sized> Clone for Attribute<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: AttributeType + ?Sized> Copy for Attribute<T> {}

impl<T: AttributeType + ?Sized> fmt::Debug for Attribute<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attribute({}: {})", self.name, T::KIND)
    }
}

impl<T: AttributeType + ?Sized> Declared for Attribute<T> {
    fn declaration(&self) -> Declaration {
        Declaration::Attribute { name: self.name, kind: T::KIND }
    }
}

/// One attribute of one context. Made by [`Attribute::of`] and [`Attribute::maybe`].
#[derive(Clone, Copy, Debug)]
pub struct AttributeValue<'a> {
    pub(crate) id: NameId,
    pub(crate) mark: Mark,
    pub(crate) name: &'a str,
    pub(crate) value: ContextValue<'a>,
}

impl<'a> AttributeValue<'a> {
    #[inline]
    fn new(id: NameId, name: &'a str, value: ContextValue<'a>) -> AttributeValue<'a> {
        AttributeValue { id, mark: value.mark(), name, value }
    }
}

/// A value in a context. Nothing is converted when it is read, but for text that a file declares as something finer.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum ContextValue<'a> {
    /// Given as missing, or as something that no attribute can be.
    Missing,
    Text(&'a str),
    /// Finite.
    Number(f64),
    Bool(bool),
    Version(Version<'a>),
    Time(Time),
    /// In its one form: never v4-mapped.
    Ip(IpAddr),
    Texts(Texts<'a>),
}

impl ContextValue<'_> {
    /// NaN and the infinities are no JSON numbers, so they count as missing.
    #[inline]
    fn number(number: f64) -> ContextValue<'static> {
        if number.is_finite() { ContextValue::Number(number) } else { ContextValue::Missing }
    }
}

impl<'a> ContextValue<'a> {
    #[inline]
    fn mark(&self) -> Mark {
        match self {
            ContextValue::Missing => Mark::MISSING,
            ContextValue::Text(text) => Mark::of_text(text),
            ContextValue::Number(number) => Mark::of_number(*number),
            ContextValue::Bool(value) => Mark::of_bool(*value),
            ContextValue::Version(version) => Mark::of_version(version.packed()),
            ContextValue::Ip(IpAddr::V4(address)) => Mark::of_v4(*address),
            ContextValue::Time(_) | ContextValue::Ip(IpAddr::V6(_)) | ContextValue::Texts(_) => Mark::OTHER,
        }
    }

    /// The value as an attribute of this kind has it; `None` if it counts as missing there.
    ///
    /// Nothing is converted but text, which JSON has for versions, times and addresses too.
    #[inline]
    pub(crate) fn text(&self) -> Option<&'a str> {
        match self {
            ContextValue::Text(text) => Some(text),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn as_number(&self) -> Option<f64> {
        match self {
            ContextValue::Number(number) => Some(*number),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn bool(&self) -> Option<bool> {
        match self {
            ContextValue::Bool(value) => Some(*value),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn version(&self) -> Option<Version<'a>> {
        match self {
            ContextValue::Version(version) => Some(*version),
            ContextValue::Text(text) => Version::parse(text),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn time(&self) -> Option<Time> {
        match self {
            ContextValue::Time(time) => Some(*time),
            ContextValue::Text(text) => Time::parse(text),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn ip(&self) -> Option<IpAddr> {
        match self {
            ContextValue::Ip(address) => Some(*address),
            ContextValue::Text(text) => address::parse_address(text),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn texts(&self) -> Option<Texts<'a>> {
        match self {
            ContextValue::Texts(texts) => Some(*texts),
            _ => None,
        }
    }

    /// Whether an attribute of this kind has a value with it.
    pub(crate) fn is_of(&self, kind: AttributeKind) -> bool {
        match kind {
            AttributeKind::Text => self.text().is_some(),
            AttributeKind::Number => self.as_number().is_some(),
            AttributeKind::Bool => self.bool().is_some(),
            AttributeKind::Version => self.version().is_some(),
            AttributeKind::Time => self.time().is_some(),
            AttributeKind::Ip => self.ip().is_some(),
            AttributeKind::Texts => self.texts().is_some(),
        }
    }
}

/// A list of texts, however the caller holds it.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Texts<'a> {
    Borrowed(&'a [&'a str]),
    Owned(&'a [String]),
}

impl<'a> Texts<'a> {
    pub(crate) fn contains(self, text: &str) -> bool {
        match self {
            Texts::Borrowed(texts) => texts.contains(&text),
            Texts::Owned(texts) => texts.iter().any(|owned| owned == text),
        }
    }

    pub(crate) fn to_vec(self) -> Vec<String> {
        match self {
            Texts::Borrowed(texts) => texts.iter().map(|text| (*text).to_owned()).collect(),
            Texts::Owned(texts) => texts.to_vec(),
        }
    }
}

/// Who is asking: a targeting key and attributes, borrowed from the caller.
///
/// Build it once per request: the targeting key is hashed here, and never again. Of an attribute given twice the
/// first counts. Does not allocate.
///
/// ```
/// use waterspout::{Attribute, Context};
///
/// const COUNTRY: Attribute<str> = Attribute::new("country");
///
/// let attributes = [COUNTRY.of("DE")];                    // a `let` of its own: the context borrows it
/// let signed_in = Context::new("user-42", &attributes);
/// let visitor = Context::anonymous(&attributes);
/// # assert_eq!(visitor.targeting_key(), None);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    targeting_key: Option<&'a str>,
    /// The targeting key's hash; that of the empty text where there is none.
    hash: Unit,
    bits: FilterBits,
    /// Whether there is a targeting key that is not empty: a unit.
    named: bool,
    /// Either of these is empty.
    given: &'a [AttributeValue<'a>],
    owned: &'a [OwnedAttribute],
}

impl<'a> Context<'a> {
    /// A context with a targeting key. An empty one is as none.
    #[inline]
    #[must_use]
    pub fn new(targeting_key: &'a str, attributes: &'a [AttributeValue<'a>]) -> Context<'a> {
        let hash = Unit::of_text(targeting_key);
        let bits = FilterBits::of(hash);
        let named = !targeting_key.is_empty();
        Context { targeting_key: Some(targeting_key), hash, bits, named, given: attributes, owned: &[] }
    }

    /// [`Context::new`] without attributes, where the key's hash is known.
    #[inline]
    pub(crate) fn hashed(targeting_key: &'a str, hash: Unit) -> Context<'a> {
        let (bits, named) = (FilterBits::of(hash), !targeting_key.is_empty());
        Context { targeting_key: Some(targeting_key), hash, bits, named, given: &[], owned: &[] }
    }

    /// A context without a targeting key: in no list of keys and in no rollout by key.
    #[inline]
    #[must_use]
    pub const fn anonymous(attributes: &'a [AttributeValue<'a>]) -> Context<'a> {
        let (hash, bits) = (Unit::OF_NOTHING, FilterBits::of(Unit::OF_NOTHING));
        Context { targeting_key: None, hash, bits, named: false, given: attributes, owned: &[] }
    }

    /// The targeting key, as it was given.
    #[inline]
    #[must_use]
    pub const fn targeting_key(&self) -> Option<&'a str> {
        self.targeting_key
    }

    /// The unit to bucket by; none if the key is missing or empty.
    #[inline]
    pub(crate) fn unit(&self) -> Option<Unit> {
        self.named.then_some(self.hash)
    }

    /// The targeting key's hash; that of the empty text where there is none.
    #[inline]
    pub(crate) fn hash(&self) -> Unit {
        self.hash
    }

    /// What lists ask of the hash.
    #[inline]
    pub(crate) fn bits(&self) -> FilterBits {
        self.bits
    }

    /// Whether all attributes are in the caller's array, so that [`Context::mark`] knows them.
    #[inline]
    pub(crate) fn is_borrowed(&self) -> bool {
        self.owned.is_empty()
    }

    /// The mark of the value under a name in the caller's array. A handle's id was computed from its name by the
    /// compiler, and is as good as it.
    #[inline]
    pub(crate) fn mark(&self, id: NameId) -> Mark {
        for given in self.given {
            if given.id == id {
                return given.mark;
            }
        }
        Mark::MISSING
    }

    /// The value under a name. One that came from outside is compared in full.
    pub(crate) fn find(&self, id: NameId, name: &str) -> ContextValue<'a> {
        let same = |owned: &&OwnedAttribute| owned.id == id && *owned.name == *name;
        match self.given.iter().find(|given| given.id == id) {
            Some(given) => given.value,
            None => self.owned.iter().find(same).map_or(ContextValue::Missing, |owned| owned.value.borrow()),
        }
    }

    /// The names of the attributes given, for explanations.
    pub(crate) fn names(&self) -> Vec<&'a str> {
        let given = self.given.iter().map(|given| given.name);
        given.chain(self.owned.iter().map(|owned| &*owned.name)).collect()
    }
}

/// A context that owns what it holds: for middleware, across tasks and `.await`s, and from JSON.
///
/// ```
/// use waterspout::{Attribute, OwnedContext};
///
/// const COUNTRY: Attribute<str> = Attribute::new("country");
///
/// let owned = OwnedContext::new("user-42").with(COUNTRY.of("DE"));
/// let context = owned.borrow();
/// # assert_eq!(context.targeting_key(), Some("user-42"));
/// ```
#[derive(Clone, Debug)]
pub struct OwnedContext {
    targeting_key: Option<Box<str>>,
    hash: Unit,
    attributes: Vec<OwnedAttribute>,
}

impl Default for OwnedContext {
    fn default() -> OwnedContext {
        OwnedContext::anonymous()
    }
}

impl OwnedContext {
    /// A context with a targeting key. An empty one is as none.
    #[must_use]
    pub fn new(targeting_key: impl Into<String>) -> OwnedContext {
        let targeting_key = targeting_key.into().into_boxed_str();
        OwnedContext {
            hash: Unit::of_text(&targeting_key),
            targeting_key: Some(targeting_key),
            attributes: Vec::new(),
        }
    }

    /// A context without a targeting key.
    #[must_use]
    pub fn anonymous() -> OwnedContext {
        OwnedContext { targeting_key: None, hash: Unit::OF_NOTHING, attributes: Vec::new() }
    }

    /// Adds an attribute. Of one given twice, the first counts.
    #[must_use]
    pub fn with(mut self, attribute: AttributeValue<'_>) -> OwnedContext {
        self.attributes.push(attribute.to_owned());
        self
    }

    /// Takes one member of a JSON object. Only called by the reader of JSON contexts.
    pub(crate) fn take_json(&mut self, name: &str, value: OwnedValue) {
        match (name, value) {
            ("targetingKey", OwnedValue::Text(key)) => {
                self.hash = Unit::of_text(&key);
                self.targeting_key = Some(key);
            }
            ("targetingKey", _) => {}
            (name, value) => {
                self.attributes.push(OwnedAttribute { id: NameId::of(name), name: name.into(), value });
            }
        }
    }

    /// The context to evaluate with.
    #[must_use]
    pub fn borrow(&self) -> Context<'_> {
        Context {
            targeting_key: self.targeting_key.as_deref(),
            hash: self.hash,
            bits: FilterBits::of(self.hash),
            named: self.targeting_key.as_deref().is_some_and(|key| !key.is_empty()),
            given: &[],
            owned: &self.attributes,
        }
    }
}

/// An attribute that owns its value. Facts are kept as these too.
#[derive(Clone, Debug)]
pub(crate) struct OwnedAttribute {
    pub(crate) id: NameId,
    pub(crate) name: Box<str>,
    pub(crate) value: OwnedValue,
}

impl AttributeValue<'_> {
    pub(crate) fn to_owned(self) -> OwnedAttribute {
        OwnedAttribute { id: self.id, name: self.name.into(), value: self.value.to_owned() }
    }
}

impl ContextValue<'_> {
    pub(crate) fn to_owned(self) -> OwnedValue {
        match self {
            ContextValue::Missing => OwnedValue::Missing,
            ContextValue::Text(text) => OwnedValue::Text(text.into()),
            ContextValue::Number(number) => OwnedValue::Number(number),
            ContextValue::Bool(value) => OwnedValue::Bool(value),
            ContextValue::Version(version) => OwnedValue::Version(version.packed(), version.as_str().into()),
            ContextValue::Time(time) => OwnedValue::Time(time),
            ContextValue::Ip(address) => OwnedValue::Ip(address),
            ContextValue::Texts(texts) => OwnedValue::Texts(texts.to_vec()),
        }
    }
}

/// [`ContextValue`], owned.
#[derive(Clone, Debug)]
pub(crate) enum OwnedValue {
    Missing,
    Text(Box<str>),
    Number(f64),
    Bool(bool),
    /// What was read, and its text.
    Version(u64, Box<str>),
    Time(Time),
    Ip(IpAddr),
    Texts(Vec<String>),
}

impl OwnedValue {
    /// A JSON value as an attribute could be given it.
    pub(crate) fn of_json(value: &Json) -> OwnedValue {
        match value {
            Json::Text(text) => OwnedValue::Text(text.clone()),
            Json::Bool(value) => OwnedValue::Bool(*value),
            Json::Number(_) => match value.as_f64() {
                Some(number) if number.is_finite() => OwnedValue::Number(number),
                _ => OwnedValue::Missing,
            },
            Json::Array(items) => {
                let texts: Option<Vec<String>> =
                    items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
                texts.map_or(OwnedValue::Missing, OwnedValue::Texts)
            }
            Json::Null | Json::Object(_) => OwnedValue::Missing,
        }
    }

    pub(crate) fn borrow(&self) -> ContextValue<'_> {
        match self {
            OwnedValue::Missing => ContextValue::Missing,
            OwnedValue::Text(text) => ContextValue::Text(text),
            OwnedValue::Number(number) => ContextValue::Number(*number),
            OwnedValue::Bool(value) => ContextValue::Bool(*value),
            OwnedValue::Version(packed, text) => ContextValue::Version(Version::known(*packed, text)),
            OwnedValue::Time(time) => ContextValue::Time(*time),
            OwnedValue::Ip(address) => ContextValue::Ip(*address),
            OwnedValue::Texts(texts) => ContextValue::Texts(Texts::Owned(texts)),
        }
    }
}
