//! Checks the addresses of a host before a connection is made.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use url::Host;

use crate::dns::{LookUp, LookUpError};

/// Why a connection to an address is not allowed, as [`grapnel_domain::address::refusal`] returns
/// it.
pub(crate) type Refusal = fn(IpAddr) -> Option<&'static str>;

/// Maximum number of addresses that one attempt connects to. Enough for a receiver in several
/// zones, and too few to scan a network.
const MOST_ADDRESSES: usize = 8;

/// Resolves names and returns only checked addresses.
pub(crate) struct Guard {
    names: Arc<dyn LookUp>,
    refusal: Refusal,
    turn: AtomicUsize,
}

/// Why there are no addresses to connect to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GuardError {
    /// One of the addresses is not allowed.
    #[error("{name} resolves to {address}, which is {reason}")]
    Refused { name: String, address: IpAddr, reason: &'static str },
    /// The look-up failed, so there are no addresses to check.
    #[error(transparent)]
    LookUp(#[from] LookUpError),
}

impl Guard {
    pub(crate) fn new(names: Arc<dyn LookUp>, refusal: Refusal) -> Self {
        Self { names, refusal, turn: AtomicUsize::new(0) }
    }

    /// The addresses to connect to for `host`, in this order. A literal address was allowed by the
    /// URL policy before; a name is looked up once.
    pub(crate) async fn addresses(&self, host: &Host<&str>) -> Result<Vec<IpAddr>, GuardError> {
        let name = match *host {
            Host::Ipv4(ip) => return Ok(vec![ip.into()]),
            Host::Ipv6(ip) => return Ok(vec![ip.into()]),
            Host::Domain(name) => name,
        };
        let found = self.names.look_up(name).await?;
        if found.is_empty() {
            return Err(LookUpError::NoAddress(name.to_owned()).into());
        }
        // One private address among public ones is an attack or a mistake. If the others were used,
        // the outcome would depend on their order.
        for &address in &found {
            if let Some(reason) = (self.refusal)(address) {
                return Err(GuardError::Refused { name: name.to_owned(), address, reason });
            }
        }
        Ok(in_order(found, self.turn.fetch_add(1, Ordering::Relaxed)))
    }
}

/// IPv4 first, because IPv6 is often configured without a route. Each family is rotated by `turn`,
/// so that one dead address among several does not fail every attempt.
fn in_order(addresses: Vec<IpAddr>, turn: usize) -> Vec<IpAddr> {
    let (mut v4, mut v6): (Vec<_>, Vec<_>) = addresses.into_iter().partition(IpAddr::is_ipv4);
    for family in [&mut v4, &mut v6] {
        if !family.is_empty() {
            let first = turn % family.len();
            family.rotate_left(first);
        }
    }
    // Room for the second family even if the first alone would fill the list.
    let kept_v6 = v6.len().min(MOST_ADDRESSES / 2);
    v4.truncate(MOST_ADDRESSES - kept_v6);
    v6.truncate(MOST_ADDRESSES - v4.len());
    v4.append(&mut v6);
    v4
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::v4_first(&["2606::1", "8.0.0.1"], 0, &["8.0.0.1", "2606::1"])]
    #[case::rotated(&["8.0.0.1", "8.0.0.2", "8.0.0.3"], 4, &["8.0.0.2", "8.0.0.3", "8.0.0.1"])]
    #[case::one_stays(&["8.0.0.1"], 7, &["8.0.0.1"])]
    #[case::none(&[], 7, &[])]
    fn addresses_take_turns(#[case] found: &[&str], #[case] turn: usize, #[case] order: &[&str]) {
        let parse = |list: &[&str]| -> Vec<IpAddr> {
            let parsed = list.iter().map(|ip| ip.parse().expect("an address"));
            parsed.collect()
        };
        assert_eq!(in_order(parse(found), turn), parse(order));
    }

    #[rstest]
    #[case(100, 0, 8, 0)]
    #[case(100, 100, 4, 4)]
    #[case(1, 100, 1, 7)]
    #[case(100, 2, 6, 2)]
    #[case(0, 100, 0, 8)]
    fn no_more_than_eight_are_dialled(
        #[case] found_v4: u8,
        #[case] found_v6: u8,
        #[case] v4: usize,
        #[case] v6: usize,
    ) {
        let many_v4 = (0..found_v4).map(|n| IpAddr::from([8, 0, 0, n]));
        let many_v6 = (0..found_v6).map(|n| IpAddr::from([0x2606, 0, 0, 0, 0, 0, 0, n.into()]));
        let order = in_order(many_v4.chain(many_v6).collect(), 3);
        let kept_v4 = order.iter().filter(|ip| ip.is_ipv4()).count();
        assert_eq!((kept_v4, order.len() - kept_v4), (v4, v6));
    }
}
