//! The shipped functions, killed at the calls of one event's path and of a replay. Each case has a
//! user of its own, and all run at once on one stack: a killed function's message comes back after
//! 30 s, and a shared wait takes a minute or two.

mod event;
mod replay;

use anyhow::{Context, bail, ensure};
use futures::future::join_all;
use grapnel_domain::{
    delivery::Delivery,
    ids::WebhookId,
    key::KeyHash,
    retry::{RetryConfig, Schedule},
};
use grapnel_receiver::Script;
use grapnel_testing::builders::a_webhook;
use grapnel_tests::{
    api::Answer,
    aws::Aws,
    crash::{self, Call, Names, Path, Scenario},
    functions,
    proxy::{CutId, Moment, Proxy},
    stack::{Stack, StackKind},
    until::{Look, until},
    world::{SOON, World},
};
use serde_json::json;
use std::{collections::HashMap, time::Duration};
use tokio::time::sleep;
use uuid::Uuid;

const DOCUMENT: &str = include_str!("../../../docs/reliability.md");

/// Time for a minute's wait, a visibility timeout, and a check of two more.
const HEALED: Duration = Duration::from_secs(240);

/// Requests that may be made again because of one kill, here where one of them may meet a machine too
/// busy to record within the function's time.
const MOST_REPEATED: usize = 2;

/// Between two waits that are there to be served by a call that kills.
const BETWEEN_WAITS: Duration = Duration::from_secs(10);

/// What the event is. Nobody asks for it who is not meant to have it.
const EVENT: &str = "lead.created";

#[test]
fn the_document_names_the_calls_at_which_functions_are_killed() {
    assert!(
        crash::is_in(DOCUMENT),
        "docs/reliability.md says something else: cargo xtask simulate --crash-points --write"
    );
}

#[tokio::test]
async fn a_killed_function_loses_nothing_and_records_nothing_twice() -> anyhow::Result<()> {
    let stack = Stack::get(StackKind::Crash).await?;
    let aws = Aws::of(&stack).await?;
    let proxy = Proxy::start(&stack.endpoint_url).await?;
    functions::put_behind(&proxy, &stack, &aws).await?;
    functions::take_one_at_a_time(&stack, &aws).await?;
    functions::tend_again_soon(&stack, &aws).await?;

    let mut cases = Vec::new();
    for scenario in Scenario::ALL {
        for call in scenario.calls() {
            for moment in Moment::ALL {
                cases.push(Case::begin(&proxy, scenario, call, moment).await?);
            }
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

/// A scenario with one call cut, of one user.
struct Case {
    world: World,
    scenario: Scenario,
    webhooks: HashMap<Path, WebhookId>,
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
        Path::Replayed | Path::Untouched => (1, 1),
    };
    let schedule = Schedule::DelaysSeconds(vec![delay]);
    RetryConfig { max_attempts, timeout_seconds: 4, schedule }
}

impl Case {
    /// Sets the scenario going, with one call to be cut.
    async fn begin(
        proxy: &Proxy,
        scenario: Scenario,
        call: Call,
        moment: Moment,
    ) -> anyhow::Result<Self> {
        let world = World::crash().await?;
        world.receiver.answer_with(Path::Delayed.url_path(), Script::statuses([503]));
        world.receiver.answer_with(Path::Exhausted.url_path(), 503);
        world.receiver.answer_with(Path::Replayed.url_path(), 503);
        let paths = scenario.paths();
        let mut ids: Vec<WebhookId> =
            paths.iter().map(|_| WebhookId::from_uuid(Uuid::now_v7())).collect();
        ids.sort_unstable();
        let webhooks: HashMap<Path, WebhookId> = paths.iter().copied().zip(ids).collect();
        for (path, id) in &webhooks {
            let events = if *path == Path::Untouched { "task.failed" } else { EVENT };
            let webhook = a_webhook()
                .id(*id)
                .for_user(&world.user)
                .url(&world.receiver.url(path.url_path()))
                .events([events])
                .retry(retry(*path));
            world.state.store_webhook(&webhook.build()).await?;
        }
        let names = Names {
            user: world.user.clone(),
            key_hash: KeyHash::of(&world.key).as_str().to_owned(),
            webhooks: webhooks.iter().map(|(path, id)| (*path, id.to_string())).collect(),
        };
        let cut = proxy.arm(call.cut(moment, &names, &world.stack.outputs));
        world.publish(EVENT, json!({})).await?;
        Ok(Self { world, scenario, webhooks, call, moment, cut })
    }

    /// Waits for the end of the scenario, and checks it.
    async fn end(self, proxy: &Proxy) -> anyhow::Result<()> {
        match self.scenario {
            Scenario::Event => event::end(&self).await?,
            Scenario::Replay => replay::end(&self).await?,
        }
        if self.call.is_shared() {
            self.wait_again_until_killed(proxy).await?;
        }
        // The last call's effect may be seen before its caller is dead.
        until("the kill: without it nothing was tried", SOON, async || {
            Ok(if proxy.has_killed(self.cut)? { Look::Found(()) } else { Look::not_yet("no kill") })
        })
        .await?;
        let repeated = self.repeated().await?;
        ensure!(repeated <= MOST_REPEATED, "{repeated} requests too many");
        if self.call.loses_a_record(self.moment) {
            ensure!(repeated > 0, "a request that was not recorded must come again");
        }
        Ok(())
    }

    /// One call serves the waits of all cases, and kills for one of them. The others need waits
    /// that are still to come.
    async fn wait_again_until_killed(&self, proxy: &Proxy) -> anyhow::Result<()> {
        let path = Path::Exhausted.url_path();
        let other = World::crash().await?;
        other.receiver.answer_with(path, 503);
        let retries = json!({ "maxAttempts": 2, "delaysSeconds": [3] });
        other.webhook(path, json!({ "retryConfig": retries })).await?;
        until("a kill at a call that serves all", HEALED, async || {
            if proxy.has_killed(self.cut)? {
                return Ok(Look::Found(()));
            }
            other.publish(EVENT, json!({})).await?;
            sleep(BETWEEN_WAITS).await;
            Ok(Look::not_yet("no kill"))
        })
        .await
    }

    /// The user asks the API until it takes the order on.
    async fn order(
        &self,
        mut ask: impl AsyncFnMut() -> anyhow::Result<Answer>,
    ) -> anyhow::Result<()> {
        until("an order that is taken", SOON, async || {
            Ok(match ask().await {
                Ok(answer) if answer.status == 202 => Look::Found(()),
                seen => Look::not_yet(seen),
            })
        })
        .await
    }

    /// How often the user may have had to ask: twice, who got no answer.
    fn most_orders(&self) -> usize {
        if self.call.is_of_the_api() { 2 } else { 1 }
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
        self.webhooks[&path].to_string()
    }

    /// How many requests came for a webhook.
    fn requests(&self, path: Path) -> usize {
        self.world.receiver.received(path.url_path()).len()
    }

    /// Requests beyond one for each attempt on record.
    async fn repeated(&self) -> anyhow::Result<usize> {
        let mut repeated = 0;
        for path in self.scenario.paths() {
            let rows = self.world.state.deliveries(&self.webhook(*path)).await?;
            let attempts: usize = rows.iter().map(|row| row.attempts.len()).sum();
            let more = self.requests(*path).checked_sub(attempts);
            repeated += more.with_context(|| format!("{path:?}: recorded, but not made"))?;
        }
        Ok(repeated)
    }
}

/// The answers on record. Every attempt must be there once, in its place.
fn answers(delivery: &Delivery) -> anyhow::Result<Vec<u16>> {
    let numbers: Vec<u32> = delivery.attempts.iter().map(|a| a.attempt_number.get()).collect();
    ensure!(numbers.iter().copied().eq(1..=delivery.attempt_count()), "numbers: {numbers:?}");
    Ok(delivery.attempts.iter().filter_map(|attempt| attempt.status_code).collect())
}

/// How many attempts somebody asked for.
fn manual(delivery: &Delivery) -> usize {
    delivery.attempts.iter().filter(|attempt| attempt.manual).count()
}
