//! `attributes`: what a context may say, and of which type.

use crate::context::AttributeKind;
use crate::diagnostic::Fault;
use crate::document::{Member, Node};
use crate::flag_set::{AttributeDefinition, AttributeIndex};
use crate::key::NameId;

use super::object::{Known, not_one_of};
use super::similar::did_you_mean;
use super::{Quoted, Resolver, hints, words};

static KEYS: Known = Known::of(&["type", "one_of", "sensitive", "fact", "description"]);

/// Words that mean something else in a condition or a context.
const RESERVED: [&str; 7] = ["key", "targetingKey", "segment", "all", "any", "not", "now"];

impl<'l> Resolver<'l> {
    pub(super) fn attributes(&mut self, node: Node<'l>) {
        let members = self.members(node, "`attributes`");
        for member in &members {
            let attribute = self.attribute(*member);
            self.attributes.push(member.key, NameId::of(member.key), attribute);
        }
        self.tell_collisions("attribute", &self.attributes.ids.clone(), &members);
    }

    fn attribute(&mut self, member: Member<'_>) -> Option<AttributeDefinition> {
        let named = self.attribute_name(member);
        let object = self.object(member.value, "an attribute", &KEYS)?;
        let kind = self.required(&object, "type").and_then(|node| self.attribute_kind(node));
        let one_of = match object.member("one_of") {
            None => Some(None),
            Some(one_of) => self.one_of(one_of, kind).map(Some),
        };
        let sensitive = object.get("sensitive").map_or(Some(false), |node| self.bool(node, "`sensitive`"));
        let fact = object.get("fact").map_or(Some(false), |node| self.bool(node, "`fact`"));
        let description = self.description(&object);
        named.then_some(())?;
        Some(AttributeDefinition {
            name: member.key.into(),
            id: NameId::of(member.key),
            kind: kind?,
            one_of: one_of?,
            sensitive: sensitive?,
            fact: fact?,
            description: description?,
        })
    }

    fn attribute_name(&mut self, member: Member<'_>) -> bool {
        if RESERVED.contains(&member.key) {
            let message = format!("an attribute may not be called `{}`", member.key);
            let fault = Fault::new("reserved-name", member.key_span(), message);
            self.fault(fault.label("this word has a meaning of its own").help(hints::reserved(member.key)));
            return false;
        }
        self.name(member, "an attribute")
    }

    fn attribute_kind(&mut self, node: Node<'_>) -> Option<AttributeKind> {
        let written = self.text(node, "`type`")?;
        let kind = AttributeKind::ALL.into_iter().find(|kind| kind.as_str() == written);
        if kind.is_none() {
            let known = AttributeKind::ALL.map(AttributeKind::as_str);
            let message = format!("{} is not a type of attribute", Quoted(written));
            let fault = Fault::new("unknown-type", node.span(), message);
            self.fault(not_one_of(fault, &known, words::attribute_type(written, &known)));
        }
        kind
    }

    fn one_of(&mut self, member: Member<'_>, kind: Option<AttributeKind>) -> Option<Vec<Box<str>>> {
        if let Some(kind) = kind.filter(|kind| *kind != AttributeKind::Text) {
            let message = format!("`one_of` is for the type `string`, and this attribute has type `{kind}`");
            let fault = Fault::new("misplaced-one-of", member.key_span(), message);
            self.fault(fault.help("leave `one_of` out, or make the attribute a `string`"));
            return None;
        }
        let items = self.filled_list(member.value, "`one_of`")?;
        self.each(items, |resolver, item| resolver.text(item, "an entry of `one_of`").map(Into::into))
    }

    /// The attribute that `of` or `bucket_by` names.
    pub(super) fn attribute_named(&mut self, node: Node<'_>, written: &str) -> Option<AttributeIndex> {
        let found = self.attributes.find(written);
        if found.is_none() {
            let help = did_you_mean(written, self.attributes.names().into_iter());
            self.unknown_attribute(written, node.span(), help);
        }
        found.map(AttributeIndex)
    }

    pub(super) fn unknown_attribute(
        &mut self,
        written: &str,
        span: std::ops::Range<usize>,
        help: Option<String>,
    ) {
        let message = format!("no attribute {} is declared", Quoted(written));
        let help = help.unwrap_or_else(|| "declare it with its type under `attributes`".to_owned());
        self.fault(Fault::new("unknown-attribute", span, message).help(help));
    }

    /// The definition of an attribute; `None` if it was told to be wrong.
    pub(super) fn definition(&self, index: AttributeIndex) -> Option<&AttributeDefinition> {
        self.attributes.things.get(index.0)?.as_ref()
    }

    /// `description`, wherever it stands.
    pub(super) fn description(&mut self, object: &super::Object<'_>) -> Option<Option<Box<str>>> {
        match object.get("description") {
            None => Some(None),
            Some(node) => self.text(node, "`description`").map(|text| Some(text.into())),
        }
    }
}
