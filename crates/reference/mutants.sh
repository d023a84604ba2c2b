#!/usr/bin/env bash
# Breaks the library on purpose, one line at a time, and sees each break caught by the tests of this crate.
#
#     crates/reference/mutants.sh            all breaks
#     crates/reference/mutants.sh WORD       those whose name or file holds WORD
#     crates/reference/mutants.sh --stale    none: only says which texts are gone
#
# Works on a copy of the tree (what git tracks, and what is new), so nothing here is touched. A break names the text
# that it replaces; if that text is gone, the script says so and fails: the break is to be written anew, not dropped.
# Prints a table of name, file and the test that caught it, and fails if one survived.
#
# MUTANTS_DIR is where the copy and its builds are kept, so that a second run compiles little.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
work=${MUTANTS_DIR:-${TMPDIR:-/tmp}/waterspout-mutants}
only=${1:-}
stale_only=
if [ "$only" = --stale ]; then only='' stale_only=yes; fi
copy=$work/tree
log=$work/log

export CARGO_TARGET_DIR=$work/target CARGO_PROFILE_TEST_DEBUG=0 CARGO_PROFILE_DEV_DEBUG=0
# That a test fails is enough; the smallest input that it fails for is not asked.
export PROPTEST_MAX_SHRINK_ITERS=0 PROPTEST_DISABLE_FAILURE_PERSISTENCE=1 RUST_BACKTRACE=0

# The one that goes everywhere first, then the edges that it can only meet by luck.
tests=(agreement cases places reading typed promises)

rm -rf "$copy"
mkdir -p "$copy" "$log"
(cd "$root" && git ls-files --cached --others --exclude-standard -z \
    | while IFS= read -r -d '' file; do if [ -f "$file" ]; then printf '%s\0' "$file"; fi; done \
    | tar --null --files-from=- --create) | tar --extract --touch --directory "$copy"
cd "$copy"

# Runs the tests until one fails. Prints the names of those that failed in that file of tests; nothing if all held.
caught() {
    local name=$1 test
    for test in "${tests[@]}"; do
        local out="$log/$name.$test"
        # A break can make a loop endless.
        if timeout 600 cargo test --quiet --package waterspout-reference --test "$test" >"$out" 2>&1; then
            continue
        fi
        if grep -q 'could not compile' "$out"; then
            echo "does not compile"
        else
            local failed
            failed=$(sed -n 's/^---- \(.*\) stdout ----$/\1/p' "$out" | sort -u | paste -sd, | sed 's/,/, /g')
            echo "$test: ${failed:-stopped}"
        fi
        return
    done
}

# Replaces a text that stands in a file a number of times.
replace() {
    python3 - "$@" <<'PYTHON'
import sys
file, old, new, count = sys.argv[1:5]
text = open(file, encoding="utf-8").read()
found = text.count(old)
if found != int(count):
    sys.exit(f"{file}: found {found} times instead of {count}: {old}")
open(file, "w", encoding="utf-8").write(text.replace(old, new))
PYTHON
}

survivors=0
stale=0
total=0

# mutant NAME FILE OLD NEW [COUNT]
mutant() {
    local name=$1 file=src/$2 old=$3 new=$4 count=${5:-1} by
    if [ -n "$only" ] && [[ "$name $file" != *"$only"* ]]; then return; fi
    total=$((total + 1))
    cp "$file" "$work/original"
    if ! replace "$file" "$old" "$new" "$count" 2>"$log/stale"; then
        stale=$((stale + 1))
        printf '%-62s %-13s %s\n' "$name" "$2" "STALE: $(cat "$log/stale")"
        return
    fi
    if [ -z "$stale_only" ]; then by=$(caught "${name// /-}"); else by='not run'; fi
    cp "$work/original" "$file"
    if [ -n "$stale_only" ]; then return; fi
    case $by in
    '') survivors=$((survivors + 1)); by='SURVIVED' ;;
    'does not compile') stale=$((stale + 1)); by="STALE: does not compile, see $log" ;;
    esac
    printf '%-62s %-13s %s\n' "$name" "$2" "$by"
}

whole=
if [ -z "$stale_only" ]; then whole=$(caught unbroken); fi
if [ -n "$whole" ]; then
    echo "the tests must hold before anything is broken, and they do not: $whole" >&2
    exit 2
fi

mutant 'a split is drawn with the salt of the rollout' evaluate.rs \
    'split.choose(&self.parts, unit)' \
    'SplitRow { salt: rule.rollout_salt, ..split.clone() }.choose(&self.parts, unit)'
mutant 'a rule alone forgets its condition' evaluate.rs \
    'if rule.when == Jump::HOLDS {' 'if !rule.choice.is_split() {'
mutant 'a rule alone forgets its rollout' evaluate.rs \
    'rule.bucketed && !rule.is_inside(context.unit(), &mut Silent)' 'rule.bucketed && context.unit().is_none()'
mutant 'a lone rollout holds everybody' evaluate.rs \
    'if inside { Decision {' 'if inside || index == 0 { Decision {'
mutant 'what is not looked at yet holds' evaluate.rs \
    '_ => self.one_rule_looking(flag, context),' '_ => self.served(rule, index, context),'
mutant 'who may be on a list is on it' evaluate.rs \
    'list.find(context.hash(), key)' 'list.may_hold(context.hash(), context.bits())'
mutant 'a part of a split ends before its last place' evaluate.rs \
    'position <= part.last' 'position < part.last && part.last != u64::MAX'
mutant 'any answer satisfies a requirement' evaluate.rs \
    'if !satisfied {' 'if false {'
mutant 'only the first denial counts' evaluate.rs \
    'if denied {' 'if denied && index == 0 {'
mutant 'above takes the edge in' condition.rs \
    'Test::Above(number) => value.as_number()? > self.number(number)?' \
    'Test::Above(number) => value.as_number()? >= self.number(number)?'
mutant 'before takes the edge in' condition.rs \
    'Test::Before(time) => value.time()? <' 'Test::Before(time) => value.time()? <='
mutant 'has_all is content with one' condition.rs \
    'self.texts(rows).all(|text| texts.contains(text))' 'self.texts(rows).any(|text| texts.contains(text))'
mutant 'ends_with looks anywhere' condition.rs \
    'text.ends_with(part)' 'text.contains(part)'
mutant 'a closed attribute takes any text' condition.rs \
    'self.operands.has(row.closed, text)' '!text.is_empty() || row.closed.is_empty()'
mutant 'a value of another sort is compared' condition.rs \
    'if mark.sort == sort {' 'if mark.sort != Sort::Missing {'
mutant 'a switch says its opposite' snapshot.rs \
    'self.0 & 1 != 0' 'self.0 & 1 == 0'
mutant 'a null of a boolean flag is its off' snapshot.rs \
    'if variant.is_switch() { T::switched(variant.is_on(), default) } else { default }' \
    'T::switched(variant.is_on(), default)'
mutant 'what was looked at goes on as if it were not' condition.rs \
    'Some(true) => step.yes.looked(),' 'Some(true) => step.yes,'
mutant 'what a context owns is missing' condition.rs \
    'mark.sort == Sort::Missing && context.is_borrowed()' 'mark.sort == Sort::Missing'
mutant 'the end of a range is outside' condition.rs \
    'place.wrapping_sub(self.low) <= self.span' 'place.wrapping_sub(self.low) < self.span'

mutant 'a hash that is there is the text' probe.rs \
    'Probe { low, span, how, exact: false }' 'Probe { low, span, how, exact: true }'
mutant 'a mark of a long text is the text' probe.rs \
    'operands.texts(rows).all(mark::is_exact)' 'true'
mutant 'above takes the edge in, by marks' probe.rs \
    'Test::Above(row) => number(row).and_then(above)' 'Test::Above(row) => number(row).and_then(from)'
mutant 'below takes the edge in, by marks' probe.rs \
    'Test::VersionBelow(row) => version(row).and_then(below)' 'Test::VersionBelow(row) => version(row).and_then(to)'
mutant 'a block ends one address early' address.rs \
    'base.to_bits() | below' '(base.to_bits() | below).saturating_sub(1)'

mutant 'negative numbers are in the wrong order' mark.rs \
    'else { !bits }' 'else { bits & !(1 << 63) }'
mutant 'zero has a sign' mark.rs \
    '(number + 0.0).to_bits()' 'number.to_bits()'
mutant 'a mark forgets how long a text is' mark.rs \
    'word::of_short(bytes) | (length << 56)' 'word::of_short(bytes)'

mutant 'a deny lets the unknown through' compile.rs \
    'let missing = if unknown { yes } else { no };' 'let missing = no;'
mutant 'a rule takes the unknown in' compile.rs \
    'let missing = if unknown { yes } else { no };' 'let missing = yes;'
mutant 'not is forgotten' compile.rs \
    'if written.spelling.is_opposite() { (no, yes) } else { (yes, no) }' '(yes, no)'
mutant 'a missing attribute is not known to be missing' compile.rs \
    'if let Test::Present(_) = written.test { no } else { missing }' 'missing'
mutant 'a text outside a declaration is another text' compile.rs \
    'closed.is_empty() || same' 'closed.is_empty() || fails'
mutant 'an empty targeting key is present' condition.rs \
    'Test::Present(_) => !key.is_empty(),' 'Test::Present(_) => true,'
mutant 'an empty attribute names a unit' evaluate.rs \
    'ContextValue::Text(text)) if !text.is_empty() =>' 'ContextValue::Text(text)) =>'
mutant 'a number names a unit in the place of a text' evaluate.rs \
    '(AttributeKind::Number, ContextValue::Number(number))' '(_, ContextValue::Number(number))'
mutant 'an explanation forgets the rollout' evaluate.rs \
    'if !inside || !holds {' 'if !holds {'
mutant 'a wrong type is told as a missing flag' ask.rs \
    'Some(_) => self.error(flag.key(), default, ErrorCode::TypeMismatch)' \
    'Some(_) => self.error(flag.key(), default, ErrorCode::FlagNotFound)'

mutant 'a deny asks what a rule asks' compile.rs \
    'Question { unknown: true, negated: false }' 'Question { unknown: false, negated: false }'
mutant 'any stays any behind a not' compile.rs \
    'Condition::Any(parts) => self.combine(parts, question, site, !question.negated)' \
    'Condition::Any(parts) => self.combine(parts, question, site, true)'
mutant 'a fact is read from the context' compile.rs \
    'Tested::Attribute(attribute) if self.is_fact(attribute.0) => {' \
    'Tested::Attribute(attribute) if self.is_fact(attribute.0) && self.facts.is_empty() => {'
mutant 'a segment of a rule answers a deny' compile.rs \
    '(segment, question)' '(segment, Question { unknown: false, ..question })' 2
mutant 'a segment is the same behind a not' compile.rs \
    '(segment, question)' '(segment, Question { negated: false, ..question })' 2
mutant 'has_none is has_any' compile.rs \
    'TextsTest::HasNone(texts) => (Test::HasAny(rows(texts)), true)' \
    'TextsTest::HasNone(texts) => (Test::HasAny(rows(texts)), false)'
mutant 'at_most leaves the edge out, for versions' compile.rs \
    '(Test::VersionAtMost(version), false)' '(Test::VersionBelow(version), false)'
mutant 'a disabled flag answers its default' compile.rs \
    'default = off;' 'let _ = off;'
mutant 'a flag with nothing but a deny is static' compile.rs \
    'flag.rules.is_empty() && flag.deny.is_empty() && flag.requires.is_empty()' \
    'flag.rules.is_empty() && flag.requires.is_empty()'
mutant 'weights are not added up' compile.rs \
    'total += weight.0;' 'total = weight.0;'
mutant 'a split needs no unit' compile.rs \
    'rule.rollout.is_some() || matches!(rule.outcome, Outcome::Split(_))' 'rule.rollout.is_some()'
mutant 'a rollout by a fact holds every service' compile.rs \
    'let unit = unit.filter(|_| inside)?;' 'let unit = unit?;'
mutant 'variants called on and off are true and false' compile.rs \
    '*variant.name == *name && variant.value == Json::Bool(value)' \
    '*variant.name == *name && (variant.value == Json::Bool(value) || variant.value != Json::Null)'
mutant 'a rule knows itself by its place among the kept ones' compile.rs \
    'index: index(place),' 'index: index(self.rules.len()),'

mutant 'rollout and split share a place' bucket.rs \
    'Purpose::Split => "split:",' 'Purpose::Split => "rollout:",'
mutant 'the mix shifts by one less' bucket.rs \
    'x ^= x >> 33;' 'x ^= x >> 32;'
mutant 'a fraction names a unit' bucket.rs \
    ' || value.fract() != 0.0' ''
mutant 'two to the 53 names a unit' bucket.rs \
    'value.abs() >= BEYOND' 'value.abs() > BEYOND'
mutant 'a negative number has no sign' bucket.rs \
    'if value < 0.0 {' 'if value.is_nan() {'
mutant 'a rollout is a hair too narrow' bucket.rs \
    '/ 100_000;' '/ 100_001;'

mutant 'the filter is taken for the list' key_list.rs \
    'self.may_hold(unit, bits) && self.find(unit, key)' 'self.may_hold(unit, bits)'
mutant 'a search in a list ends at the first place of another' key_list.rs \
    'if place == 0 {' 'if place == 0 || (place ^ unit.0 as u32) & self.marks != 0 {'
# That a text is compared where hash and mark agree, and that the search goes on where it is another, is shown by tests of the
# library: `an_equal_hash_is_not_enough`, `entries_of_one_hash_are_told_apart_by_their_text`.

mutant 'a list with something else in it is an empty list' context.rs \
    'texts.map_or(OwnedValue::Missing, OwnedValue::Texts)' 'OwnedValue::Texts(texts.unwrap_or_default())'
mutant 'an empty targeting key has a place' context.rs \
    'named: self.targeting_key.as_deref().is_some_and(|key| !key.is_empty()),' 'named: self.targeting_key.is_some(),'
mutant 'a mapped address of a handle stays mapped' context.rs \
    'IpAddr => |address| ContextValue::Ip(address.to_canonical()),' 'IpAddr => |address| ContextValue::Ip(address),'
mutant 'infinity is a number' context.rs \
    'if number.is_finite() { ContextValue::Number(number) } else' \
    'if !number.is_nan() { ContextValue::Number(number) } else'

mutant 'a pre-release comes after its version' version.rs \
    '(None, Some(_)) => Ordering::Greater,' '(None, Some(_)) => Ordering::Less,'
mutant 'one part of a packed version runs into the next' version.rs \
    'if part >= 1 << PART_BITS {' 'if part >= 1 << (PART_BITS + 1) {'
mutant 'numbers of a pre-release compare as words' version.rs \
    'part.len().cmp(&other.len()).then_with(|| part.cmp(other))' 'part.cmp(other)'
mutant 'build metadata counts' version.rs \
    'packed(without_build).unwrap_or(0), text: without_build })' 'packed(without_build).unwrap_or(0), text })'

mutant 'an offset is applied the wrong way' time.rs \
    "b'+' => 1," "b'+' => -1,"
mutant 'no hundredth year is a leap year' time.rs \
    '(year % 100 != 0 || year % 400 == 0)' 'year % 100 != 0'
mutant 'a fraction ends at eight digits' time.rs \
    'take(9);' 'take(8);'

mutant 'the last bit of a v4 block does not count' address.rs \
    'checked_shr(32 - u32::from(self.prefix))' 'checked_shr(33 - u32::from(self.prefix))'
mutant 'no v6 address is in a block of all' address.rs \
    'checked_shr(128 - u32::from(self.prefix)).unwrap_or(0)' 'checked_shr(128 - u32::from(self.prefix)).unwrap_or(1)'
mutant 'a mapped address is a v6 address' address.rs \
    'ok().map(|address| address.to_canonical())' 'ok()'

echo "$total breaks, $survivors survived, $stale to be written anew"
[ "$total" -gt 0 ] && [ "$survivors" -eq 0 ] && [ "$stale" -eq 0 ]
