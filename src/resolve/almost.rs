//! Texts that are almost a version, a time or an address: what was probably meant. Runs on faults only.
//!
//! Each way of going wrong is a function that repairs it; a repair counts if the result can be read.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::address::{Block, BlockFault};
use crate::time::Time;
use crate::version::Version;

/// A way in which a text goes wrong: what to write instead, if it went wrong so.
type Way = fn(&str) -> Option<String>;

fn first_of(ways: &[Way], written: &str) -> Option<String> {
    // A text of a megabyte is no slip.
    if written.len() > 200 {
        return None;
    }
    ways.iter().find_map(|way| way(written))
}

fn without_blanks(written: &str) -> String {
    written.chars().filter(|character| !character.is_whitespace()).collect()
}

/// The text with every number through `change`.
fn numbers_changed(written: &str, change: impl Fn(&str) -> String) -> String {
    let mut changed = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
        let (number, after) = from.split_at(end);
        changed.push_str(before);
        changed.push_str(&change(number));
        rest = after;
    }
    changed.push_str(rest);
    changed
}

fn without_leading_zeros(number: &str) -> String {
    match number.trim_start_matches('0') {
        "" => "0".to_owned(),
        digits => digits.to_owned(),
    }
}

// Versions.

/// What to write instead of a text that is no version.
pub(super) fn version(written: &str) -> String {
    let ways: [Way; 8] = [
        version_in_blanks,
        version_with_v,
        version_compared,
        version_range,
        version_in_four_parts,
        version_with_zeros,
        version_without_patch,
        version_with_holes,
    ];
    first_of(&ways, written).unwrap_or_else(|| {
        if written
            .split(['.', '-', '+'])
            .any(|part| part.len() > 19 && part.bytes().all(|b| b.is_ascii_digit()))
        {
            return "each of the three numbers is below 2^64".to_owned();
        }
        "write `7`, `7.5`, `7.5.0` or `7.5.0-rc.1` (SemVer 2.0)".to_owned()
    })
}

fn is_version(text: &str) -> bool {
    Version::parse(text).is_some()
}

fn version_in_blanks(written: &str) -> Option<String> {
    let bare = without_blanks(written);
    is_version(&bare).then(|| format!("without the blank: `{bare}`"))
}

fn version_with_v(written: &str) -> Option<String> {
    let bare = written.strip_prefix(['v', 'V'])?;
    is_version(bare).then(|| format!("write `{bare}`"))
}

fn version_compared(written: &str) -> Option<String> {
    let bare = written.trim_start_matches(['<', '>', '=', '^', '~', '!']);
    let sign = written.strip_suffix(bare)?;
    let bare = bare.trim();
    let test = match sign {
        ">=" => "at_least",
        ">" => "above",
        "<=" => "at_most",
        "<" => "below",
        "=" | "==" => "is",
        "!=" => "is_not",
        "^" | "~" => return is_version(bare).then(|| "write a range with `at_least` and `below`".to_owned()),
        _ => return None,
    };
    is_version(bare).then(|| format!("the comparison is the test: `{{\"{test}\": \"{bare}\"}}`"))
}

/// `2.x`, `2.3.*`
fn version_range(written: &str) -> Option<String> {
    let any = |part: &&str| !matches!(*part, "x" | "X" | "*");
    let known: Vec<u64> =
        written.split('.').take_while(any).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let open = written.split('.').skip(known.len());
    if open.clone().count() == 0 || open.clone().any(|part| any(&part)) {
        return None;
    }
    let (from, to) = match known.as_slice() {
        [major] => (format!("{major}.0"), format!("{}.0.0-0", major.checked_add(1)?)),
        [major, minor] => (format!("{major}.{minor}"), format!("{major}.{}.0-0", minor.checked_add(1)?)),
        _ => return None,
    };
    Some(format!("write the range: `{{\"at_least\": \"{from}\", \"below\": \"{to}\"}}`"))
}

fn version_in_four_parts(written: &str) -> Option<String> {
    let parts: Vec<&str> = written.split('.').collect();
    let three = parts.get(..3)?.join(".");
    let more = parts.get(3..)?;
    let all_numbers = more.iter().all(|part| part.parse::<u64>().is_ok());
    (!more.is_empty() && all_numbers && is_version(&three))
        .then(|| format!("a version has three numbers at most: `{three}`"))
}

fn version_with_zeros(written: &str) -> Option<String> {
    let bare = numbers_changed(written, without_leading_zeros);
    is_version(&bare).then(|| format!("without leading zeros: `{bare}`"))
}

fn version_without_patch(written: &str) -> Option<String> {
    let end = written.find(['-', '+'])?;
    let (core, rest) = written.split_at(end);
    [".0", ".0.0"]
        .iter()
        .map(|zeros| format!("{core}{zeros}{rest}"))
        .find(|whole| is_version(whole))
        .map(|whole| format!("a pre-release or a build stands behind three numbers: `{whole}`"))
}

/// `1.2.`, `2.3.0-rc..1`
fn version_with_holes(written: &str) -> Option<String> {
    let parts: Vec<&str> = written.split('.').filter(|part| !part.is_empty()).collect();
    let bare = parts.join(".");
    is_version(&bare).then(|| format!("did you mean `{bare}`?"))
}

// Times and dates.

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// What to write instead of a text that is no time.
pub(super) fn time(written: &str) -> String {
    let ways: [Way; 9] = [
        time_in_blanks,
        time_without_offset,
        time_with_a_blank,
        time_without_seconds,
        date_with_an_offset,
        time_in_single_digits,
        time_with_a_slip,
        year_first,
        out_of_range,
    ];
    first_of(&ways, written).unwrap_or_else(|| {
        "write `2026-12-01T08:00:00Z`, an offset like `+01:00`, or a date alone for its midnight in UTC"
            .to_owned()
    })
}

/// What to write instead of a text that is no date.
pub(super) fn date(written: &str) -> String {
    let ways: [Way; 5] = [date_in_blanks, date_with_a_time, date_in_single_digits, year_first, out_of_range];
    first_of(&ways, written).unwrap_or_else(|| "write year, month and day: `2027-03-01`".to_owned())
}

fn is_time(text: &str) -> bool {
    Time::parse(text).is_some()
}

fn is_date(text: &str) -> bool {
    Time::parse_date(text).is_some()
}

fn time_in_blanks(written: &str) -> Option<String> {
    let bare = written.trim();
    is_time(bare).then(|| format!("without the blank: `{bare}`"))
}

fn date_in_blanks(written: &str) -> Option<String> {
    let bare = without_blanks(written);
    is_date(&bare).then(|| format!("without the blank: `{bare}`"))
}

fn time_without_offset(written: &str) -> Option<String> {
    let whole = format!("{written}Z");
    (written.contains(['T', 't']) && is_time(&whole))
        .then(|| format!("a time needs its offset: `{whole}` for UTC, or `{written}+01:00`"))
}

fn time_with_a_blank(written: &str) -> Option<String> {
    let whole = written.replacen(' ', "T", 1);
    let whole = if is_time(&whole) { whole } else { format!("{whole}Z") };
    is_time(&whole).then(|| format!("between date and time stands a `T`: `{whole}`"))
}

fn time_without_seconds(written: &str) -> Option<String> {
    let end = written.find(':')? + 3;
    let (start, rest) = written.split_at_checked(end)?;
    let offset = if rest.is_empty() { "Z" } else { rest };
    let whole = format!("{start}:00{offset}");
    is_time(&whole).then(|| format!("with its seconds: `{whole}`"))
}

fn date_with_an_offset(written: &str) -> Option<String> {
    let (date, offset) = written.split_at_checked(10)?;
    (offset.starts_with(['Z', 'z', '+', '-']) && is_date(date))
        .then(|| format!("a date alone has no offset: `{date}`"))
}

fn date_with_a_time(written: &str) -> Option<String> {
    let (date, rest) = written.split_at_checked(10)?;
    (rest.starts_with(['T', 't', ' ', 'Z', 'z']) && is_date(date)).then(|| format!("the day alone: `{date}`"))
}

fn in_two_digits(written: &str) -> String {
    numbers_changed(
        written,
        |number| if number.len() == 1 { format!("0{number}") } else { number.to_owned() },
    )
}

fn time_in_single_digits(written: &str) -> Option<String> {
    let whole = in_two_digits(written);
    is_time(&whole).then(|| format!("two digits each: `{whole}`"))
}

fn date_in_single_digits(written: &str) -> Option<String> {
    let whole = in_two_digits(written);
    is_date(&whole).then(|| format!("two digits each: `{whole}`"))
}

/// `+0100`, `+01`, a point without digits behind it, a comma for the point.
fn time_with_a_slip(written: &str) -> Option<String> {
    let behind =
        written.rfind(['+', '-']).filter(|at| *at > 10).and_then(|at| written.split_at_checked(at + 3));
    let offset = behind.map(|(hours, minutes)| match minutes {
        "" => format!("{hours}:00"),
        minutes => format!("{hours}:{minutes}"),
    });
    let point = [written.replace(".Z", "Z"), written.replace(',', ".")];
    offset
        .into_iter()
        .chain(point)
        .find(|whole| is_time(whole))
        .map(|whole| format!("did you mean `{whole}`?"))
}

/// `24.12.2026` as year, month and day. Where slashes stand, nobody knows which is the month.
fn year_first(written: &str) -> Option<String> {
    let parts: Vec<&str> = written.split('.').collect();
    let [day, month, year] = parts.as_slice() else { return None };
    let whole = in_two_digits(&format!("{year}-{month}-{day}"));
    is_date(&whole).then(|| format!("the year comes first: `{whole}`"))
}

/// A number that its place in a date or a time cannot have.
fn out_of_range(written: &str) -> Option<String> {
    let number = |at: usize, length: usize| written.get(at..at + length)?.parse::<u32>().ok();
    let mark = |at: usize| written.as_bytes().get(at).copied();
    if mark(4) != Some(b'-') {
        let years = written.bytes().take_while(u8::is_ascii_digit).count();
        return (years > 4 && mark(years) == Some(b'-')).then(|| "years go from 0000 to 9999".to_owned());
    }
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let name = MONTHS.get((month as usize).checked_sub(1).unwrap_or(usize::MAX));
    let Some(name) = name else { return Some("months go from 01 to 12".to_owned()) };
    let days = (28..=31).rev().find(|day| is_date(&format!("{year:04}-{month:02}-{day}")))?;
    if !(1..=days).contains(&day) {
        return Some(format!("{name} {year:04} has {days} days"));
    }
    if number(11, 2)? > 23 {
        return Some("hours go from 00 to 23; midnight is `00:00:00` of the next day".to_owned());
    }
    if number(14, 2)? > 59 {
        return Some("minutes go from 00 to 59".to_owned());
    }
    if number(17, 2)? > 59 {
        return Some("seconds go from 00 to 59".to_owned());
    }
    written
        .rfind(['+', '-'])
        .filter(|at| *at > 10)
        .map(|_| "the hours of an offset go to 23, its minutes to 59".to_owned())
}

// Addresses.

/// What is wrong with an entry of `within`, and what to write instead.
pub(super) fn address(written: &str, fault: BlockFault) -> (&'static str, String) {
    match fault {
        BlockFault::HostBits(meant) => ("has bits set behind its prefix", format!("did you mean `{meant}`?")),
        BlockFault::Mapped => (
            "is a block of mapped IPv4 addresses, which count as IPv4",
            mapped(written).unwrap_or_else(|| "write the IPv4 block".to_owned()),
        ),
        BlockFault::Unreadable => ("is no address and no block of addresses", unreadable(written)),
    }
}

fn unreadable(written: &str) -> String {
    let ways: [Way; 9] = [
        address_in_blanks,
        address_in_brackets,
        address_with_zone,
        address_with_port,
        prefix_too_long,
        address_with_netmask,
        address_with_zeros,
        address_cut_short,
        host_name,
    ];
    first_of(&ways, written)
        .unwrap_or_else(|| "write `192.0.2.7`, `10.0.0.0/8` or `2001:db8::/32`".to_owned())
}

/// The block that a text names, its bits behind the prefix cleared.
fn block(text: &str) -> Option<Block> {
    match Block::parse(text) {
        Ok(block) | Err(BlockFault::HostBits(block)) => Some(block),
        Err(_) => None,
    }
}

fn mapped(written: &str) -> Option<String> {
    let (address, length) = written.split_once('/')?;
    let address = address.parse::<Ipv6Addr>().ok()?.to_ipv4_mapped()?;
    let length = length.parse::<u8>().ok()?.checked_sub(96)?;
    block(&format!("{address}/{length}")).map(|block| format!("write the IPv4 block, `{block}`"))
}

fn address_in_blanks(written: &str) -> Option<String> {
    block(&without_blanks(written)).map(|block| format!("without the blank: `{block}`"))
}

/// `[2001:db8::1]`, with or without a port.
fn address_in_brackets(written: &str) -> Option<String> {
    let (inside, _) = written.strip_prefix('[')?.split_once(']')?;
    block(inside).map(|block| format!("the address alone: `{block}`"))
}

fn address_with_zone(written: &str) -> Option<String> {
    let (address, _) = written.split_once('%')?;
    block(address).map(|block| format!("without the zone: `{block}`"))
}

fn address_with_port(written: &str) -> Option<String> {
    let (address, _) = written.split_once(':')?;
    address.parse::<Ipv4Addr>().ok().map(|address| format!("without the port: `{address}`"))
}

fn prefix_too_long(written: &str) -> Option<String> {
    let (address, length) = written.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    (length.parse::<u32>().ok()? > most).then(|| format!("the length of its prefix is at most `/{most}`"))
}

/// `10.0.0.0/255.0.0.0`
fn address_with_netmask(written: &str) -> Option<String> {
    let (address, mask) = written.split_once('/')?;
    let mask = mask.parse::<Ipv4Addr>().ok()?.to_bits();
    let length = mask.leading_ones();
    let whole = length + mask.trailing_zeros() >= 32;
    let block = block(&format!("{address}/{length}")).filter(|_| whole)?;
    Some(format!("write the length of the prefix: `{block}`"))
}

fn address_with_zeros(written: &str) -> Option<String> {
    let bare = numbers_changed(written, without_leading_zeros);
    block(&bare).map(|block| format!("without leading zeros: `{block}`"))
}

/// `10/8`, `10.0.0`, `10.0.0.*`: IPv4 parts that are left open.
fn address_cut_short(written: &str) -> Option<String> {
    let (address, length) = match written.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (written, None),
    };
    let known: Vec<&str> = address.split('.').take_while(|part| part.parse::<u8>().is_ok()).collect();
    let open = address.split('.').skip(known.len());
    let rest_is_open = open.clone().all(|part| matches!(part, "*" | "x"));
    if !rest_is_open || !(1..=3).contains(&known.len()) || length.is_none() && written.parse::<u8>().is_ok() {
        return None;
    }
    let length = length.map_or_else(|| (known.len() * 8).to_string(), str::to_owned);
    let zeros = ".0".repeat(4 - known.len());
    block(&format!("{}{zeros}/{length}", known.join("."))).map(|block| format!("did you mean `{block}`?"))
}

fn host_name(written: &str) -> Option<String> {
    if written.contains(':') {
        return None;
    }
    if let Some(part) =
        written.split(['.', '/']).find(|part| part.parse::<u32>().is_ok_and(|part| part > 255))
    {
        return Some(format!("`{part}` is larger than 255, the most that a part of an address can be"));
    }
    let letters = written.starts_with(|c: char| c.is_ascii_alphabetic());
    letters.then(|| "names are not looked up: write the address".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_is_almost_one_is_repaired() {
        for (written, help) in [
            ("v1.2", "write `1.2`"),
            (" 2.3.0", "without the blank: `2.3.0`"),
            ("01.2", "without leading zeros: `1.2`"),
            ("2.3.0-01", "without leading zeros: `2.3.0-1`"),
            (">=2.3", "the comparison is the test: `{\"at_least\": \"2.3\"}`"),
            ("< 3", "the comparison is the test: `{\"below\": \"3\"}`"),
            ("^2", "write a range with `at_least` and `below`"),
            ("2.x", "write the range: `{\"at_least\": \"2.0\", \"below\": \"3.0.0-0\"}`"),
            ("2.3.*", "write the range: `{\"at_least\": \"2.3\", \"below\": \"2.4.0-0\"}`"),
            ("1.2.3.4", "a version has three numbers at most: `1.2.3`"),
            ("7.5-rc.1", "a pre-release or a build stands behind three numbers: `7.5.0-rc.1`"),
            ("7+b", "a pre-release or a build stands behind three numbers: `7.0.0+b`"),
            ("1.2.", "did you mean `1.2`?"),
            ("2.3.0-rc..1", "did you mean `2.3.0-rc.1`?"),
            ("18446744073709551616.0.0", "each of the three numbers is below 2^64"),
            ("latest", "write `7`, `7.5`, `7.5.0` or `7.5.0-rc.1` (SemVer 2.0)"),
            ("", "write `7`, `7.5`, `7.5.0` or `7.5.0-rc.1` (SemVer 2.0)"),
        ] {
            assert_eq!(version(written), help, "{written}");
        }
    }

    #[test]
    fn a_time_that_is_almost_one_is_repaired() {
        let general =
            "write `2026-12-01T08:00:00Z`, an offset like `+01:00`, or a date alone for its midnight in UTC";
        for (written, help) in [
            (
                "2026-12-01T08:00:00",
                "a time needs its offset: `2026-12-01T08:00:00Z` for UTC, or `2026-12-01T08:00:00+01:00`",
            ),
            ("2026-12-01 08:00:00", "between date and time stands a `T`: `2026-12-01T08:00:00Z`"),
            ("2026-12-01 08:00:00+01:00", "between date and time stands a `T`: `2026-12-01T08:00:00+01:00`"),
            (" 2026-12-01", "without the blank: `2026-12-01`"),
            ("2026-12-01T08:00Z", "with its seconds: `2026-12-01T08:00:00Z`"),
            ("2026-12-01T08:00", "with its seconds: `2026-12-01T08:00:00Z`"),
            ("2026-12-01Z", "a date alone has no offset: `2026-12-01`"),
            ("2026-12-01+01", "a date alone has no offset: `2026-12-01`"),
            ("2026-12-1T8:00:00Z", "two digits each: `2026-12-01T08:00:00Z`"),
            ("2026-12-01T08:00:00+0100", "did you mean `2026-12-01T08:00:00+01:00`?"),
            ("2026-12-01T08:00:00.Z", "did you mean `2026-12-01T08:00:00Z`?"),
            ("24.12.2026", "the year comes first: `2026-12-24`"),
            ("2026-02-30T08:00:00Z", "February 2026 has 28 days"),
            ("1900-02-29", "February 1900 has 28 days"),
            ("2026-13-01", "months go from 01 to 12"),
            ("2026-00-01", "months go from 01 to 12"),
            ("2026-12-01T24:00:00Z", "hours go from 00 to 23; midnight is `00:00:00` of the next day"),
            ("2026-12-01T08:60:00Z", "minutes go from 00 to 59"),
            ("2026-12-31T23:59:60Z", "seconds go from 00 to 59"),
            ("2026-12-01T08:00:00+24:00", "the hours of an offset go to 23, its minutes to 59"),
            ("10000-01-01T00:00:00Z", "years go from 0000 to 9999"),
            ("tomorrow", general),
            ("12/24/2026", general),
            ("", general),
            ("2026-12-01€", general),
            ("ä", general),
        ] {
            assert_eq!(time(written), help, "{written}");
        }
        assert_eq!(date("2099-03-01T00:00:00Z"), "the day alone: `2099-03-01`");
        assert_eq!(date("2099-3-1"), "two digits each: `2099-03-01`");
        assert_eq!(date("2099-06-31"), "June 2099 has 30 days");
        assert_eq!(date("soon"), "write year, month and day: `2027-03-01`");
    }

    #[test]
    fn an_address_that_is_almost_one_is_repaired() {
        let general = "write `192.0.2.7`, `10.0.0.0/8` or `2001:db8::/32`";
        for (written, help) in [
            ("[2001:db8::1]:443", "the address alone: `2001:db8::1`"),
            (" 10.0.0.1", "without the blank: `10.0.0.1`"),
            ("fe80::1%eth0", "without the zone: `fe80::1`"),
            ("10.0.0.1:8080", "without the port: `10.0.0.1`"),
            ("10.0.0.0/33", "the length of its prefix is at most `/32`"),
            ("2001:db8::/129", "the length of its prefix is at most `/128`"),
            ("10.0.0.0/08", "without leading zeros: `10.0.0.0/8`"),
            ("010.0.0.1", "without leading zeros: `10.0.0.1`"),
            ("10.0.0.0/255.0.0.0", "write the length of the prefix: `10.0.0.0/8`"),
            ("10.0.0.0/255.0.255.0", general),
            ("10/8", "did you mean `10.0.0.0/8`?"),
            ("10.1.2", "did you mean `10.1.2.0/24`?"),
            ("10.0.*.*", "did you mean `10.0.0.0/16`?"),
            ("10.0.0.256", "`256` is larger than 255, the most that a part of an address can be"),
            ("localhost", "names are not looked up: write the address"),
            ("10", general),
            ("", general),
            ("::g", general),
        ] {
            assert_eq!(unreadable(written), help, "{written}");
        }
        assert_eq!(mapped("::ffff:10.1.0.0/104").as_deref(), Some("write the IPv4 block, `10.0.0.0/8`"));
    }

    #[test]
    fn a_text_of_a_megabyte_takes_no_time() {
        let long = "1.".repeat(500_000);
        assert!(version(&long).starts_with("write") && time(&long).starts_with("write"));
        assert!(unreadable(&long).starts_with("write"));
    }
}
