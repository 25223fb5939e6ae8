//! Many blocks of addresses, found with one search.

use ipnet::IpNet;
use std::net::IpAddr;

/// Longest text of an IP address.
const MAX_ADDRESS_BYTES: usize = 45;
/// The shortest address is `::`; in the data it has quotes and a comma too.
const SHORTEST_ADDRESS_BYTES: usize = 2;
/// Steps to parse an address, in addition to one for each byte.
const ADDRESS_STEPS: usize = 8;

/// The blocks of both IP versions, and the group of each.
#[derive(Debug, Default)]
pub(super) struct Networks {
    v4: Ranges,
    v6: Ranges,
}

/// The bounds of all blocks divide the addresses into ranges. All addresses of a range are in the
/// same blocks, so one search finds the blocks, however many prefix lengths there are.
#[derive(Debug, Default)]
struct Ranges {
    /// The first address of each range.
    starts: Vec<u128>,
    groups: Vec<Vec<usize>>,
}

impl Networks {
    pub(super) fn new(networks: &[(IpNet, usize)]) -> Self {
        let of = |is_v4: bool| {
            let blocks = networks.iter().filter(|(network, _)| network.addr().is_ipv4() == is_v4);
            Ranges::new(blocks.map(|(network, group)| {
                (number(network.network()), number(network.broadcast()), *group)
            }))
        };
        Self { v4: of(true), v6: of(false) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.v4.starts.is_empty() && self.v6.starts.is_empty()
    }

    /// Adds the groups of the blocks that contain an address to `found`, and returns the steps of
    /// the search.
    pub(super) fn find(&self, text: &str, found: &mut Vec<usize>) -> usize {
        if text.len() > MAX_ADDRESS_BYTES {
            return 0;
        }
        let steps = ADDRESS_STEPS + text.len();
        let Ok(address) = text.parse::<IpAddr>() else { return steps };
        let ranges = if address.is_ipv4() { &self.v4 } else { &self.v6 };
        found.extend(ranges.groups_of(number(address)));
        steps + ranges.comparisons()
    }

    /// Maximum steps of [`Networks::find`], and of what it finds, for each byte that a text has in
    /// the data including quotes and a comma.
    pub(super) fn steps_per_byte(&self) -> f64 {
        if self.is_empty() {
            return 0.0;
        }
        let of_ranges = self.v4.most_steps().max(self.v6.most_steps());
        let no_address = ADDRESS_STEPS as f64 / 3.0;
        let address = ADDRESS_STEPS + SHORTEST_ADDRESS_BYTES + of_ranges;
        no_address.max(address as f64 / (SHORTEST_ADDRESS_BYTES + 3) as f64)
    }

    /// The groups of all blocks.
    pub(super) fn groups(&self) -> impl Iterator<Item = usize> {
        self.v4.groups.iter().chain(&self.v6.groups).flatten().copied()
    }
}

impl Ranges {
    fn new(blocks: impl Iterator<Item = (u128, u128, usize)>) -> Self {
        let blocks: Vec<_> = blocks.collect();
        let bounds = |(first, last, _): &(u128, u128, usize)| [Some(*first), last.checked_add(1)];
        let mut starts: Vec<u128> = blocks.iter().flat_map(bounds).flatten().collect();
        starts.sort_unstable();
        starts.dedup();
        let groups_from = |start: &u128| {
            let around = blocks.iter().filter(|(first, last, _)| (first..=last).contains(&start));
            around.map(|(_, _, group)| *group).collect()
        };
        let groups = starts.iter().map(groups_from).collect();
        Self { starts, groups }
    }

    fn groups_of(&self, address: u128) -> &[usize] {
        let after = self.starts.partition_point(|start| *start <= address);
        after.checked_sub(1).and_then(|at| self.groups.get(at)).map_or(&[], Vec::as_slice)
    }

    /// Comparisons of one search.
    fn comparisons(&self) -> usize {
        (usize::BITS - self.starts.len().leading_zeros()) as usize
    }

    /// Steps of a search in the range that finds the most.
    fn most_steps(&self) -> usize {
        self.comparisons() + self.groups.iter().map(Vec::len).max().unwrap_or_default()
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Blocks that are nested or adjacent, including at both ends of all addresses.
    fn network() -> impl Strategy<Value = IpNet> {
        let at = prop::sample::select(vec![
            "::",
            "8000::",
            "ffff:ffff::",
            "0.0.0.0",
            "10.0.0.0",
            "255.255.255.240",
        ]);
        (at, any::<u8>()).prop_map(|(at, bits)| {
            let address: IpAddr = at.parse().expect("an address");
            let most = if address.is_ipv4() { 32 } else { 128 };
            IpNet::new(address, bits % (most + 1)).expect("a block").trunc()
        })
    }

    proptest! {
        #[test]
        fn an_address_finds_the_blocks_that_contain_it(
            networks in prop::collection::vec(network(), 0..30),
            beside in network(),
        ) {
            let numbered: Vec<(IpNet, usize)> = networks.iter().copied().zip(0..).collect();
            let index = Networks::new(&numbered);
            let blocks = networks.iter().chain([&beside]);
            for address in blocks.flat_map(|block| [block.network(), block.broadcast()]) {
                let mut found = Vec::new();
                let steps = index.find(&address.to_string(), &mut found) + found.len();
                let expected: Vec<usize> = numbered
                    .iter()
                    .filter(|(network, _)| network.contains(&address))
                    .map(|(_, group)| *group)
                    .collect();
                prop_assert_eq!(&found, &expected, "{}", address);
                let most = index.steps_per_byte() * (address.to_string().len() + 3) as f64;
                prop_assert!(index.is_empty() || steps as f64 <= most, "{} steps for {}", steps, address);
            }
        }
    }
}
