//! Names that never lead to the public internet, recognized by their ending.

/// Endings that the public DNS does not have and never will, nor any name under them. `example` is
/// on the same list, but is left out: examples and trials use it in place of a real name.
const ENDINGS: [&str; 16] = [
    // RFC 6761, the special-use domain names, and the default name of this machine on many systems.
    "localhost",
    "localdomain",
    "invalid",
    "test",
    // RFC 6762 (multicast DNS), RFC 7686 (Tor), RFC 8375 (home networks), RFC 9476 (not the DNS).
    "local",
    "onion",
    "home.arpa",
    "alt",
    // Reserved by ICANN in 2024; clouds used it long before for their metadata services.
    "internal",
    // Never to be delegated: decided by ICANN in 2018 (`corp`, `home`, `mail`), or because of
    // collisions with private networks (RFC 6762, appendix G, and Kubernetes' names of services).
    "corp",
    "home",
    "mail",
    "intranet",
    "lan",
    "private",
    "svc",
];

/// The ending of this name that is not on the public internet, if it has one. The name must be in
/// lower case, as the parser returns it, and without the final dot.
pub(super) fn local_ending(name: &str) -> Option<&'static str> {
    let is_or_is_under = |ending: &&&str| {
        name.strip_suffix(**ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    ENDINGS.iter().find(is_or_is_under).copied()
}
