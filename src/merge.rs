//! Flag set over flag set → flag set: what an overlay of sources means.
//!
//! Each file was read for itself and is right for itself. Attributes are shared by name and must agree; segments stay
//! their file's own; a flag of the later file takes the place of the earlier one's.

use crate::flag_set::{
    AttributeDefinition, AttributeIndex, Condition, FlagDefinition, FlagIndex, FlagSet, Requirement,
    SegmentBody, SegmentIndex, Subject, VariantIndex,
};

/// What came of a merge beside the flags.
pub(crate) struct Merged {
    pub(crate) set: FlagSet,
    /// The keys of flags that stand in both, in the order of the later file.
    pub(crate) clashes: Vec<Box<str>>,
}

/// Lays `later` over `earlier`.
///
/// # Errors
/// One line for each attribute that the two declare differently, and for each required variant that the later file's flag
/// does not have.
pub(crate) fn lay_over(earlier: FlagSet, later: FlagSet) -> Result<Merged, Vec<String>> {
    let FlagSet { mut attributes, mut segments, mut flags, mut edges } = earlier;
    let mut faults = Vec::new();
    let attribute_map: Vec<usize> = later
        .attributes
        .into_iter()
        .map(|attribute| place_attribute(&mut attributes, attribute, &mut faults))
        .collect();
    let places = Places {
        attributes: attribute_map,
        segments: segments.len(),
        flags: later
            .flags
            .iter()
            .scan(flags.len(), |next, flag| Some(place_flag(&flags, flag, next)))
            .collect(),
    };
    for mut segment in later.segments {
        match &mut segment.body {
            SegmentBody::When(condition) => places.move_condition(condition),
            SegmentBody::Listed(listed) => listed.of = listed.of.map(|attribute| places.attribute(attribute)),
        }
        segments.push(segment);
    }
    let mut clashes = Vec::new();
    for (index, mut flag) in later.flags.into_iter().enumerate() {
        places.move_flag(&mut flag);
        let place = places.flags.get(index).copied().unwrap_or(flags.len());
        match flags.get_mut(place) {
            Some(earlier) => {
                clashes.push(flag.key.clone());
                let replaced = std::mem::replace(earlier, flag);
                rebind(&mut flags, place, &replaced, &mut faults);
            }
            None => flags.push(flag),
        }
    }
    edges.extend(later.edges);
    edges.sort_unstable();
    edges.dedup();
    if faults.is_empty() {
        Ok(Merged { set: FlagSet { attributes, segments, flags, edges }, clashes })
    } else {
        Err(faults)
    }
}

/// The place of an attribute among those that are known: the same one, or a new one at the end.
fn place_attribute(
    known: &mut Vec<AttributeDefinition>,
    attribute: AttributeDefinition,
    faults: &mut Vec<String>,
) -> usize {
    let Some(place) = known.iter().position(|other| other.name == attribute.name) else {
        known.push(attribute);
        return known.len() - 1;
    };
    let agrees = known.get(place).is_some_and(|other| {
        (other.kind, other.fact, other.sensitive, &other.one_of)
            == (attribute.kind, attribute.fact, attribute.sensitive, &attribute.one_of)
    });
    if !agrees {
        faults.push(format!(
            "attribute `{}` is declared differently in the file that is laid over",
            attribute.name
        ));
    }
    place
}

/// The place of a flag of the later file: that of the earlier file's flag of its key, or the next at the end.
fn place_flag(earlier: &[FlagDefinition], flag: &FlagDefinition, next: &mut usize) -> usize {
    earlier.iter().position(|other| other.key == flag.key).unwrap_or_else(|| {
        *next += 1;
        *next - 1
    })
}

/// Those who require a flag that was replaced mean its variants by name.
fn rebind(flags: &mut [FlagDefinition], place: usize, replaced: &FlagDefinition, faults: &mut Vec<String>) {
    let Some(flag) = flags.get(place) else { return };
    let key = flag.key.clone();
    let names: Vec<Box<str>> = flag.variants.iter().map(|variant| variant.name.clone()).collect();
    let by_name = |variant: VariantIndex| {
        let name = &replaced.variants.get(variant.0)?.name;
        names.iter().position(|other| other == name).map(VariantIndex)
    };
    for (_, user) in flags.iter_mut().enumerate().filter(|(index, _)| *index != place) {
        for requirement in user.requires.iter_mut().filter(|requirement| requirement.flag.0 == place) {
            match requirement.variants.iter().map(|variant| by_name(*variant)).collect() {
                Some(variants) => requirement.variants = variants,
                None => faults.push(format!(
                    "`{}` requires a variant of `{key}` that the flag laid over it does not have",
                    user.key
                )),
            }
        }
    }
}

/// Where the parts of the later file come to stand.
struct Places {
    attributes: Vec<usize>,
    /// How many segments stand before them.
    segments: usize,
    flags: Vec<usize>,
}

impl Places {
    fn attribute(&self, AttributeIndex(index): AttributeIndex) -> AttributeIndex {
        AttributeIndex(self.attributes.get(index).copied().unwrap_or(index))
    }

    fn move_flag(&self, flag: &mut FlagDefinition) {
        flag.bucket_by = flag.bucket_by.map(|attribute| self.attribute(attribute));
        flag.deny.iter_mut().for_each(|condition| self.move_condition(condition));
        flag.rules
            .iter_mut()
            .filter_map(|rule| rule.when.as_mut())
            .for_each(|when| self.move_condition(when));
        for Requirement { flag: FlagIndex(index), .. } in &mut flag.requires {
            *index = self.flags.get(*index).copied().unwrap_or(*index);
        }
    }

    fn move_condition(&self, condition: &mut Condition) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter_mut().for_each(|part| self.move_condition(part));
            }
            Condition::Not(inner) => self.move_condition(inner),
            Condition::Segment(SegmentIndex(index)) => *index += self.segments,
            Condition::Test(test) => {
                if let Subject::Attribute(attribute) = test.subject {
                    test.subject = Subject::Attribute(self.attribute(attribute));
                }
            }
        }
    }
}
