//! The console over the whole API: its sessions, and what they see and may do.

mod edit;
mod everywhere;
mod html;
mod portal;
mod sessions;
mod upkeep;
mod views;

use crate::world::{Answer, Call, World};
use axum::http::header;

const HOST: &str = "grapnel.example.com";
pub(crate) const SIGN_IN: &str = "/console/sign-in";

/// The cookie of a new session.
async fn signed_in(world: &World, credential: &str) -> String {
    let answer = sign_in(world, credential).await;
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.text);
    cookie_of(&answer)
}

async fn sign_in(world: &World, credential: &str) -> Answer {
    form(world, SIGN_IN, &[("credential", credential)]).page().await
}

/// The cookie that an answer sets.
fn cookie_of(answer: &Answer) -> String {
    let cookies = answer.headers.get_all(header::SET_COOKIE).iter();
    let cookies = cookies.map(|cookie| cookie.to_str().expect("text"));
    let set = cookies.filter(|cookie| !cookie.contains("Max-Age=0")).collect::<Vec<_>>();
    let [one] = set[..] else { panic!("{set:?}") };
    one.split(';').next().expect("a pair").to_owned()
}

/// The token in a cookie.
fn token_of(cookie: &str) -> &str {
    cookie.split_once('=').expect("a pair").1
}

/// A form that a page of this host sends.
fn form(world: &World, path: &str, fields: &[(&str, &str)]) -> Call {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    world
        .call("POST", path)
        .header("host", HOST)
        .header("origin", &format!("https://{HOST}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
}

async fn page(world: &World, path: &str, cookie: &str) -> Answer {
    world.call("GET", path).header("cookie", cookie).page().await
}

/// A form of a session's page, with the token that its pages show.
async fn form_of(world: &World, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    let token = form_token(world, cookie).await;
    let fields = [fields, &[("form", token.as_str())]].concat();
    form(world, path, &fields).header("cookie", cookie).page().await
}

/// The token of a session's forms, from the page that every session sees.
async fn form_token(world: &World, cookie: &str) -> String {
    let answer = page(world, "/console/events/evt_none?user=u", cookie).await;
    let begin = r#"<input type="hidden" name="form" value=""#;
    let (_, rest) = answer.text.split_once(begin).expect("the form to sign out");
    rest.split('"').next().expect("a value").to_owned()
}
