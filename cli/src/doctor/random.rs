//! Names and secrets that nobody can guess.

use crate::failure::Failure;
use grapnel_domain::signature::{SECRET_BYTES, Secret};

/// A user that nobody else has.
///
/// # Errors
/// When the operating system has no randomness.
pub(super) fn user() -> Result<String, Failure> {
    let digits: String = bytes::<8>()?.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("doctor-{digits}"))
}

/// A webhook's secret.
///
/// # Errors
/// When the operating system has no randomness.
pub(super) fn secret() -> Result<Secret, Failure> {
    bytes::<SECRET_BYTES>().map(Secret::from_random)
}

fn bytes<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::new(format!("the system gave no random bytes: {error}")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_comes_twice() {
        let (one, other) = (user().expect("random"), user().expect("random"));
        assert!(one.starts_with("doctor-") && one != other, "{one} {other}");
        assert_ne!(secret().expect("random").reveal(), secret().expect("random").reveal());
    }
}
