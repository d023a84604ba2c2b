//! IP addresses and blocks of them.
//!
//! One address has one form: a v4-mapped v6 address (`::ffff:10.0.0.1`) is its v4 address. So a v6 block, `::/0` too,
//! never holds a v4 address, and a mapped block is refused.

use std::net::IpAddr;

/// Reads an address; `None` with leading zeros, a zone id, or anything around it.
pub(crate) fn parse_address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// A block of addresses in CIDR form, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    base: IpAddr,
    prefix: u8,
}

/// Why a text is no block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockFault {
    /// Not an address, or the length behind the slash is none.
    Unreadable,
    /// A mapped block; the v4 one says the same.
    Mapped,
    /// Bits below the prefix are set; the block that was probably meant.
    HostBits(Block),
}

impl Block {
    /// Reads `10.0.0.0/8`, `2001:db8::/32` or a single address.
    pub(crate) fn parse(text: &str) -> Result<Block, BlockFault> {
        let Some((address, length)) = text.split_once('/') else {
            let base = parse_address(text).ok_or(BlockFault::Unreadable)?;
            return Ok(Block { base, prefix: bits(base) });
        };
        let base: IpAddr = address.parse().map_err(|_| BlockFault::Unreadable)?;
        let prefix =
            parse_length(length).filter(|prefix| *prefix <= bits(base)).ok_or(BlockFault::Unreadable)?;
        if base.to_canonical() != base && prefix >= 96 {
            return Err(BlockFault::Mapped);
        }
        let block = Block { base: masked(base, prefix), prefix };
        if block.base == base { Ok(block) } else { Err(BlockFault::HostBits(block)) }
    }

    /// Whether the block holds an address, given in its one form.
    pub(crate) fn holds(&self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                (base.to_bits() ^ address.to_bits()).checked_shr(32 - u32::from(self.prefix)).unwrap_or(0)
                    == 0
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                (base.to_bits() ^ address.to_bits()).checked_shr(128 - u32::from(self.prefix)).unwrap_or(0)
                    == 0
            }
            _ => false,
        }
    }

    /// The first and the last address, if it is a v4 block.
    pub(crate) fn v4(&self) -> Option<(u32, u32)> {
        let IpAddr::V4(base) = self.base else { return None };
        let below = u32::MAX.checked_shr(u32::from(self.prefix)).unwrap_or(0);
        Some((base.to_bits(), base.to_bits() | below))
    }

    /// The lowest address of the block.
    #[must_use]
    pub fn base(&self) -> IpAddr {
        self.base
    }

    /// How many leading bits all its addresses share.
    #[must_use]
    pub fn prefix(&self) -> u8 {
        self.prefix
    }
}

/// Prints `10.0.0.0/8`, or the address alone where the block is one.
impl std::fmt::Display for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.prefix == bits(self.base) {
            write!(f, "{}", self.base)
        } else {
            write!(f, "{}/{}", self.base, self.prefix)
        }
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn parse_length(text: &str) -> Option<u8> {
    let padded = text.len() > 1 && text.starts_with('0');
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if padded || !digits { None } else { text.parse().ok() }
}

fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V6((address.to_bits() & mask).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(block: &str, address: &str) -> bool {
        Block::parse(block).unwrap().holds(parse_address(address).unwrap())
    }

    #[test]
    fn a_block_holds_its_own_from_first_to_last() {
        assert!(holds("10.0.0.0/8", "10.0.0.0") && holds("10.0.0.0/8", "10.255.255.255"));
        assert!(!holds("10.0.0.0/8", "9.255.255.255") && !holds("10.0.0.0/8", "11.0.0.0"));
        assert!(holds("0.0.0.0/0", "255.255.255.255") && holds("::/0", "ffff::"));
        assert!(holds("192.0.2.7", "192.0.2.7") && !holds("192.0.2.7/32", "192.0.2.6"));
        assert!(holds("2001:db8::/32", "2001:db8:ffff::1") && !holds("2001:db8::/32", "2001:db9::"));
    }

    #[test]
    fn a_mapped_address_is_its_v4_address() {
        assert!(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(holds("::ffff:10.1.2.3", "10.1.2.3"));
        assert!(
            !holds("::/0", "10.1.2.3") && !holds("::/0", "::ffff:10.1.2.3") && !holds("0.0.0.0/0", "::1")
        );
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for text in [
            "",
            "10",
            "10.0.0",
            "010.0.0.1",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/08",
            "10.0.0.0/+8",
            "10.0.0.0/",
            "/8",
            "fe80::1%eth0",
            "a.b.c.d",
            "10.0.0.0/8/8",
            " 10.0.0.1",
        ] {
            assert_eq!(Block::parse(text), Err(BlockFault::Unreadable), "{text}");
        }
        assert_eq!(Block::parse("::ffff:10.0.0.0/104"), Err(BlockFault::Mapped));
        assert_eq!(Block::parse("::ffff:0:0/96"), Err(BlockFault::Mapped));
        let meant = Block::parse("10.0.0.0/8").unwrap();
        assert_eq!(Block::parse("10.0.0.1/8"), Err(BlockFault::HostBits(meant)));
        assert!(matches!(Block::parse("1.2.3.4/0"), Err(BlockFault::HostBits(_))));
    }
}
