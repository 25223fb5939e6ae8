//! What can be seen of the API without a webhook: that it answers, that browsers may ask, and that a
//! key opens as long as it is one.

use super::{
    belongings::Belongings,
    check::Verdict,
    stop::{Break, StopFlag},
};
use crate::failure::Failure;
use grapnel_client::{Client, Error, Health, Method, NewKey, header};
use grapnel_domain::time::Timestamp;
use std::time::Duration;

/// A page's origin, where the stack's own are not known. Nobody has it.
const SOME_ORIGIN: &str = "https://grapnel-doctor.example";

/// For how long the doctor's key is one, should the doctor be unable to revoke it.
const KEY_LIFETIME: Duration = Duration::from_secs(3600);

/// Asks for the API's version. `is_of_stack`: the address is the stack's output.
///
/// # Errors
/// When it does not answer.
pub(super) async fn health(
    client: &Client,
    is_of_stack: bool,
    stop: &StopFlag,
) -> Result<Health, Break> {
    let answer = stop.or_stop(client.health().send()).await?;
    answer.map_err(|error| match error {
        Error::NoAnswer { .. } | Error::NotGrapnel { .. } if is_of_stack => {
            Break::Refused(Failure::from(error).advise(
                "This address is the stack's output ApiUrl; --api gives another. For the stack of \
                 `cargo xtask up`, which no address on AWS leads to: --api \"$GRAPNEL_URL\".",
            ))
        }
        _ => error.into(),
    })
}

/// The API answers, with its version.
pub(super) fn judge_health(client: &Client, health: &Health) -> Verdict {
    let (url, version, own) = (client.url(), &health.version, env!("CARGO_PKG_VERSION"));
    let other = if version == own {
        String::new()
    } else {
        format!("; this program is {own}, another version")
    };
    Verdict::passed(format!("Grapnel {version} answers at {url}{other}"))
}

/// Asks as a browser does before a page's request. `origins` are those that may, if that is known.
///
/// # Errors
/// When nothing answers.
pub(super) async fn preflight(
    client: &Client,
    origins: Option<&[&str]>,
    stop: &StopFlag,
) -> Result<Verdict, Break> {
    let named = origins.into_iter().flatten().find(|origin| **origin != "*");
    let origin = named.copied().unwrap_or(SOME_ORIGIN);
    let value = |text| header::HeaderValue::from_str(text).ok();
    let mut call = client.request(Method::OPTIONS, "/api/webhooks");
    for (name, text) in [(header::ORIGIN, origin), (header::ACCESS_CONTROL_REQUEST_METHOD, "POST")]
    {
        if let Some(value) = value(text) {
            call = call.header(name, value);
        }
    }
    let answer = stop.or_stop(call.answer()).await??;
    let allowed = answer.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    let allowed = allowed.and_then(|value| value.to_str().ok());
    Ok(judge_preflight(answer.status, allowed, origin, origins))
}

fn judge_preflight(
    status: u16,
    allowed: Option<&str>,
    origin: &str,
    origins: Option<&[&str]>,
) -> Verdict {
    const AGAIN: &str = "Set CorsAllowedOrigins and deploy again; if that changes nothing, compare the CORS \
                         settings of the HTTP API in the console of API Gateway with it.";
    let is_allowed = allowed.is_some_and(|it| it == origin || it == "*");
    match (status, origins) {
        (204, Some([_, ..])) if !is_allowed => {
            Verdict::failed(format!("204, but pages of {origin} may not read the answers"), AGAIN)
        }
        (204, Some([])) if allowed.is_some() => Verdict::failed(
            format!(
                "pages of {} may call, although CorsAllowedOrigins is empty",
                allowed.unwrap_or_default()
            ),
            AGAIN,
        ),
        (204, Some([])) => Verdict::passed("204; pages of no origin may call (CorsAllowedOrigins)"),
        (204, Some(_)) => Verdict::passed(format!("204; pages of {origin} may call")),
        (204, None) => Verdict::passed("204"),
        (403, None) => Verdict::skipped(
            "403: no web page may call, or not every one. If one should, name it by --origin, or name \
             the stack by --stack",
        ),
        (_, Some([])) => {
            Verdict::skipped(format!("pages of no origin may call (CorsAllowedOrigins); {status}"))
        }
        _ => Verdict::failed(
            format!("OPTIONS /api/webhooks answered {status}: browsers refuse all but 204"),
            AGAIN,
        ),
    }
}

/// Makes a key, uses it, revokes it, and uses it again.
///
/// # Errors
/// When the API refuses, or somebody wants to stop.
pub(super) async fn key(
    admin: &Client,
    belongings: &mut Belongings,
    stop: &StopFlag,
    now: Timestamp,
) -> Result<Verdict, Break> {
    let user = belongings.user().to_owned();
    let order = NewKey {
        user_id: Some(user.clone()),
        name: Some("grapnel doctor".to_owned()),
        expires_at: Some(now.plus(KEY_LIFETIME)),
        ..NewKey::default()
    };
    // Without `or_stop`: what is made must be known, to be removed.
    let created = admin.create_key(&order).await;
    if created.as_ref().err().is_none_or(|error| error.problem().is_none()) {
        belongings.begin();
    }
    let key = created?;
    let with_key = admin.with_key(&key.key)?;
    let used = || with_key.request(Method::GET, "/api/webhooks?limit=1").answer();
    let before = stop.or_stop(used()).await??.status;
    stop.or_stop(admin.revoke_key(&user, &key.id).send()).await??;
    let after = stop.or_stop(used()).await??.status;
    Ok(judge_key(&user, before, after))
}

fn judge_key(user: &str, before: u16, after: u16) -> Verdict {
    match (before, after) {
        (200, 401) => Verdict::passed(format!(
            "a new key of {user} works, and is refused after it is revoked"
        )),
        (200, _) => Verdict::failed(
            format!("a revoked key was answered {after}, not 401"),
            "Does something between here and the API keep its answers? A cache must not keep those of /api.",
        ),
        _ => Verdict::failed(
            format!("a new key was answered {before}, not 200"),
            "Does something between here and the API take the header Authorization away?",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::Outcome::{self, Failed, Passed, Skipped};
    use rstest::rstest;

    const PAGE: &str = "https://app.example.com";

    #[rstest]
    #[case::allowed(204, Some(PAGE), Some(&[PAGE][..]), Passed)]
    #[case::any_is_allowed(204, Some("*"), Some(&["*"][..]), Passed)]
    #[case::not_taken_over(204, None, Some(&[PAGE][..]), Failed)]
    #[case::not_taken_back(204, Some(PAGE), Some(&[][..]), Failed)]
    #[case::none_may(204, None, Some(&[][..]), Passed)]
    #[case::none_may_and_the_gateway_says_so(403, None, Some(&[][..]), Skipped)]
    #[case::unknown(204, None, None, Passed)]
    #[case::another_status(200, Some(PAGE), Some(&[PAGE][..]), Failed)]
    #[case::refused_and_maybe_meant_so(403, None, None, Skipped)]
    #[case::refused_although_named(403, None, Some(&[PAGE][..]), Failed)]
    #[case::out_of_order(500, None, None, Failed)]
    fn a_preflight_is_judged_by_who_may_call(
        #[case] status: u16,
        #[case] allowed: Option<&str>,
        #[case] origins: Option<&[&str]>,
        #[case] expected: Outcome,
    ) {
        assert_eq!(judge_preflight(status, allowed, PAGE, origins).outcome, expected);
    }

    /// The stack of `cargo xtask up` names an address on AWS.
    #[rstest]
    #[case::of_the_stack(true)]
    #[case::of_a_setting(false)]
    #[tokio::test]
    async fn a_wrong_address_is_said_to_be_the_stacks_if_it_is(#[case] is_of_stack: bool) {
        let (_raise, stop) = StopFlag::new();
        let nobody = Client::builder("http://127.0.0.1:1").build().expect("a client");
        let refused = health(&nobody, is_of_stack, &stop).await.expect_err("no answer");
        let Break::Refused(failure) = refused else { panic!("{refused:?}") };
        let shown = failure.to_string();
        assert_eq!(shown.contains("the stack's output ApiUrl; --api gives another"), is_of_stack);
        assert_eq!(shown.contains("grapnel config show"), !is_of_stack, "{shown}");
    }

    #[rstest]
    #[case::well(200, 401, Passed)]
    #[case::never_opens(401, 401, Failed)]
    #[case::still_opens(200, 200, Failed)]
    #[case::cannot_be_asked(200, 503, Failed)]
    fn a_key_opens_until_it_is_revoked(
        #[case] before: u16,
        #[case] after: u16,
        #[case] expected: Outcome,
    ) {
        assert_eq!(judge_key("doctor-1", before, after).outcome, expected);
    }
}
