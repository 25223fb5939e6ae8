//! Checks a deployment with what only the deployment itself can show.
//!
//! - [`aws`] asks AWS and fills in [`facts`]; [`judge`] makes checks of them, without AWS.
//! - [`service`] looks at the API, and [`trial`] sends deliveries to a webhook of the doctor's own.
//! - [`check`] is what one check is and how it is printed.
//! - [`belongings`] knows what the doctor made, and removes it; [`stop`] makes sure that it comes to
//!   that, whatever ends the checks.

#[cfg(feature = "aws")]
mod aws;
#[cfg(not(feature = "aws"))]
#[path = "doctor/without_aws.rs"]
mod aws;
mod belongings;
mod check;
mod facts;
mod judge;
mod random;
mod service;
mod stop;
mod trial;

use crate::{
    aws::{answer::Unchecked, stack::Stack},
    failure::{self, Failure},
    global::Global,
    listen::Stop,
    output::Output,
    say::say,
    settings::{Caller, Settings},
};
use belongings::Belongings;
use check::{Report, Verdict};
use facts::Facts;
use grapnel_client::Client;
use grapnel_domain::event::Retention;
use std::process::ExitCode;
use stop::{Break, StopFlag};
use trial::{Receiver, Trial};

/// The checks that need the admin key, in their order.
const WITH_KEY: [&str; 6] = ["key", "webhook", "test delivery", "retry", "versions", LONG_RETRY];
const LONG_RETRY: &str = "long retry";

/// What to check.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The stack, if AWS is to be asked.
    pub(crate) stack: Option<String>,
    pub(crate) region: Option<String>,
    /// The origin of a page that may call the API, if not the stack's own are to be asked for.
    pub(crate) origin: Option<String>,
    /// Who receives, if not the API's echo.
    pub(crate) receiver: Option<String>,
    /// Whether to wait for a retry that no queue can hold.
    pub(crate) long: bool,
}

/// Makes all checks, removes what was made for them, and answers whether all is well.
///
/// # Errors
/// When a setting is missing, or somebody ends it before its end.
pub(crate) async fn examine(
    plan: &Plan,
    global: &Global,
    output: &mut Output,
) -> Result<ExitCode, Failure> {
    // Before anything is made, so that nothing ends this program without removing it.
    let mut signals = Stop::listen()?;
    let (raise, stop) = StopFlag::new();
    let mut belongings = Belongings::of(random::user()?);
    let mut report = Report::new(output);
    let mut found = Found::default();
    let ended = {
        let mut checks =
            std::pin::pin!(check(plan, global, &stop, &mut belongings, &mut report, &mut found));
        tokio::select! {
            ended = &mut checks => ended,
            () = signals.wanted() => {
                say("Stopping. What was made is removed; once more ends it at once.");
                raise.send_replace(true);
                tokio::select! {
                    ended = &mut checks => ended,
                    () = signals.wanted() => Err(Break::Stopped),
                }
            }
        }
    };
    // Whatever ended it.
    let removed = tokio::select! {
        removed = remove(&belongings, &found, &mut report) => removed,
        () = signals.wanted() => Err(belongings.abandoned()),
    };
    match ended {
        Ok(()) => removed?,
        Err(Break::Stopped) => return removed.and(Err(Failure::new("stopped before the end"))),
        Err(Break::Refused(failure) | Break::Unread(failure)) => return Err(failure),
    }
    if !report.output().is_json() {
        let summary = report.summary();
        report.output().line(summary)?;
    }
    Ok(failure::yes_or_no(report.is_well()))
}

/// What the checks found that the end needs.
#[derive(Debug, Default)]
struct Found {
    admin: Option<Client>,
    api_version: Option<String>,
    retention: Option<Retention>,
}

async fn check(
    plan: &Plan,
    global: &Global,
    stop: &StopFlag,
    belongings: &mut Belongings,
    report: &mut Report<'_>,
    found: &mut Found,
) -> Result<(), Break> {
    let facts = match &plan.stack {
        Some(name) => stop.or_stop(aws::look(name, plan.region.clone())).await?,
        None => Facts::none(&Unchecked::because("no stack is named (--stack)")),
    };
    check_facts(plan, &facts, report).map_err(Break::Unread)?;
    if global.flags.api.is_none()
        && let Some(reason) = unknown_address(plan, &facts)
    {
        // Another deployment than the one that is named must not pass for it.
        return report.add(&Verdict::skipped(reason).of("API")).map_err(Break::Unread);
    }
    let stack = facts.stack.as_ref().ok();
    found.retention =
        stack.and_then(|it| it.number("RetentionDays")).map(|days| Retention { days });

    // The address of the stack that is named, unless a flag names another one.
    let output = stack.and_then(Stack::api_url).map(str::to_owned);
    let settings = global.settings_at(output, Caller::Admin).map_err(Break::Unread)?;
    let anonymous = settings.anonymous().map_err(Break::Unread)?;
    let mut checks = Checks { stop, report };
    let health = service::health(&anonymous, settings.is_of_stack(), stop).await;
    found.api_version = health.as_ref().ok().map(|health| health.version.clone());
    if !checks.add("health", health.map(|health| service::judge_health(&anonymous, &health)))? {
        return checks.skip(&["preflight"], &WITH_KEY, "the API does not answer");
    }
    let given = plan.origin.as_deref().map(|origin| vec![origin]);
    let origins = given.or_else(|| stack.map(Stack::origins));
    checks.add("preflight", service::preflight(&anonymous, origins.as_deref(), stop).await)?;
    if settings.key.is_none() {
        return checks.skip(&[], &WITH_KEY, "there is no admin key: set GRAPNEL_ADMIN_KEY");
    }
    let admin = Settings { user: None, ..settings }.client().map_err(Break::Unread)?;
    found.admin = Some(admin.clone());
    checks.with_key(plan, &admin, belongings, found).await
}

/// The checks that ask AWS. A stack that is named and cannot be read is one failure: nothing else is
/// known then.
fn check_facts(plan: &Plan, facts: &Facts, report: &mut Report<'_>) -> Result<(), Failure> {
    match &facts.stack {
        Err(why) if plan.stack.is_some() => report.add(&Verdict::unread(why).of("stack")),
        _ => judge::all(facts).iter().try_for_each(|check| report.add(check)),
    }
}

/// Why it is not known where the API of the stack is that is named.
fn unknown_address(plan: &Plan, facts: &Facts) -> Option<&'static str> {
    plan.stack.as_ref()?;
    match &facts.stack {
        Err(_) => {
            Some("its address is an output of the stack, which could not be read; --api gives it")
        }
        Ok(stack) if !stack.outputs.contains_key("ApiUrl") => {
            Some("the stack has no output ApiUrl; --api gives the address")
        }
        Ok(_) => None,
    }
}

/// Adds checks to the report.
struct Checks<'a, 'b> {
    stop: &'a StopFlag,
    report: &'a mut Report<'b>,
}

impl Checks<'_, '_> {
    /// Adds a check, and answers whether there was an answer to be judged.
    fn add(&mut self, name: &str, verdict: Result<Verdict, Break>) -> Result<bool, Break> {
        let (verdict, is_answered) = match verdict {
            Ok(verdict) => (verdict, true),
            Err(Break::Refused(failure)) => (Verdict::refused(failure), false),
            Err(ended) => return Err(ended),
        };
        self.report.add(&verdict.of(name)).map_err(Break::Unread)?;
        Ok(is_answered)
    }

    fn skip(&mut self, some: &[&str], more: &[&str], reason: &str) -> Result<(), Break> {
        for name in some.iter().chain(more) {
            self.add(name, Ok(Verdict::skipped(reason)))?;
        }
        Ok(())
    }

    async fn with_key(
        &mut self,
        plan: &Plan,
        admin: &Client,
        belongings: &mut Belongings,
        found: &Found,
    ) -> Result<(), Break> {
        let [key, webhook, test, retry, versions, long_retry] = WITH_KEY;
        if !self.add(key, service::key(admin, belongings, self.stop, crate::clock::now()).await)? {
            return self.skip(&[], &WITH_KEY[1..], "the key check was refused");
        }
        let receiver = plan.receiver.clone().map_or(Receiver::Echo, Receiver::Given);
        let mut trial = Trial::new(admin, receiver, belongings, self.stop)?;
        self.add(webhook, trial.make_webhook().await)?;
        self.add(test, trial.test().await)?;
        self.add(retry, trial.retry().await)?;
        let api_version = found.api_version.as_deref().unwrap_or_default();
        self.add(versions, trial.versions(api_version).await)?;
        let long = match plan.long {
            true => trial.long_retry().await,
            false => Ok(Verdict::skipped("it takes 16 minutes: --long")),
        };
        self.add(long_retry, long)?;
        Ok(())
    }
}

/// Removes what was made, and lists what stays.
async fn remove(
    belongings: &Belongings,
    found: &Found,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let Some(admin) = &found.admin else { return Ok(()) };
    let Some((verdict, left)) = belongings.remove(admin, found.retention).await else {
        return Ok(());
    };
    report.add(&verdict.of("clean-up"))?;
    let output = report.output();
    if output.is_json() {
        return left.iter().try_for_each(|leftover| output.json(leftover));
    }
    if !left.is_empty() {
        output.line("\nWhat cannot be deleted:")?;
    }
    let view = output.view().clone();
    left.iter().try_for_each(|leftover| output.line(leftover.text(&view)))
}

#[cfg(test)]
#[path = "doctor/stack_tests.rs"]
mod stack_tests;
