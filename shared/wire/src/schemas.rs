//! Schemas that several requests and answers refer to, and the list of all that have a name.

use crate::{
    delivery::{self, DeliveryStatus, WaitingFor},
    echo, event, event_type, health, key,
    limits::{EVENT_NAME_BYTES, WEBHOOK_URL_BYTES},
    page::Page,
    portal, problem, replay,
    scope::Scope,
    secret,
    shape::{self, CONTROLS, Shape, matching, one_of, text_of},
    webhook::{
        self, DISABLED_CAUSES, PayloadFormat, WebhookStatus,
        described::{self, transform, transform_patch},
        filter,
    },
};
use serde_json::json;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{Object, schema::SchemaFormat},
};

/// A UUID as it is written.
const UUID: &str = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

/// `whsec_` and base64 of 24 to 64 bytes.
const SECRET: &str = "^whsec_(?:[A-Za-z0-9+/]{4}){8,20}(?:(?:[A-Za-z0-9+/]{4})?(?:[A-Za-z0-9+/][AQgw]==)?|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)$";

/// A secret that nobody has.
pub const SECRET_EXAMPLE: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// A signing secret.
#[must_use]
pub fn secret() -> Object {
    let mut secret = matching(SECRET);
    secret.examples = vec![json!(SECRET_EXAMPLE)];
    secret
}

fn id(prefix: &str, example: &str) -> Object {
    let mut id = matching(format!("^{prefix}{UUID}$"));
    id.examples = vec![json!(example)];
    id
}

/// Text in a format that has a name.
pub(crate) fn formatted(mut text: Object, format: &str) -> Object {
    text.format = Some(SchemaFormat::Custom(format.to_owned()));
    text
}

/// An instant as answers write it.
fn instant() -> Object {
    let mut time = shape::time();
    time.pattern = Some(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$".to_owned());
    time.examples = vec![json!("2026-11-24T06:24:00.000Z")];
    time
}

/// What a pattern can say of a URL. Whether its host is public is judged by the API. The format `uri`
/// would say too much: URLs are read as browsers read them, with characters that RFC 3986 has
/// escaped, and names in any script.
pub(crate) fn url() -> Object {
    let blank = r"\s\u0000-\u001F\u007F-\u009F";
    let mut url = text_of(1..=WEBHOOK_URL_BYTES);
    url.pattern = Some(format!(
        r"^[Hh][Tt][Tt][Pp][Ss]?://[^{blank}/?#@\\]+(/[^{blank}?#\\]*)?(\?[^{blank}#]*)?$"
    ));
    url
}

/// A name of any kind: bytes are bounded, so there may be fewer characters.
pub(crate) fn name() -> Object {
    let mut name = text_of(1..=EVENT_NAME_BYTES);
    name.pattern = Some(format!("^[^{CONTROLS}]+$"));
    name
}

/// Names of event types that a webhook can ask for.
fn event_pattern() -> Object {
    let mut text = formatted(text_of(1..=128), "event-pattern");
    text.pattern = Some(r"^(\*|[a-z0-9_]+(\.[a-z0-9_]+)*(\.\*)?)$".to_owned());
    text.examples = vec![json!("lead.*")];
    let meaning = "An event type, a group of types (`lead.*`), or all types (`*`).";
    text.description = Some(meaning.to_owned());
    text
}

/// Event types to filter by.
#[must_use]
pub fn event_types() -> Object {
    let mut text = formatted(text_of(1..=EVENT_NAME_BYTES), "event-type-filter");
    text.pattern = Some(r"^(\*|[^*]+|[^*.]+(\.[^*.]+)*\.\*)$".to_owned());
    let meaning = "An event type such as `lead.created`, a group such as `lead.*`, or `*` for all.";
    text.description = Some(meaning.to_owned());
    text.examples = vec![json!("lead.*")];
    text
}

/// The name of a known event type.
pub(crate) fn event_type() -> Object {
    let mut text = formatted(matching(r"^[a-z0-9_]+(\.[a-z0-9_]+)*$"), "event-type");
    text.max_length = Some(128);
    text.examples = vec![json!("lead.created")];
    text
}

fn user_id() -> Object {
    let mut user = matching("^[!-~]{1,128}$");
    let meaning = "Id of a user, chosen by your platform: 1 to 128 visible ASCII characters.";
    user.description = Some(meaning.to_owned());
    user.examples = vec![json!("demo")];
    user
}

/// Everything that the description keeps under a name.
#[must_use]
pub fn all() -> Vec<(String, Shape)> {
    macro_rules! named {
        ($($name:ident of $module:ident),* $(,)?) => {
            vec![$((stringify!($name).to_owned(), <$module::$name as PartialSchema>::schema())),*]
        };
    }
    let mut all = named![
        FieldFault of problem,
        Problem of problem,
        Health of health,
        Attempt of delivery,
        Delivery of delivery,
        ForUser of delivery,
        NewEcho of echo,
        Echo of echo,
        EchoedRequest of echo,
        Echoed of echo,
        EventType of event_type,
        EventTypeDraft of event_type,
        Publication of event,
        NewEvent of event,
        EventBatch of event,
        EventOfBatch of event,
        Published of event,
        PublishedEvent of event,
        Event of event,
        ListedEvent of event,
        DeliveryOfEvent of event,
        LastAttempt of event,
        NewKey of key,
        Key of key,
        CreatedKey of key,
        NewPortalLink of portal,
        PortalLink of portal,
        PortalSession of portal,
        ReplayOrder of replay,
        ReplayFilter of replay,
        Replay of replay,
        Secret of secret,
        PreviousSecret of secret,
        SecretRotation of secret,
        RotatedSecret of secret,
        NewWebhook of webhook,
        WebhookReplacement of described,
        WebhookPatch of described,
        Webhook of webhook,
        CreatedWebhook of described,
        WebhookHealth of webhook,
        WebhookFailure of webhook,
        ParkedDeliveries of webhook,
        RetryConfig of webhook,
        RetryConfigInForce of webhook,
        Backoff of webhook,
        TransformInForce of webhook,
        TestOrder of webhook,
        FilterTest of webhook,
        FilterVerdict of webhook,
        TransformPreview of webhook,
        TransformedBody of webhook,
    ];
    let parts: [(&str, Shape); 24] = [
        ("UserId", user_id().into()),
        ("WebhookId", id("wh_", "wh_01938d2e-7b1c-7c3a-9f00-1234567890ab").into()),
        ("EventId", id("evt_", "evt_5f3759df-1c3a-8c3a-9f00-1234567890ab").into()),
        ("DeliveryId", id("dlv_", "dlv_01938d2e-7b1c-8c3a-9f00-1234567890ab").into()),
        ("KeyId", id("key_", "key_01938d2e-7b1c-7c3a-9f00-1234567890ab").into()),
        ("EchoId", id("echo_", "echo_01938d2e-7b1c-7c3a-9f00-1234567890ab").into()),
        ("ReplayId", id("rpl_", "rpl_01938d2e-7b1c-7c3a-9f00-1234567890ab").into()),
        ("Instant", instant().into()),
        ("EventPattern", event_pattern().into()),
        ("EventTypeName", event_type().into()),
        ("Scope", one_of(Scope::NAMES).into()),
        ("DeliveryStatus", one_of(DeliveryStatus::WORDS).into()),
        ("WaitingFor", one_of(WaitingFor::WORDS).into()),
        ("SettledStatus", one_of(replay::SETTLED).into()),
        ("DisabledCause", one_of(DISABLED_CAUSES).into()),
        ("PayloadFormat", one_of(PayloadFormat::WORDS).into()),
        ("WebhookStatus", one_of(WebhookStatus::WORDS).into()),
        ("FirstStatus", one_of(&["active", "disabled"]).into()),
        ("RetryConfigPatch", described::retry_config_patch().into()),
        ("BackoffPatch", <webhook::Backoff as crate::read::Request>::describe(true).into()),
        ("Transform", transform().into()),
        ("TransformPatch", transform_patch().into()),
        ("Filter", filter::filter()),
        ("FilterBranch", filter::branch()),
    ];
    all.extend(parts.map(|(name, shape)| (name.to_owned(), shape)));
    all.push(("FilterCondition".to_owned(), filter::condition()));
    let comparisons = filter::comparisons().into_iter();
    all.extend(comparisons.map(|(name, object)| (name.to_owned(), object.into())));
    all.extend([
        page::<delivery::Delivery>(),
        page::<event::ListedEvent>(),
        page::<event_type::EventType>(),
        page::<key::Key>(),
        page::<replay::Replay>(),
        page::<webhook::Webhook>(),
    ]);
    all
}

fn page<T: ToSchema>() -> (String, Shape) {
    (Page::<T>::name().into_owned(), Page::<T>::schema())
}
