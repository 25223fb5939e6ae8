//! What a deployment and a link decide about how pages look.

use crate::fake::{WEBHOOK, World, webhook};
use grapnel_console::{Accent, Look, Offers, Settings};
use grapnel_wire::portal::Theme;
use rstest::rstest;
use serde_json::json;

const LIST: &str = "/console/webhooks";

#[tokio::test]
async fn a_product_has_its_name_on_each_page() {
    let product = Some("Example <Hooks>".to_owned());
    let world = World::full().deciding(Settings { product, ..Settings::default() });
    for path in [LIST, "/console/sign-in", "/console/nowhere"] {
        let page = world.get(path).await;
        page.shows("<bdi>Example &#60;Hooks&#62;</bdi>");
        page.hides("Grapnel</");
    }
}

#[tokio::test]
async fn the_accent_is_a_style_sheet_of_ours() {
    let world = World::full()
        .deciding(Settings { accent: Accent::parse("#ffd400"), ..Settings::default() });
    let page = world.get(LIST).await;
    let (_, rest) = page.text().split_once("href=\"./assets/accent.").expect("a style sheet");
    let name = rest.split('"').next().expect("a name");
    let sheet = world.get_with(&format!("/console/assets/accent.{name}"), &[]).await;
    assert_eq!(sheet.status, 200);
    page.hides("#ffd400");
    page.hides("style=");
    World::full().get(LIST).await.hides("accent.");
    assert!(Accent::parse("red;}").is_none());
}

#[rstest]
#[case::neither(None, None, None)]
#[case::the_deployments(Some(Theme::Dark), None, Some("dark"))]
#[case::the_links(Some(Theme::Dark), Some(Theme::Light), Some("light"))]
#[case::the_readers(Some(Theme::Dark), Some(Theme::Auto), None)]
#[tokio::test]
async fn the_links_colours_come_before_the_deployments(
    #[case] of_deployment: Option<Theme>,
    #[case] of_link: Option<Theme>,
    #[case] expected: Option<&str>,
) {
    let settings = Settings { theme: of_deployment, ..Settings::default() };
    let look = Look { theme: of_link, hides_navigation: false };
    let page = World::full().deciding(settings).of_portal(look);
    let cookie = format!("__Host-grapnel-portal={}", crate::fake::TOKEN);
    let page = page.get_with(LIST, &[("cookie", &cookie)]).await;
    match expected {
        Some(theme) => {
            page.shows(&format!("data-theme=\"{theme}\""));
            page.shows(&format!("name=\"color-scheme\" content=\"{theme}\""));
        }
        None => {
            page.hides("data-theme");
            page.shows("name=\"color-scheme\" content=\"light dark\"");
        }
    }
}

#[tokio::test]
async fn a_link_can_leave_the_bar_out() {
    let look = Look { theme: None, hides_navigation: true };
    let world = World::full().of_portal(look);
    let cookie = format!("__Host-grapnel-portal={}", crate::fake::TOKEN);
    let page = world.get_with(LIST, &[("cookie", &cookie)]).await;
    page.shows("Webhooks</h1>");
    for hidden in ["<header", "<nav aria-label=\"Pages\"", "Sign out"] {
        page.hides(hidden);
    }
}

#[tokio::test]
async fn what_is_not_offered_is_not_shown() {
    let fields = json!({"filter": {"score": [50]}, "transform": {"template": "{{ type }}", "contentType": "text/plain"}});
    let path = format!("/console/webhooks/{WEBHOOK}");
    for (offers, filter, transform) in [
        (Offers::default(), true, true),
        (Offers { filters: false, ..Offers::default() }, false, true),
        (Offers { transforms: false, ..Offers::default() }, true, false),
    ] {
        let world = World::full().deciding(Settings { offers, ..Settings::default() });
        world.answers(&format!("GET /api/webhooks/{WEBHOOK}"), 200, webhook(fields.clone()));
        let page = world.get(&path).await;
        assert_eq!(page.text().contains("<h2>Filter</h2>"), filter, "{offers:?}");
        assert_eq!(page.text().contains("<h2>Transform</h2>"), transform, "{offers:?}");
        page.hides("<dt>Body</dt>");
    }
}

const NOTHING: Offers = Offers { filters: false, transforms: false, secrets: false };

fn hiding(offers: Offers) -> World {
    let world = World::full().deciding(Settings { offers, ..Settings::default() });
    let fields = json!({"filter": {"score": [50]}, "transform": {"template": "{{ type }}", "contentType": "text/plain"}});
    world.answers(&format!("GET /api/webhooks/{WEBHOOK}"), 200, webhook(fields));
    world.answers(&format!("PATCH /api/webhooks/{WEBHOOK}"), 200, webhook(json!({})));
    world.answers("POST /api/webhooks", 201, webhook(json!({})));
    world
}

fn changes(world: &World) -> Vec<String> {
    let made = world.made().into_iter().filter(|made| !made.line.starts_with("GET "));
    made.map(|made| made.body).collect()
}

#[rstest]
#[case(Offers { filters: false, ..Offers::default() }, &["id=\"filter\"", "score"])]
#[case(Offers { transforms: false, ..Offers::default() }, &["Own template", "id=\"template\"", "text/plain", "{ type }"])]
#[case(Offers { secrets: false, ..Offers::default() }, &["id=\"secret\""])]
#[case(NOTHING, &["value=\"try\"", "id=\"filter\"", "id=\"template\"", "id=\"secret\"", "can be tried here"])]
#[tokio::test]
async fn a_form_has_no_field_that_is_not_offered(#[case] offers: Offers, #[case] absent: &[&str]) {
    let world = hiding(offers);
    let edit = format!("/console/webhooks/{WEBHOOK}/edit");
    for path in [&*edit, "/console/webhooks/new"] {
        let page = world.get(path).await;
        absent.iter().for_each(|text| page.hides(text));
        page.shows("value=\"save\"");
    }
}

#[tokio::test]
async fn what_is_not_offered_is_not_changed_by_a_form() {
    let world = hiding(NOTHING);
    let edit = format!("/console/webhooks/{WEBHOOK}/edit");
    let shown = world.get(&edit).await;
    assert_eq!(shown.hidden("body"), "transform");
    let typed = [
        ("form", shown.hidden("form")),
        ("version", "\"7\""),
        ("name", "Renamed"),
        ("url", "https://hooks.example.com/crm"),
        ("patterns", "lead.*"),
        ("maxAttempts", "5"),
        ("timeoutSeconds", "10"),
        ("delaysSeconds", "60"),
        ("filter", "{\"other\":[1]}"),
        ("template", "other"),
        ("secret", "whsec_x"),
    ];
    for body in ["transform", "raw", ""] {
        let page = world.post(&edit, &[&typed[..], &[("body", body)]].concat()).await;
        assert_eq!(page.status, 303, "{}", page.text());
    }
    assert_eq!(changes(&world), [r#"{"name":"Renamed"}"#; 3]);
    world.post(&edit, &[&typed[..], &[("do", "try")]].concat()).await;
    assert_eq!(changes(&world).len(), 3, "nothing is tried");

    let page =
        world.post("/console/webhooks/new", &[&typed[..], &[("body", "transform")]].concat()).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let made = changes(&world).pop().expect("a body");
    for field in ["\"filter\"", "\"transform\"", "\"secret\""] {
        assert!(!made.contains(field), "{made}");
    }
}

#[tokio::test]
async fn a_try_asks_for_what_is_offered_alone() {
    let edit = format!("/console/webhooks/{WEBHOOK}/edit");
    for (offers, asked) in [
        (Offers { filters: false, ..Offers::default() }, "/transform/preview"),
        (Offers { transforms: false, ..Offers::default() }, "/filter/test"),
    ] {
        let world = hiding(offers);
        let shown = world.get(&edit).await;
        let fields = [
            ("form", shown.hidden("form")),
            ("filter", "{\"a\":[1]}"),
            ("body", "transform"),
            ("template", "x"),
            ("do", "try"),
        ];
        let page = world.post(&edit, &fields).await;
        page.hides("There is no filter");
        let made = world.made().into_iter().filter(|made| made.line.starts_with("POST "));
        let lines: Vec<String> = made.map(|made| made.line).collect();
        assert!(!lines.is_empty() && lines.iter().all(|line| line.ends_with(asked)), "{lines:?}");
    }
}

#[tokio::test]
async fn a_secret_that_is_not_offered_has_no_page() {
    let webhook = format!("/console/webhooks/{WEBHOOK}");
    let path = format!("{webhook}/secret");
    let offering = World::full();
    offering.get(&webhook).await.shows(">Secret</a>");
    assert_eq!(offering.get(&path).await.status, 200);
    let world = hiding(Offers { secrets: false, ..Offers::default() });
    let shown = world.get(&webhook).await;
    shown.hides(">Secret</a>");
    assert_eq!(world.get(&path).await.status, 404);
    let fields = [("form", shown.hidden("form")), ("do", "rotate"), ("grace", "0")];
    assert_eq!(world.post(&path, &fields).await.status, 404);
    assert!(!world.made().iter().any(|made| made.line.contains("/secret")));
}
