//! Every schema that has a name.

use crate::{
    delivery::{self, DeliveryStatus, WaitingFor},
    echo, event, event_type, explanation, health, key,
    page::Page,
    parts::{event_pattern, event_type, id, instant, user_id},
    portal, problem, replay,
    scope::Scope,
    secret,
    shape::{Shape, one_of},
    stats,
    webhook::{
        self, DISABLED_CAUSES, PayloadFormat, WebhookStatus,
        described::{self, transform, transform_patch},
        filter,
    },
};
use utoipa::{PartialSchema, ToSchema};

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
        Explanation of explanation,
        NewKey of key,
        Key of key,
        CreatedKey of key,
        NewPortalLink of portal,
        PortalLink of portal,
        PortalSession of portal,
        EndedSessions of portal,
        ReplayOrder of replay,
        ReplayFilter of replay,
        Replay of replay,
        Stats of stats,
        StatsPeriod of stats,
        WebhookStats of stats,
        Figures of stats,
        ReceiverTime of stats,
        TimeRange of stats,
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
        WebhookBehind of webhook,
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
