//! `attributes`: what a context may say, and of which type.

use crate::context::AttributeKind;
use crate::diagnostic::Fault;
use crate::document::{Member, Node};
use crate::flag_set::{AttributeDefinition, AttributeIndex};
use crate::key::NameId;

use super::Resolver;
use super::object::quoted;
use super::similar::did_you_mean;

/// Words that mean something else in a condition or a context.
const RESERVED: [&str; 7] = ["key", "targetingKey", "segment", "all", "any", "not", "now"];

impl Resolver<'_> {
    pub(super) fn attributes(&mut self, node: &Node<'_>) {
        let members = self.members(node, "`attributes`");
        for member in &members {
            let attribute = self.attribute(member);
            self.attributes.push(&member.key, attribute);
        }
        self.tell_collisions("attribute", &members);
    }

    fn attribute(&mut self, member: &Member<'_>) -> Option<AttributeDefinition> {
        let named = self.attribute_name(member);
        let object = self.object(
            &member.value,
            "an attribute",
            &["type", "one_of", "sensitive", "fact", "description"],
        )?;
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
            name: member.key.as_ref().into(),
            id: NameId::of(&member.key),
            kind: kind?,
            one_of: one_of?,
            sensitive: sensitive?,
            fact: fact?,
            description: description?,
        })
    }

    fn attribute_name(&mut self, member: &Member<'_>) -> bool {
        if RESERVED.contains(&&*member.key) {
            let message = format!("an attribute may not be called `{}`", member.key);
            let fault = Fault::new("reserved-name", member.key_span.clone(), message);
            self.fault(fault.label("this word has a meaning of its own").help("choose another name"));
            return false;
        }
        self.name(member, "attribute")
    }

    fn attribute_kind(&mut self, node: &Node<'_>) -> Option<AttributeKind> {
        let written = self.text(node, "`type`")?;
        let kind = AttributeKind::ALL.into_iter().find(|kind| kind.as_str() == written);
        if kind.is_none() {
            let known = AttributeKind::ALL.map(AttributeKind::as_str);
            let message = format!("`{}` is not a type of attribute", super::Shortened(written));
            let fault = Fault::new("unknown-type", node.span(), message);
            let fault = fault.label(format!("not one of {}", quoted(&known)));
            self.fault(fault.maybe_help(did_you_mean(written, known)));
        }
        kind
    }

    fn one_of(&mut self, member: &Member<'_>, kind: Option<AttributeKind>) -> Option<Vec<Box<str>>> {
        if let Some(kind) = kind.filter(|kind| *kind != AttributeKind::Text) {
            let message = format!("`one_of` closes the values of a string, and this is a {kind}");
            let fault = Fault::new("misplaced-one-of", member.key_span.clone(), message);
            self.fault(fault.help("leave `one_of` out, or make the attribute a `string`"));
            return None;
        }
        let items = self.filled_list(&member.value, "`one_of`")?;
        self.each(items, |resolver, item| resolver.text(item, "an entry of `one_of`").map(Into::into))
    }

    /// The attribute of a name that a condition, `of` or `bucket_by` uses, and its definition if it has a right one.
    pub(super) fn attribute_named(
        &mut self,
        written: &str,
        span: std::ops::Range<usize>,
        also: &[&str],
    ) -> Option<AttributeIndex> {
        let found = self.attributes.find(written);
        if found.is_none() {
            let names = self.attributes.names();
            let help = match did_you_mean(written, names.into_iter().chain(also.iter().copied())) {
                Some(question) => question,
                None => "declare it with its type under `attributes`".to_owned(),
            };
            let message = format!("no attribute `{}` is declared", super::Shortened(written));
            self.fault(Fault::new("unknown-attribute", span, message).help(help));
        }
        found.map(AttributeIndex)
    }

    /// The definition of an attribute; `None` if it was told to be wrong.
    pub(super) fn definition(&self, index: AttributeIndex) -> Option<&AttributeDefinition> {
        self.attributes.things.get(index.0)?.as_ref()
    }

    /// `description`, wherever it stands.
    pub(super) fn description(&mut self, object: &super::Object<'_, '_>) -> Option<Option<Box<str>>> {
        match object.get("description") {
            None => Some(None),
            Some(node) => self.text(node, "`description`").map(|text| Some(text.into())),
        }
    }
}
