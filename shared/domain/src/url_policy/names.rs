//! Names that never lead to the public internet, told by how they end.

/// Endings that the public DNS does not have and will not get, nor anything under them. `example`, which
/// belongs to the same list, is left out: it stands for a real name wherever something is explained or
/// tried.
const ENDINGS: [&str; 16] = [
    // RFC 6761, the special-use domain names, and the default of many systems for this machine.
    "localhost",
    "localdomain",
    "invalid",
    "test",
    // RFC 6762 (multicast DNS), RFC 7686 (Tor), RFC 8375 (home networks), RFC 9476 (not the DNS).
    "local",
    "onion",
    "home.arpa",
    "alt",
    // Reserved by ICANN in 2024, and used by clouds for their metadata services long before.
    "internal",
    // Never to be delegated, as ICANN resolved in 2018 (`corp`, `home`, `mail`), or as collisions
    // with private networks forbid: RFC 6762, appendix G, and Kubernetes' names of services.
    "corp",
    "home",
    "mail",
    "intranet",
    "lan",
    "private",
    "svc",
];

/// The ending of this name that is not on the public internet, if it has one. The name must be in lower
/// case, as the parser leaves it, and without the dot behind it.
pub(super) fn local_ending(name: &str) -> Option<&'static str> {
    let is_or_is_under = |ending: &&&str| {
        name.strip_suffix(**ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    ENDINGS.iter().find(is_or_is_under).copied()
}
