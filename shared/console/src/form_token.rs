//! The token that each form of a session carries. A page of another site cannot know it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The token of a session's forms: only a page of the session shows it, and the session does not follow
/// from it.
pub(crate) fn of(session_token: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"grapnel console form\0");
    hash.update(session_token.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

/// Whether a form carries the token of this session's forms.
pub(crate) fn is_form_of(session_token: &str, given: Option<&str>) -> bool {
    let expected = of(session_token);
    given.is_some_and(|given| given.as_bytes().ct_eq(expected.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forms_token_is_its_sessions() {
        let token = of("gcs_one");
        assert!(is_form_of("gcs_one", Some(&token)));
        assert!(!is_form_of("gcs_two", Some(&token)));
        assert!(!is_form_of("gcs_one", Some("")));
        assert!(!is_form_of("gcs_one", None));
    }
}
