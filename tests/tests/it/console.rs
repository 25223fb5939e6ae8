//! The console of the deployed API: its pages, its forms and the end of a session.

use anyhow::{Context, ensure};
use grapnel_tests::{
    api::{Answer, Api},
    world::World,
};
use reqwest::{Method, header};
use serde_json::{Value, json};

/// A browser at the console of a stack: it keeps one cookie, and says which page sends a form.
struct Browser {
    api: Api,
    origin: String,
    cookie: String,
}

impl Browser {
    fn new(world: &World) -> anyhow::Result<Self> {
        let url = reqwest::Url::parse(&world.stack.api_url)?;
        let origin = url.origin().ascii_serialization();
        Ok(Self { api: world.api.with_authorization(None), origin, cookie: String::new() })
    }

    async fn page(&self, path: &str) -> anyhow::Result<Answer> {
        let cookie = [(header::COOKIE, self.cookie.as_str())];
        self.api.send_as(Method::GET, path, cookie, Vec::new()).await
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let mut url = reqwest::Url::parse("http://fields/")?;
        let body = url.query_pairs_mut().extend_pairs(fields).finish().query();
        let body = body.unwrap_or_default().as_bytes().to_vec();
        let headers = [
            (header::COOKIE, self.cookie.as_str()),
            (header::ORIGIN, self.origin.as_str()),
            (header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
        ];
        self.api.send_as(Method::POST, path, headers, body).await
    }

    /// Signs in, and keeps the cookie.
    async fn sign_in(&mut self, credential: &str) -> anyhow::Result<()> {
        let answer = self.form("/console/sign-in", &[("credential", credential)]).await?;
        ensure!(answer.status == 303, "{answer:?}");
        let cookies = answer.headers.get_all(header::SET_COOKIE).iter();
        let mut set = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
        let cookie = set.find(|pair| !pair.ends_with('=')).context("no cookie was set")?;
        self.cookie = cookie.to_owned();
        Ok(())
    }

    fn token(&self) -> anyhow::Result<&str> {
        Ok(self.cookie.split_once('=').context("a cookie")?.1)
    }
}

/// The token that each form of a page carries.
fn form_token(page: &Answer) -> anyhow::Result<String> {
    let (_, rest) =
        page.text.split_once(r#"name="form" value=""#).context("the page has no form")?;
    Ok(rest.split('"').next().context("a value")?.to_owned())
}

#[tokio::test]
async fn a_user_sees_a_delivery_and_its_cause_and_signs_out() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    world.publish("task.completed", json!({ "name": "nightly" })).await?;
    let delivery = world.settled(&webhook).await?;

    let mut browser = Browser::new(&world)?;
    let refused = browser.form("/console/sign-in", &[("credential", "gk_wrong")]).await?;
    assert_eq!(refused.status, 403, "{refused:?}");
    browser.sign_in(&world.key).await?;
    let list = browser.page("/console/deliveries").await?;
    ensure!(list.status == 200 && list.text.contains("task.completed"), "{list:?}");
    let path = format!("/console/webhooks/{}/deliveries/{}", webhook.id, delivery.id);
    let page = browser.page(&path).await?;
    ensure!(page.text.contains("Delivered at the first attempt."), "{page:?}");

    let as_bearer = world.api.with_key(browser.token()?).get("/api/webhooks").await?;
    assert_eq!(as_bearer.problem(401)?.code, "unauthorized");

    let token = form_token(&page)?;
    let left = browser.form("/console/sign-out", &[("form", &token)]).await?;
    assert_eq!(left.status, 303, "{left:?}");
    let after = browser.page(&path).await?;
    ensure!(after.status == 303 && !after.text.contains("task.completed"), "{after:?}");
    Ok(())
}

#[tokio::test]
async fn a_revoked_key_and_another_users_session_see_nothing() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    let page = format!("/console/webhooks/{}", webhook.id);

    let other = world.admin.create_key(&format!("{}-other", world.user), &[]).await?;
    let mut browser = Browser::new(&world)?;
    browser.sign_in(&other.key).await?;
    assert_eq!(browser.page(&page).await?.status, 404);

    let mut browser = Browser::new(&world)?;
    browser.sign_in(&world.key).await?;
    assert_eq!(browser.page(&page).await?.status, 200);
    let keys = format!("/api/keys?userId={}", world.user);
    let keys: Value = world.admin.get(&keys).await?.json(200)?;
    let keys = keys["items"].as_array().context("items")?;
    let opener = keys.iter().find(|key| key.get("console").is_none()).context("the key")?;
    let id = opener["id"].as_str().context("an id")?;
    let path = format!("/api/keys/{id}?userId={}", world.user);
    assert_eq!(world.admin.send(Method::DELETE, &path, None).await?.status, 204);
    assert_eq!(browser.page(&page).await?.status, 303, "the key's session has ended with it");
    Ok(())
}
