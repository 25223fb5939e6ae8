//! The shipped functions, killed at the calls of one event's path. Each case has a user of its own,
//! and all run at once on one stack: a killed function's message comes back after 30 s, and a shared
//! wait takes a minute or two.

use anyhow::{Context, bail, ensure};
use futures::future::join_all;
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus, Reason},
    ids::WebhookId,
    ports::KeyHash,
    retry::{RetryConfig, Schedule},
};
use grapnel_testing::{builders::a_webhook, receiver::Script};
use grapnel_tests::{
    aws::Aws,
    crash::{self, Call, Names, Path},
    functions,
    proxy::{CutId, Moment, Proxy},
    stack::{Stack, StackKind},
    until::{Look, until},
    world::{SOON, World},
};
use serde_json::json;
use std::time::Duration;

const DOCUMENT: &str = include_str!("../../../docs/reliability.md");

/// Time for a minute's wait, a visibility timeout, and a check of two more.
const HEALED: Duration = Duration::from_secs(240);

/// Requests that may be made again because of one kill, here where one of them may meet a machine too
/// busy to answer within the function's five seconds.
const MOST_REPEATED: usize = 2;

#[test]
fn the_document_names_the_calls_at_which_functions_are_killed() {
    assert!(
        crash::is_in(DOCUMENT),
        "docs/reliability.md says something else: cargo xtask simulate --crash-points --write"
    );
}

#[tokio::test]
async fn a_killed_function_loses_nothing_and_records_nothing_twice() -> anyhow::Result<()> {
    let stack = Stack::read(StackKind::Crash)?;
    let aws = Aws::of(&stack).await?;
    let proxy = Proxy::start(&stack.endpoint_url).await?;
    functions::put_behind(&proxy, &stack, &aws).await?;

    let mut cases = Vec::new();
    for call in crash::calls() {
        for moment in Moment::ALL {
            cases.push(Case::begin(&proxy, call, moment).await?);
        }
    }
    let count = cases.len();
    let ends = join_all(cases.into_iter().map(async |case| {
        let name = format!("{}, {}", case.call, case.moment.label());
        case.end(&proxy).await.with_context(|| name)
    }));
    let failed: Vec<String> =
        ends.await.into_iter().filter_map(Result::err).map(|error| format!("{error:#}")).collect();
    if !failed.is_empty() {
        bail!("{} of {count} cases:\n{}", failed.len(), failed.join("\n"));
    }
    Ok(())
}

/// One path, of one user.
struct Case {
    world: World,
    webhooks: [WebhookId; 3],
    call: Call,
    moment: Moment,
    cut: CutId,
}

fn retry(path: Path) -> RetryConfig {
    let (max_attempts, delay) = match path {
        Path::Success => (3, 1),
        // The queue takes up to two seconds.
        Path::Delayed => (3, 1),
        Path::Exhausted => (2, 3),
    };
    let schedule = Schedule::DelaysSeconds(vec![delay]);
    RetryConfig { max_attempts, timeout_seconds: 4, schedule }
}

impl Case {
    /// Sets the path going, with one call to be cut.
    async fn begin(proxy: &Proxy, call: Call, moment: Moment) -> anyhow::Result<Self> {
        let world = World::crash().await?;
        world.receiver.answer_with(Path::Delayed.url_path(), Script::statuses([503]));
        world.receiver.answer_with(Path::Exhausted.url_path(), 503);
        let webhooks = Path::ALL.map(|path| {
            let url = world.receiver.url(path.url_path());
            a_webhook().for_user(&world.user).url(&url).retry(retry(path)).build()
        });
        for webhook in &webhooks {
            world.state.store_webhook(webhook).await?;
        }
        let names = Names {
            user: world.user.clone(),
            key_hash: KeyHash::of(&world.key).as_str().to_owned(),
            webhooks: webhooks.each_ref().map(|webhook| webhook.id.to_string()),
        };
        let cut = proxy.arm(call.cut(moment, &names, &world.stack.outputs));
        world.publish("lead.created", json!({})).await?;
        Ok(Self { world, webhooks: webhooks.map(|webhook| webhook.id), call, moment, cut })
    }

    /// Waits for the end of the path, and looks at what came of it.
    async fn end(self, proxy: &Proxy) -> anyhow::Result<()> {
        // Looked at in here first: a look at AWS costs the emulator more than the path does.
        for (path, requests) in [(Path::Success, 1), (Path::Delayed, 2), (Path::Exhausted, 2)] {
            self.world.receiver.wait_for(path.url_path(), requests, HEALED).await?;
        }
        for path in Path::ALL {
            self.delivery(path, "that is settled", |one| one.status.is_settled()).await?;
        }
        self.ask_for_one_more().await?;
        let taken = |one: &Delivery| one.status == DeliveryStatus::Success;
        for path in Path::ALL {
            let delivery = self.delivery(path, "that was taken", taken).await?;
            self.judge(path, &delivery).with_context(|| format!("{path:?}: {delivery:?}"))?;
        }
        ensure!(proxy.has_killed(self.cut)?, "the call never came, so nothing was tried");
        let repeated = self.repeated().await?;
        ensure!(repeated <= MOST_REPEATED, "{repeated} requests too many");
        if self.call.loses_a_record(self.moment) {
            ensure!(repeated > 0, "a request that was not recorded must come again");
        }
        Ok(())
    }

    /// The user asks until it is taken on.
    async fn ask_for_one_more(&self) -> anyhow::Result<()> {
        let failed = |one: &Delivery| one.status == DeliveryStatus::Failed;
        let failed = self.delivery(Path::Exhausted, "that failed", failed).await?;
        ensure!(failed.reason == Some(Reason::AttemptsExhausted), "{failed:?}");
        self.world.receiver.answer_with(Path::Exhausted.url_path(), 200);
        let (webhook, id) = (failed.webhook_id.to_string(), failed.id.to_string());
        until("an order that is taken", SOON, async || {
            Ok(match self.world.api.retry(&webhook, &id).await {
                Ok(answer) if answer.status == 202 => Look::Found(()),
                seen => Look::not_yet(seen),
            })
        })
        .await
    }

    /// The webhook's one delivery, once it fits.
    async fn delivery(
        &self,
        path: Path,
        what: &str,
        fits: impl Fn(&Delivery) -> bool,
    ) -> anyhow::Result<Delivery> {
        until(&format!("a delivery {what}"), HEALED, async || {
            let rows = self.world.state.deliveries(&self.webhook(path)).await?;
            ensure!(rows.len() <= 1, "more than one delivery: {rows:?}");
            Ok(match rows.into_iter().next() {
                Some(row) if fits(&row) => Look::Found(row),
                seen => Look::not_yet(seen),
            })
        })
        .await
    }

    fn webhook(&self, path: Path) -> String {
        self.webhooks[path as usize].to_string()
    }

    /// Every attempt is on record once, with an answer that its receiver gave.
    fn judge(&self, path: Path, delivery: &Delivery) -> anyhow::Result<()> {
        let numbers: Vec<u32> = delivery.attempts.iter().map(|a| a.attempt_number).collect();
        ensure!(numbers.iter().copied().eq(1..=delivery.attempt_count()), "numbers: {numbers:?}");
        let codes: Vec<u16> = delivery.attempts.iter().filter_map(|a| a.status_code).collect();
        let manual = delivery.attempts.iter().filter(|attempt| attempt.manual).count();
        match path {
            Path::Success => ensure!(codes == [200] && manual == 0),
            // Where the record of the failure was lost, the same attempt is made again and taken.
            Path::Delayed => {
                let requests = self.world.receiver.received(path.url_path()).len();
                let lost = codes == [200] && requests > 1;
                ensure!((codes == [503, 200] || lost) && manual == 0);
            }
            Path::Exhausted => {
                // Whoever got no answer has asked twice.
                let most = if self.call.is_of_the_api() { 2 } else { 1 };
                ensure!((1..=most).contains(&manual), "{manual} manual attempts");
                let expected = &[503, 503, 200, 200][..2 + manual];
                ensure!(codes == expected, "{codes:?}");
            }
        }
        Ok(())
    }

    /// Requests beyond one for each attempt on record.
    async fn repeated(&self) -> anyhow::Result<usize> {
        let mut repeated = 0;
        for path in Path::ALL {
            let rows = self.world.state.deliveries(&self.webhook(path)).await?;
            let attempts: usize = rows.iter().map(|row| row.attempts.len()).sum();
            let requests = self.world.receiver.received(path.url_path()).len();
            let more = requests.checked_sub(attempts);
            repeated += more.with_context(|| format!("{path:?}: recorded, but not made"))?;
        }
        Ok(repeated)
    }
}
