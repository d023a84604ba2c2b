//! Which addresses the blocks of two files can tell apart: each block without the blocks inside it, and the rest.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use waterspout::Block;
use waterspout::flag_set::Predicate;

use super::dimension::{Ask, Probe, What};
use super::sample::{Sample, inside};

/// First and last address of a range, as numbers.
type Range = (u128, u128);

/// v6 addresses that stand for v4 ones; read, they are those.
const MAPPED: Range = (0xffff_0000_0000, 0xffff_ffff_ffff);

pub(crate) fn addresses<'s>(probes: &[Probe<'s>]) -> Vec<(What<'s>, Sample)> {
    let mut blocks: Vec<Block> = Vec::new();
    for probe in probes {
        if let Ask::Test(Predicate::Within(within)) = probe.ask {
            for block in within {
                if !blocks.contains(block) {
                    blocks.push(*block);
                }
            }
        }
    }
    let mut regions = Vec::new();
    for v4 in [true, false] {
        let family: Vec<(&Block, Range)> = blocks
            .iter()
            .filter(|block| block.base().is_ipv4() == v4)
            .map(|block| (block, range(block)))
            .collect();
        let holes = if v4 { None } else { Some(MAPPED) };
        for (block, (first, last)) in &family {
            let within: Vec<(&Block, Range)> = family
                .iter()
                .filter(|(other, (from, to))| other != block && from >= first && to <= last)
                .copied()
                .collect();
            let taken: Vec<Range> = within.iter().map(|(_, range)| *range).chain(holes).collect();
            if let Some(address) = free((*first, *last), &taken) {
                let but = outermost(&within);
                let words = if but.is_empty() {
                    format!("in {block}")
                } else {
                    format!("in {block} but not in {but}")
                };
                regions.push((What::Words(words), sample(address, v4)));
            }
        }
        let whole = if v4 { (0, u128::from(u32::MAX)) } else { (0, u128::MAX) };
        let taken: Vec<Range> = family.iter().map(|(_, range)| *range).chain(holes).collect();
        if let Some(address) = free(whole, &taken) {
            let version = if v4 { 4 } else { 6 };
            let words =
                if family.is_empty() { format!("IPv{version}") } else { format!("any other IPv{version}") };
            regions.push((What::Words(words), sample(address, v4)));
        }
    }
    regions
}

/// The lowest address of a range that none of these take: its first, or the one after the end of one of them.
fn free((first, last): Range, taken: &[Range]) -> Option<u128> {
    let is_free = |address: &u128| taken.iter().all(|(from, to)| address < from || address > to);
    let after = taken.iter().filter_map(|(_, to)| to.checked_add(1));
    std::iter::once(first)
        .chain(after)
        .filter(|address| (first..=last).contains(address))
        .filter(is_free)
        .min()
}

fn outermost(within: &[(&Block, Range)]) -> String {
    let outer = within.iter().filter(|(block, _)| {
        within.iter().all(|(other, _)| {
            other == block || other.prefix() >= block.prefix() || !inside(other, block.base())
        })
    });
    outer.map(|(block, _)| block.to_string()).collect::<Vec<_>>().join(", ")
}

fn range(block: &Block) -> Range {
    let prefix = u32::from(block.prefix());
    match block.base() {
        IpAddr::V4(base) => {
            let host = u32::MAX.checked_shr(prefix).unwrap_or(0);
            (u128::from(base.to_bits()), u128::from(base.to_bits() | host))
        }
        IpAddr::V6(base) => {
            let host = u128::MAX.checked_shr(prefix).unwrap_or(0);
            (base.to_bits(), base.to_bits() | host)
        }
    }
}

fn sample(address: u128, v4: bool) -> Sample {
    let address = match u32::try_from(address) {
        Ok(bits) if v4 => IpAddr::V4(Ipv4Addr::from_bits(bits)),
        _ => IpAddr::V6(Ipv6Addr::from_bits(address)),
    };
    Sample::Text(address.to_string())
}
