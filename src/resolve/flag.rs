//! `flags`: variants, requirements, deny, rules.

use std::sync::Arc;

use crate::context::AttributeKind;
use crate::diagnostic::Fault;
use crate::document::{Items, Member, Members, Node, NodeKind};
use crate::flag_set::{
    About, AttributeIndex, Condition, FlagDefinition, FlagIndex, Outcome, Percentage, Purpose, Requirement,
    Rule, Variant, VariantIndex, Waiver,
};
use crate::json::Json;
use crate::key::{self, NameId};
use crate::time::Time;
use crate::value::Kind;

use super::object::{Known, MAX_SHOWN, Object, not_one_of};
use super::similar::did_you_mean;
use super::{MAX_DEPTH, MAX_TESTS, Quoted, Resolver, Shape, Size, almost, graph, hints, words};

static FLAG_KEYS: Known = Known::of(&[
    "description",
    "owner",
    "remove_by",
    "kind",
    "tags",
    "links",
    "waive",
    "enabled",
    "variants",
    "off",
    "requires",
    "deny",
    "rules",
    "default",
    "bucket_by",
    "salt",
]);

/// Those of them that are for people and tools.
const ABOUT_KEYS: [&str; 7] = ["description", "owner", "remove_by", "kind", "tags", "links", "waive"];

static RULE_KEYS: Known = Known::of(&["name", "description", "when", "rollout", "serve", "split"]);

static WAIVER_KEYS: Known = Known::of(&["rule", "reason", "until"]);

/// What a flag can answer, known before it is read in full, so that others can require it.
struct Answers<'n> {
    /// The names of the variants; `None` if their fault is told, and nothing should be held to them.
    names: Option<VariantNames<'n>>,
}

enum VariantNames<'n> {
    /// `variants` is left out.
    OnAndOff,
    Own(Members<'n>),
}

impl<'n> Answers<'n> {
    fn of(flag: Member<'n>) -> Answers<'n> {
        match flag.value.kind() {
            NodeKind::Object(_) => Answers::by(flag.value.member("variants").map(|member| member.value)),
            _ => Answers { names: None },
        }
    }

    /// By what stands under `variants`, if anything does.
    fn by(variants: Option<Node<'n>>) -> Answers<'n> {
        let names = match variants.map(Node::kind) {
            None => Some(VariantNames::OnAndOff),
            Some(NodeKind::Object(variants)) if !variants.is_empty() => Some(VariantNames::Own(variants)),
            Some(_) => None,
        };
        Answers { names }
    }

    fn find(&self, name: &str) -> Option<VariantIndex> {
        let index = match (self.names.as_ref()?, name) {
            (VariantNames::OnAndOff, "on") => 0,
            (VariantNames::OnAndOff, "off") => 1,
            (VariantNames::OnAndOff, _) => return None,
            (VariantNames::Own(variants), name) => variants.iter().position(|variant| variant.key == name)?,
        };
        Some(VariantIndex(index))
    }

    /// The names to tell where another is written; `None` if nothing should be held to them.
    fn known(&self) -> Option<Vec<&'n str>> {
        Some(match self.names.as_ref()? {
            VariantNames::OnAndOff => vec!["on", "off"],
            VariantNames::Own(variants) => {
                variants.iter().take(MAX_SHOWN).map(|variant| variant.key).collect()
            }
        })
    }

    fn is_implicit(&self) -> bool {
        matches!(self.names, Some(VariantNames::OnAndOff))
    }
}

impl<'l> Resolver<'l> {
    pub(super) fn flags(&mut self, members: &[Member<'l>], segments: &[Size]) -> Option<Vec<FlagDefinition>> {
        let mut flags = Some(Vec::with_capacity(members.len()));
        let mut edges = Vec::with_capacity(members.len());
        let mut tests = Vec::with_capacity(members.len());
        for (index, member) in members.iter().enumerate() {
            let id = self.flags.ids.get(index).copied().unwrap_or(NameId::of(""));
            let answers = Answers { names: None };
            let mut reading = Reading { flag: *member, answers, id, segments, tests: 0 };
            let flag = self.flag(&mut reading);
            let requires = flag.iter().flat_map(|flag| &flag.requires).map(|requirement| requirement.flag.0);
            edges.push(requires.collect::<Vec<usize>>());
            tests.push(reading.tests);
            match (flag, &mut flags) {
                (Some(flag), Some(flags)) => flags.push(flag),
                _ => flags = None,
            }
        }
        let (order, loops) = graph::order(&edges);
        self.tell_loops("flag", members, &loops);
        self.tell_sizes(members, &edges, &tests, &order);
        flags
    }

    /// Refuses chains of requirements that are too long, and flags whose answer could cost too much.
    fn tell_sizes(&mut self, members: &[Member<'_>], edges: &[Vec<usize>], tests: &[u64], order: &[usize]) {
        let mut sizes = vec![Size::default(); members.len()];
        for index in order {
            let (Some(member), Some(targets), Some(own)) =
                (members.get(*index), edges.get(*index), tests.get(*index))
            else {
                continue;
            };
            let inner: Vec<Size> = targets.iter().filter_map(|target| sizes.get(*target)).copied().collect();
            let deepest = inner.iter().map(|inner| inner.depth).max().unwrap_or(0);
            let most = inner.iter().map(|inner| inner.tests).max().unwrap_or(0);
            // A required flag costs at least its look-up.
            let total =
                inner.iter().fold(*own, |sum, inner| sum.saturating_add(inner.tests).saturating_add(1));
            let size = Size { depth: deepest + 1, tests: total };
            // Told for the first that goes too far, not for all that rest on it.
            if size.depth > MAX_DEPTH && deepest <= MAX_DEPTH {
                self.too_deep(*member, "requirements");
            }
            if size.tests > MAX_TESTS && most <= MAX_TESTS {
                let message = format!(
                    "one answer of {} could take {} tests, its segments and required flags written out; the most is {MAX_TESTS}",
                    Quoted(member.key),
                    size.tests
                );
                let fault = Fault::new("flag-too-large", member.key_span(), message);
                self.fault(fault.help("let segments and flags refer to fewer others"));
            }
            if let Some(place) = sizes.get_mut(*index) {
                *place = size;
            }
        }
    }

    fn flag(&mut self, reading: &mut Reading<'_>) -> Option<FlagDefinition> {
        let member = reading.flag;
        let object = self.object(member.value, "a flag", &FLAG_KEYS)?;
        reading.answers = Answers::by(object.get("variants"));
        let about = self.about(&object);
        let enabled = object.get("enabled").map_or(Some(true), |node| self.bool(node, "`enabled`"));
        let variants = match object.get("variants") {
            None => Some((Kind::Bool, Arc::clone(&self.on_and_off))),
            Some(node) => self.variants(node),
        };
        let default = self.default(&object, reading);
        let off = match object.get("off") {
            Some(node) => self.variant_named(node, reading, "`off`"),
            None => reading.answers.find("off").or(default),
        };
        let requires = object.get("requires").map_or(Some(Vec::new()), |node| self.requires(node));
        let deny = object.get("deny").map_or(Some(Vec::new()), |node| self.deny(node, reading));
        let rules = object.get("rules").map_or(Some(Vec::new()), |node| self.rules(node, reading));
        let bucket_by = match object.get("bucket_by") {
            None => Some(None),
            Some(node) => self.bucket_by(node).map(Some),
        };
        let salt = match object.get("salt") {
            None => Some(None),
            Some(node) => self.filled_text(node, "`salt`").map(|salt| Some(salt.into())),
        };
        let (kind, variants) = variants?;
        Some(FlagDefinition {
            key: member.key.into(),
            id: reading.id,
            about: about?,
            enabled: enabled?,
            kind,
            variants,
            off: off?,
            requires: requires?,
            deny: deny?,
            rules: rules?,
            default: default?,
            bucket_by: bucket_by?,
            salt: salt?,
        })
    }

    fn about(&mut self, object: &Object<'_>) -> Option<Option<Box<About>>> {
        if ABOUT_KEYS.iter().all(|key| object.get(key).is_none()) {
            return Some(None);
        }
        let description = self.description(object);
        let owner = match object.get("owner") {
            None => Some(None),
            Some(node) => self.text(node, "`owner`").map(|owner| Some(owner.into())),
        };
        let remove_by = match object.get("remove_by") {
            None => Some(None),
            Some(node) => self.date(node, "`remove_by`").map(Some),
        };
        let kind = match object.get("kind") {
            None => Some(None),
            Some(node) => self.purpose(node).map(Some),
        };
        let tags = object.get("tags").map_or(Some(Vec::new()), |node| self.texts(node, "`tags`"));
        let links = object.get("links").map_or(Some(Vec::new()), |node| self.texts(node, "`links`"));
        let waivers = match object.get("waive") {
            None => Some(Vec::new()),
            Some(node) => self.waivers(node),
        };
        Some(Some(Box::new(About {
            description: description?,
            owner: owner?,
            remove_by: remove_by?,
            kind: kind?,
            tags: tags?,
            links: links?,
            waivers: waivers?,
        })))
    }

    fn date(&mut self, node: Node<'_>, what: &str) -> Option<Time> {
        let written = self.text(node, what)?;
        let date = Time::parse_date(written);
        if date.is_none() {
            let message = format!("{} is not a date", Quoted(written));
            self.fault(Fault::new("bad-date", node.span(), message).help(almost::date(written)));
        }
        date
    }

    fn purpose(&mut self, node: Node<'_>) -> Option<Purpose> {
        let written = self.text(node, "`kind`")?;
        let known = ["release", "experiment", "operational", "permission"];
        match written {
            "release" => Some(Purpose::Release),
            "experiment" => Some(Purpose::Experiment),
            "operational" => Some(Purpose::Operational),
            "permission" => Some(Purpose::Permission),
            _ => {
                let message = format!("{} is not a kind of flag", Quoted(written));
                let fault = Fault::new("unknown-kind", node.span(), message);
                self.fault(not_one_of(fault, &known, words::kind(written, &known)));
                None
            }
        }
    }

    fn waivers(&mut self, node: Node<'_>) -> Option<Vec<Waiver>> {
        let items = self.list(node, "`waive`")?;
        self.each(items, |resolver, item| {
            let object = resolver.object(item, "a waiver", &WAIVER_KEYS)?;
            let rule =
                resolver.required(&object, "rule").and_then(|node| resolver.filled_text(node, "`rule`"));
            let reason =
                resolver.required(&object, "reason").and_then(|node| resolver.filled_text(node, "`reason`"));
            let until = resolver.required(&object, "until").and_then(|node| resolver.date(node, "`until`"));
            Some(Waiver { rule: rule?.into(), reason: reason?.into(), until: until? })
        })
    }

    fn variants(&mut self, node: Node<'_>) -> Option<(Kind, Arc<[Variant]>)> {
        let NodeKind::Object(members) = node.kind() else {
            self.wrong_type(node, "`variants`", "an object");
            return None;
        };
        if members.is_empty() {
            self.empty(node, "`variants`");
            return None;
        }
        let mut named = true;
        for member in members.iter() {
            named &= self.name(member, "a variant");
        }
        let kind = self.kind_of(node, members);
        let variants = members
            .iter()
            .map(|member| Variant { name: member.key.into(), value: member.value.to_json() })
            .collect();
        named.then_some(())?;
        Some((kind?, variants))
    }

    /// The one kind that all values have; null has every kind.
    fn kind_of(&mut self, node: Node<'_>, members: Members<'_>) -> Option<Kind> {
        if members.iter().any(|member| matches!(member.value.kind(), NodeKind::Broken)) {
            return None;
        }
        let mut known: Option<(Kind, Member<'_>)> = None;
        for member in members.iter() {
            let Some(kind) = kind_of_value(member.value) else { continue };
            known = match known {
                None => Some((kind, member)),
                Some((Kind::Integer, first)) if kind == Kind::Number => Some((Kind::Number, first)),
                Some((Kind::Number, first)) if kind == Kind::Integer => Some((Kind::Number, first)),
                Some((first_kind, first)) if first_kind == kind => Some((kind, first)),
                Some((_, first)) => {
                    let message = format!(
                        "the values of a flag have one type, and {} is {} while {} is {}",
                        Quoted(member.key),
                        member.value.shown(),
                        Quoted(first.key),
                        first.value.shown()
                    );
                    let fault = Fault::new("mixed-values", member.value.head(), message);
                    self.fault(fault.help(hints::mixed(first.value, member.value)));
                    return None;
                }
            };
        }
        if known.is_none() {
            let message = "all values are null, so the flag has no type";
            let fault = Fault::new("only-null", node.head(), message);
            self.fault(fault.help("give one variant a value"));
        }
        known.map(|(kind, _)| kind)
    }

    fn default(&mut self, object: &Object<'_>, reading: &Reading<'_>) -> Option<VariantIndex> {
        if let Some(node) = object.get("default") {
            return self.variant_named(node, reading, "`default`");
        }
        if reading.answers.is_implicit() {
            return reading.answers.find("off");
        }
        let span = object.member("variants").map_or(object.node().head(), |member| member.key_span());
        let message = "a flag with `variants` of its own needs a `default`";
        let fault = Fault::new("no-default", span, message);
        let example = reading.example_variant();
        self.fault(
            fault.help(format!("name the variant where no rule applies: `\"default\": \"{example}\"`")),
        );
        None
    }

    fn variant_named(&mut self, node: Node<'_>, reading: &Reading<'_>, what: &str) -> Option<VariantIndex> {
        let NodeKind::Text(written) = node.kind() else {
            let help = node.spelt().and_then(|value| reading.variant_of(value));
            self.wrong_shape(node, what, "the name of a variant", help);
            return None;
        };
        self.variant_written(written, node.span(), reading, what)
    }

    /// The variant of a flag that a place names. Silent if the variants themselves were told to be wrong.
    fn variant_written(
        &mut self,
        written: &str,
        span: std::ops::Range<usize>,
        reading: &Reading<'_>,
        what: &str,
    ) -> Option<VariantIndex> {
        if let Some(index) = reading.answers.find(written) {
            return Some(index);
        }
        let names = reading.answers.known()?;
        let message = format!(
            "{what} names {}, which is not a variant of {}",
            Quoted(written),
            Quoted(reading.flag.key)
        );
        let help = reading
            .variant_of(written)
            .or_else(|| hints::split_part(what, written, names.first()?))
            .or_else(|| did_you_mean(written, names.iter().copied()));
        let fault = not_one_of(Fault::new("unknown-variant", span, message), &names, help);
        self.fault(fault);
        None
    }

    fn requires(&mut self, node: Node<'_>) -> Option<Vec<Requirement>> {
        let members = self.members(node, "`requires`");
        let required: Vec<Option<Requirement>> =
            members.iter().map(|member| self.requirement(*member)).collect();
        matches!(node.kind(), NodeKind::Object(_)).then_some(())?;
        required.into_iter().collect()
    }

    fn requirement(&mut self, member: Member<'_>) -> Option<Requirement> {
        let flag = self.flags.find(member.key);
        if flag.is_none() {
            self.unknown_flag(member);
        }
        let items = self.required_variants(member)?;
        let variants = self.each(items, |resolver, item| resolver.required_variant(item, member, flag));
        Some(Requirement { flag: FlagIndex(flag?), variants: variants? })
    }

    fn required_variant(
        &mut self,
        node: Node<'_>,
        member: Member<'_>,
        flag: Option<usize>,
    ) -> Option<VariantIndex> {
        let required = flag.and_then(|flag| self.flags.things.get(flag)).map(|flag| Answers::of(*flag));
        let required = required.as_ref();
        let of_value = |value: &str| match required {
            Some(answers) if answers.is_implicit() => hints::variant_of_value(value, None),
            _ => None,
        };
        let NodeKind::Text(written) = node.kind() else {
            let help = node.spelt().and_then(of_value);
            let what = format!("a variant required of {}", Quoted(member.key));
            self.wrong_shape(node, &*what, "a text", help);
            return None;
        };
        if let Some(index) = required?.find(written) {
            return Some(index);
        }
        let known = required?.known()?;
        let message = format!("{} is not a variant of {}", Quoted(written), Quoted(member.key));
        let help = of_value(written).or_else(|| did_you_mean(written, known.iter().copied()));
        let fault = not_one_of(Fault::new("unknown-variant", node.span(), message), &known, help);
        self.fault(fault);
        None
    }

    fn required_variants<'n>(&mut self, member: Member<'n>) -> Option<Items<'n>> {
        let node = member.value;
        let what = || format!("variants required of {}", Quoted(member.key));
        match node.kind() {
            NodeKind::Array(items) if !items.is_empty() => return Some(items),
            NodeKind::Array(_) => self.empty(node, &*format!("the list of {}", what())),
            _ => {
                self.wrong_shape(node, &*format!("the {}", what()), "a list", hints::required_variants(node))
            }
        }
        None
    }

    fn unknown_flag(&mut self, member: Member<'_>) {
        let written = member.key;
        let message = format!("no flag {} stands in this file", Quoted(written));
        let names = self.flags.names();
        let help = match self.sort_of(written) {
            Some(sort @ ("segment" | "attribute")) => {
                let article = if sort == "segment" { "a" } else { "an" };
                Some(format!("`{written}` is {article} {sort}: use it in a condition"))
            }
            _ => did_you_mean(written, names.iter().copied()),
        };
        let fault = Fault::new("unknown-flag", member.key_span(), message);
        let fault = not_one_of(fault, &names, help);
        self.fault(fault);
    }

    fn deny(&mut self, node: Node<'_>, reading: &mut Reading<'_>) -> Option<Vec<Condition>> {
        let items = self.list(node, "`deny`")?;
        self.each(items, |resolver, item| resolver.sized_condition(item, "an entry of `deny`", reading))
    }

    /// A condition of a flag: held to the depth, its tests counted.
    fn sized_condition(
        &mut self,
        node: Node<'_>,
        what: &str,
        reading: &mut Reading<'_>,
    ) -> Option<Condition> {
        let mut shape = Shape::default();
        let condition = self.condition(node, what.into(), &mut shape);
        let size = Size::of(&shape, reading.segments);
        let told = shape.segments.iter().filter_map(|(segment, _)| reading.segments.get(*segment));
        let told = told.map(|segment| segment.depth).max().is_some_and(|deepest| deepest >= MAX_DEPTH);
        if size.depth > MAX_DEPTH && !told {
            let message =
                format!("with its segments written out, this condition nests deeper than {MAX_DEPTH}");
            self.fault(Fault::new("too-deep", node.head(), message));
        }
        reading.tests = reading.tests.saturating_add(size.tests);
        condition
    }

    fn rules(&mut self, node: Node<'_>, reading: &mut Reading<'_>) -> Option<Vec<Rule>> {
        let items = self.list(node, "`rules`")?;
        self.each(items, |resolver, item| resolver.rule(item, reading))
    }

    fn rule(&mut self, node: Node<'_>, reading: &mut Reading<'_>) -> Option<Rule> {
        let object = self.object(node, "a rule", &RULE_KEYS)?;
        let name = match object.get("name") {
            None => Some(None),
            Some(node) => self.filled_text(node, "a rule's `name`").map(|name| Some(name.into())),
        };
        let description = self.description(&object);
        let when = match object.get("when") {
            None => Some(None),
            Some(node) => self.sized_condition(node, "`when`", reading).map(Some),
        };
        let rollout = match object.get("rollout") {
            None => Some(None),
            Some(node) => self.percentage(node, "`rollout`").map(Some),
        };
        let outcome = self.outcome(&object, reading);
        Some(Rule {
            name: name?,
            description: description?,
            when: when?,
            rollout: rollout?,
            outcome: outcome?,
        })
    }

    fn outcome(&mut self, rule: &Object<'_>, reading: &Reading<'_>) -> Option<Outcome> {
        let serve = rule.member("serve");
        let split = rule.member("split");
        if let (Some(_), Some(split)) = (serve, split) {
            let message = "a rule has `serve` or `split`, not both";
            self.fault(
                Fault::new("serve-and-split", split.key_span(), message).help("remove one of the two"),
            );
        }
        let served =
            serve.map(|member| self.variant_named(member.value, reading, "`serve`").map(Outcome::Serve));
        let split = split.map(|member| self.split(member.value, reading).map(Outcome::Split));
        match (served, split) {
            (Some(_), Some(_)) => None,
            (Some(outcome), None) | (None, Some(outcome)) => outcome,
            (None, None) if reading.answers.is_implicit() => reading.answers.find("on").map(Outcome::Serve),
            (None, None) => {
                let message =
                    "this rule says neither `serve` nor `split`, and the flag has `variants` of its own";
                let fault = Fault::new("nothing-to-serve", rule.node().head(), message);
                let example = reading.example_variant();
                self.fault(
                    fault.help(format!("name the variant that the rule serves: `\"serve\": \"{example}\"`")),
                );
                None
            }
        }
    }

    fn split(&mut self, node: Node<'_>, reading: &Reading<'_>) -> Option<Vec<(VariantIndex, Percentage)>> {
        let items = self.filled_list(node, "`split`")?;
        let parts = self.each(items, |resolver, item| resolver.split_part(item, reading));
        // The sum is judged if every weight could be read, whether or not its variant exists.
        let weights = self.weights(items)?;
        let total: u64 = weights.iter().map(|weight| u64::from(weight.0)).sum();
        if total != 100_000 {
            let percent = total as f64 / 1000.0;
            let message = format!("the weights of this split total {percent}, not 100");
            let (short, amount) =
                if percent < 100.0 { ("short", 100.0 - percent) } else { ("over", percent - 100.0) };
            let amount = (amount * 1000.0).round() / 1000.0;
            let fault = Fault::new("bad-weights", node.head(), message).label(format!("{amount} {short}"));
            self.fault(fault.maybe_help(hints::weights(total).map(str::to_owned)));
            return None;
        }
        parts
    }

    fn split_part(&mut self, node: Node<'_>, reading: &Reading<'_>) -> Option<(VariantIndex, Percentage)> {
        let NodeKind::Object(members) = node.kind() else {
            self.wrong_type(node, "an entry of `split`", "an object of a variant and its weight");
            return None;
        };
        let mut all = members.iter();
        match (all.next(), all.next()) {
            (None, _) => {
                self.empty(node, "an entry of `split`");
                None
            }
            (Some(member), None) => {
                let variant = self.variant_written(member.key, member.key_span(), reading, "`split`");
                let weight = self.percentage(member.value, "a weight");
                Some((variant?, weight?))
            }
            // A key that stands twice is told already.
            (Some(first), Some(second)) if first.key == second.key && all.next().is_none() => None,
            (Some(_), Some(second)) => {
                let message = "an entry of a split is one variant with its weight";
                let fault = Fault::new("bad-weights", second.key_span(), message);
                let fault = fault.help("give each variant an entry of its own: the order of a split matters");
                self.fault(fault.maybe_help(hints::split_entry_spelt_out(members)));
                None
            }
        }
    }

    /// Every weight of a split, or `None` if one of them was told to be wrong.
    fn weights(&self, items: Items<'_>) -> Option<Vec<Percentage>> {
        let weight = |item: Node<'_>| {
            let NodeKind::Object(members) = item.kind() else { return None };
            let mut all = members.iter();
            match (all.next()?.value.kind(), all.next()) {
                (NodeKind::Number(text), None) => text.parse().ok().and_then(Percentage::of),
                _ => None,
            }
        };
        items.iter().map(weight).collect()
    }

    fn percentage(&mut self, node: Node<'_>, what: &str) -> Option<Percentage> {
        let percent = self.number(node, what)?;
        let percentage = Percentage::of(percent);
        if percentage.is_none() {
            let shown = node.shown();
            let fault = if (0.0..=100.0).contains(&percent) {
                let message = format!("{shown} has more than three digits after the point");
                Fault::new("bad-percentage", node.span(), message).help(hints::rounded(percent))
            } else {
                let message = format!("{shown} is not a percentage, which goes from 0 to 100");
                Fault::new("bad-percentage", node.span(), message)
            };
            self.fault(fault);
        }
        percentage
    }

    fn bucket_by(&mut self, node: Node<'_>) -> Option<AttributeIndex> {
        let written = self.text(node, "`bucket_by`")?;
        if matches!(written, "key" | "targetingKey" | "now") && self.attributes.find(written).is_none() {
            let message = format!("a flag cannot be bucketed by `{written}`");
            let help = "leave `bucket_by` out to bucket by the targeting key";
            self.fault(Fault::new("bad-bucket-by", node.span(), message).help(help));
            return None;
        }
        let index = self.attribute_named(node, written)?;
        let kind = self.definition(index)?.kind;
        if !matches!(kind, AttributeKind::Text | AttributeKind::Number) {
            let message = format!(
                "`bucket_by` must name a `string` or `number` attribute, and `{written}` has type `{kind}`"
            );
            self.fault(Fault::new("bad-bucket-by", node.span(), message));
            return None;
        }
        Some(index)
    }
}

/// What is known while one flag is read.
struct Reading<'s> {
    flag: Member<'s>,
    answers: Answers<'s>,
    id: NameId,
    segments: &'s [Size],
    tests: u64,
}

impl Reading<'_> {
    /// A variant of the flag, for the help of a message.
    fn example_variant(&self) -> &str {
        let names = self.answers.known().unwrap_or_default();
        names.first().copied().filter(|name| key::is_legal(name)).unwrap_or("...")
    }

    /// The variant that has a value, where the value stands instead of its name.
    fn variant_of(&self, value: &str) -> Option<String> {
        hints::variant_of_value(value, self.flag.value.member("variants").map(|variants| variants.value))
    }
}

/// The variants of flags that leave `variants` out.
pub(super) fn on_and_off() -> Arc<[Variant]> {
    [("on", true), ("off", false)]
        .map(|(name, value)| Variant { name: name.into(), value: Json::Bool(value) })
        .into()
}

fn kind_of_value(node: Node<'_>) -> Option<Kind> {
    match node.kind() {
        NodeKind::Null | NodeKind::Broken => None,
        NodeKind::Bool(_) => Some(Kind::Bool),
        NodeKind::Number(text) if text.parse::<i64>().is_ok() => Some(Kind::Integer),
        NodeKind::Number(_) => Some(Kind::Number),
        NodeKind::Text(_) => Some(Kind::Text),
        NodeKind::Array(_) | NodeKind::Object(_) => Some(Kind::Json),
    }
}
