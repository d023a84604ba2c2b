//! IP addresses and blocks of them. A mapped IPv6 address is the IPv4 address in it.

use std::net::{IpAddr, Ipv4Addr};

use waterspout::Block;

/// Reads an address; none if it is not one.
#[must_use]
pub fn read(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.parse().ok()?;
    Some(unmapped(address))
}

fn unmapped(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    match v6.octets() {
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, a, b, c, d] => IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
        _ => address,
    }
}

/// Whether a block holds an address: they are of one family, and agree bit by bit as far as the prefix goes.
#[must_use]
pub fn holds(block: &Block, address: IpAddr) -> bool {
    let (base, address) = match (block.base(), address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => (base.octets().to_vec(), address.octets().to_vec()),
        (IpAddr::V6(base), IpAddr::V6(address)) => (base.octets().to_vec(), address.octets().to_vec()),
        _ => return false,
    };
    let bit = |octets: &[u8], place: usize| octets[place / 8] >> (7 - place % 8) & 1;
    (0..usize::from(block.prefix())).all(|place| bit(&base, place) == bit(&address, place))
}
