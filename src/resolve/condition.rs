//! Conditions: what must hold of a context, each operand of the type that its attribute has.

use crate::address::Block;
use crate::context::AttributeKind;
use crate::diagnostic::Fault;
use crate::document::{Member, Members, Node, NodeKind};
use crate::flag_set::{
    AttributeIndex, Comparison, Condition, Kept, NumberTest, Predicate, SegmentIndex, Subject, Test, TextSet,
    TextTest, TextsTest, VersionText,
};
use crate::time::Time;
use crate::version::Version;

use super::object::{MAX_SHOWN, What, in_full, not_one_of};
use super::similar::did_you_mean;
use super::{Quoted, Resolver, Shape, almost, hints, words};

/// What may stand in a condition beside the names of attributes.
const WORDS: [&str; 6] = ["key", "now", "segment", "all", "any", "not"];

const TEXT_TESTS: [&str; 8] =
    ["is", "is_not", "in", "not_in", "starts_with", "ends_with", "contains", "present"];
const NUMBER_TESTS: [&str; 9] =
    ["is", "is_not", "in", "not_in", "at_least", "above", "at_most", "below", "present"];
const VERSION_TESTS: [&str; 7] = ["is", "is_not", "at_least", "above", "at_most", "below", "present"];
const BOOL_TESTS: [&str; 2] = ["is", "present"];
const TIME_TESTS: [&str; 3] = ["since", "before", "present"];
const IP_TESTS: [&str; 2] = ["within", "present"];
const TEXTS_TESTS: [&str; 5] = ["has", "has_any", "has_all", "has_none", "present"];

fn tests_of(kind: AttributeKind) -> &'static [&'static str] {
    match kind {
        AttributeKind::Text => &TEXT_TESTS,
        AttributeKind::Number => &NUMBER_TESTS,
        AttributeKind::Version => &VERSION_TESTS,
        AttributeKind::Bool => &BOOL_TESTS,
        AttributeKind::Time => &TIME_TESTS,
        AttributeKind::Ip => &IP_TESTS,
        AttributeKind::Texts => &TEXTS_TESTS,
    }
}

impl Resolver<'_> {
    /// A condition; its size is added to `shape`.
    pub(super) fn condition(
        &mut self,
        node: Node<'_>,
        what: What<'_>,
        shape: &mut Shape,
    ) -> Option<Condition> {
        let NodeKind::Object(members) = node.kind() else {
            self.wrong_type(node, what, "a condition");
            return None;
        };
        if members.is_empty() {
            self.empty(node, what);
            return None;
        }
        self.all_of(members, |resolver, member| resolver.entry(member, shape))
    }

    /// What an object of conditions comes to: most have one, which stands for itself.
    fn all_of<'n>(
        &mut self,
        members: Members<'n>,
        mut read: impl FnMut(&mut Self, Member<'n>) -> Option<Condition>,
    ) -> Option<Condition> {
        let count = members.len();
        let mut all = members.iter();
        if count == 1 {
            return read(self, all.next()?);
        }
        in_full(count, all.map(|member| read(self, member))).map(Condition::All)
    }

    fn entry(&mut self, member: Member<'_>, shape: &mut Shape) -> Option<Condition> {
        let node = member.value;
        match member.key {
            "all" => self.conditions(node, "`all`", shape).map(Condition::All),
            "any" => self.conditions(node, "`any`", shape).map(Condition::Any),
            "not" => {
                let mut inner = Shape::default();
                let condition = self.condition(node, What::Key("not"), &mut inner);
                shape.add(inner, 1);
                Some(Condition::Not(Box::new(condition?)))
            }
            "segment" => self.segments_of(node, shape),
            "key" => self.tests(Subject::Key, AttributeKind::Text, "key", node, shape),
            "now" => self.tests(Subject::Now, AttributeKind::Time, "now", node, shape),
            name => {
                let index = self.condition_attribute(name, member);
                let kind = index.and_then(|index| self.definition(index)).map(|definition| definition.kind);
                let subject = Subject::Attribute(index?);
                self.tests(subject, kind?, name, node, shape)
            }
        }
    }

    fn condition_attribute(&mut self, name: &str, member: Member<'_>) -> Option<AttributeIndex> {
        if let Some(index) = self.attributes.find(name) {
            return Some(AttributeIndex(index));
        }
        let near = || did_you_mean(name, self.attributes.names().into_iter().chain(WORDS));
        let help = words::condition(name).or_else(|| self.named_otherwise(name)).or_else(near);
        self.unknown_attribute(name, member.key_span(), help);
        None
    }

    /// How a condition names what is no attribute.
    fn named_otherwise(&self, name: &str) -> Option<String> {
        match self.sort_of(name)? {
            "segment" => Some(format!("`{name}` is a segment: write `\"segment\": \"{name}\"`")),
            "flag" => Some(format!("`{name}` is a flag: name it in `requires`, beside `rules`")),
            _ => None,
        }
    }

    /// The conditions of `all` or `any`.
    fn conditions(&mut self, node: Node<'_>, what: &str, shape: &mut Shape) -> Option<Vec<Condition>> {
        let what = What::Called(what);
        let items = self.filled_list(node, what)?;
        self.each(items, |resolver, item| {
            let mut inner = Shape::default();
            let condition = resolver.condition(item, What::EntryOf(&what), &mut inner);
            shape.add(inner, 1);
            condition
        })
    }

    /// `segment`: one name, or several of which one is enough.
    fn segments_of(&mut self, node: Node<'_>, shape: &mut Shape) -> Option<Condition> {
        if !node.kind().is_list() {
            return self.segment_named(node, 0, shape).map(Condition::Segment);
        }
        let items = self.filled_list(node, "`segment`")?;
        let segments = self.each(items, |resolver, item| resolver.segment_named(item, 1, shape))?;
        Some(Condition::Any(segments.into_iter().map(Condition::Segment).collect()))
    }

    fn segment_named(&mut self, node: Node<'_>, depth: usize, shape: &mut Shape) -> Option<SegmentIndex> {
        let NodeKind::Text(written) = node.kind() else {
            self.wrong_type(node, "`segment`", "the name of a segment, or a list of names");
            return None;
        };
        let Some(index) = self.segments.find(written) else {
            self.unknown_segment(written, node);
            return None;
        };
        shape.segments.push((index, depth));
        Some(SegmentIndex(index))
    }

    fn unknown_segment(&mut self, written: &str, node: Node<'_>) {
        let message = format!("no segment {} is defined", Quoted(written));
        let fault = Fault::new("unknown-segment", node.span(), message);
        let names = self.segments.names();
        let help = match self.sort_of(written) {
            Some("attribute") => {
                Some(format!("`{written}` is an attribute: test it, `\"{written}\": {{...}}`"))
            }
            Some("flag") => Some(format!("`{written}` is a flag: name it in `requires`, beside `rules`")),
            _ => did_you_mean(written, names.iter().copied()),
        };
        let fault = not_one_of(fault, &names, help);
        self.fault(fault);
    }

    /// The tests of one attribute, all of which must hold.
    fn tests(
        &mut self,
        subject: Subject,
        kind: AttributeKind,
        name: &str,
        node: Node<'_>,
        shape: &mut Shape,
    ) -> Option<Condition> {
        let NodeKind::Object(members) = node.kind() else {
            let example = tests_of(kind).first().unwrap_or(&"is");
            let help = hints::tests(node, kind).unwrap_or_else(|| format!("write `{{\"{example}\": ...}}`"));
            self.wrong_shape(node, What::Key(name), "an object of tests", Some(help));
            return None;
        };
        if members.is_empty() {
            self.empty(node, &*format!("the test of `{name}`"));
            return None;
        }
        shape.tests += members.len() as u64;
        self.all_of(members, |resolver, member| {
            let predicate = resolver.predicate(subject, kind, name, member)?;
            Some(Condition::Test(Test { subject, predicate }))
        })
    }

    fn predicate(
        &mut self,
        subject: Subject,
        kind: AttributeKind,
        name: &str,
        member: Member<'_>,
    ) -> Option<Predicate> {
        let known = tests_of(kind);
        let test = member.key;
        if !known.contains(&test) {
            let message = match subject {
                Subject::Key => format!("{} is not a test of the targeting key", Quoted(test)),
                _ => format!("{} is not a test of `{name}`, which has type `{kind}`", Quoted(test)),
            };
            let fault = Fault::new("unknown-test", member.key_span(), message);
            self.fault(not_one_of(fault, known, words::test(test, name, kind, known)));
            return None;
        }
        let node = member.value;
        let what = What::Key(test);
        if test == "present" {
            return self.bool(node, what).map(Predicate::Present);
        }
        match kind {
            AttributeKind::Text => self.text_test(subject, test, node, what).map(Predicate::Text),
            AttributeKind::Number => self.number_test(test, node, what).map(Predicate::Number),
            AttributeKind::Version => {
                let version = self.version_operand(node, what)?;
                Some(Predicate::Version(comparison(test)?, version))
            }
            AttributeKind::Bool => self.bool(node, what).map(Predicate::Bool),
            AttributeKind::Time => self.time_test(subject, test, node, what),
            AttributeKind::Ip => {
                let items = self.filled_list(node, what)?;
                self.each(items, |resolver, item| resolver.block(item)).map(Predicate::Within)
            }
            AttributeKind::Texts => self.texts_test(test, node, what).map(Predicate::Texts),
        }
    }

    fn text_test(
        &mut self,
        subject: Subject,
        test: &str,
        node: Node<'_>,
        what: What<'_>,
    ) -> Option<TextTest> {
        Some(match test {
            "is" => TextTest::Is(self.closed_text(subject, node, what)?.into()),
            "is_not" => TextTest::IsNot(self.closed_text(subject, node, what)?.into()),
            "in" => TextTest::In(self.closed_texts(subject, node, what)?),
            "not_in" => TextTest::NotIn(self.closed_texts(subject, node, what)?),
            "starts_with" => TextTest::StartsWith(self.parts(node, what)?),
            "ends_with" => TextTest::EndsWith(self.parts(node, what)?),
            "contains" => TextTest::Contains(self.parts(node, what)?),
            _ => return None,
        })
    }

    /// A text that must be one of the attribute's own, where the file closes them.
    fn closed_text<'n>(&mut self, subject: Subject, node: Node<'n>, what: What<'_>) -> Option<&'n str> {
        let text = self.text(node, what)?;
        let Subject::Attribute(index) = subject else { return Some(text) };
        let definition = self.definition(index)?;
        let Some(one_of) = &definition.one_of else { return Some(text) };
        if one_of.iter().any(|known| **known == *text) {
            return Some(text);
        }
        let message = format!("{} is not one of the values of `{}`", Quoted(text), definition.name);
        let known: Vec<&str> = one_of.iter().take(MAX_SHOWN).map(|known| &**known).collect();
        let help = did_you_mean(text, known.iter().copied());
        let fault = not_one_of(Fault::new("not-one-of", node.span(), message), &known, help);
        self.fault(fault);
        None
    }

    fn closed_texts(&mut self, subject: Subject, node: Node<'_>, what: What<'_>) -> Option<TextSet> {
        let items = self.filled_list(node, what)?;
        let entry = What::EntryOf(&what);
        if items.len() <= TextSet::FEW {
            let texts = self.each(items, |resolver, item| resolver.closed_text(subject, item, entry))?;
            return Some(TextSet(Kept::Few(texts.into_iter().map(Into::into).collect())));
        }
        let (list, _) =
            self.list_of(items, usize::MAX, |resolver, item| resolver.closed_text(subject, item, entry))?;
        self.kept(list, node).map(|list| TextSet(Kept::Many(list)))
    }

    /// One text or several, none of them empty: the empty text is part of every text.
    fn parts(&mut self, node: Node<'_>, what: What<'_>) -> Option<Vec<Box<str>>> {
        if !node.kind().is_list() {
            let NodeKind::Text(_) = node.kind() else {
                self.wrong_type(node, what, "a text or a list of texts");
                return None;
            };
            return self.filled_text(node, what).map(|text| vec![text.into()]);
        }
        let items = self.filled_list(node, what)?;
        let entry = What::EntryOf(&what);
        self.each(items, |resolver, item| resolver.filled_text(item, entry).map(Into::into))
    }

    fn number_test(&mut self, test: &str, node: Node<'_>, what: What<'_>) -> Option<NumberTest> {
        if let Some(comparison) = comparison(test) {
            return self.number(node, what).map(|number| NumberTest::Compare(comparison, number));
        }
        let items = self.filled_list(node, what)?;
        let entry = What::EntryOf(&what);
        let numbers = self.each(items, |resolver, item| resolver.number(item, entry))?;
        Some(if test == "in" { NumberTest::In(numbers) } else { NumberTest::NotIn(numbers) })
    }

    fn version_operand(&mut self, node: Node<'_>, what: What<'_>) -> Option<VersionText> {
        let written = self.text(node, what)?;
        if let Some(version) = Version::parse(written) {
            return Some(VersionText { packed: version.packed(), text: version.as_str().into() });
        }
        let message = format!("{} is not a version", Quoted(written));
        self.fault(Fault::new("bad-version", node.span(), message).help(almost::version(written)));
        None
    }

    fn time_test(
        &mut self,
        subject: Subject,
        test: &str,
        node: Node<'_>,
        what: What<'_>,
    ) -> Option<Predicate> {
        let written = self.text(node, what)?;
        let Some(time) = Time::parse(written) else {
            let message = format!("{} is not a time", Quoted(written));
            self.fault(Fault::new("bad-time", node.span(), message).help(almost::time(written)));
            return None;
        };
        if subject == Subject::Now {
            self.edges.push(time);
        }
        Some(if test == "since" { Predicate::Since(time) } else { Predicate::Before(time) })
    }

    fn block(&mut self, node: Node<'_>) -> Option<Block> {
        let written = self.text(node, "an entry of `within`")?;
        let fault = match Block::parse(written) {
            Ok(block) => return Some(block),
            Err(fault) => fault,
        };
        let (what, help) = almost::address(written, fault);
        let message = format!("{} {what}", Quoted(written));
        self.fault(Fault::new("bad-address", node.span(), message).help(help));
        None
    }

    fn texts_test(&mut self, test: &str, node: Node<'_>, what: What<'_>) -> Option<TextsTest> {
        if test == "has" {
            return self.text(node, what).map(|text| TextsTest::Has(text.into()));
        }
        let items = self.filled_list(node, what)?;
        let entry = What::EntryOf(&what);
        let texts = self.each(items, |resolver, item| resolver.text(item, entry).map(Into::into))?;
        Some(match test {
            "has_any" => TextsTest::HasAny(texts),
            "has_all" => TextsTest::HasAll(texts),
            _ => TextsTest::HasNone(texts),
        })
    }
}

fn comparison(test: &str) -> Option<Comparison> {
    Some(match test {
        "is" => Comparison::Is,
        "is_not" => Comparison::IsNot,
        "at_least" => Comparison::AtLeast,
        "above" => Comparison::Above,
        "at_most" => Comparison::AtMost,
        "below" => Comparison::Below,
        _ => return None,
    })
}
