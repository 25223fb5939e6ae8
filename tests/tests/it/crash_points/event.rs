//! The path of one event, with a manual retry at its end.

use super::{Case, HEALED, answers, manual};
use anyhow::{Context, ensure};
use grapnel_domain::delivery::{Delivery, DeliveryStatus, Reason};
use grapnel_tests::crash::Path;

/// Waits for the end of the path, and checks it.
pub(super) async fn end(case: &Case) -> anyhow::Result<()> {
    // Checks in this process first: a call to AWS costs the emulator more than the path does.
    for (path, requests) in [(Path::Success, 1), (Path::Delayed, 2), (Path::Exhausted, 2)] {
        case.world.receiver.wait_for(path.url_path(), requests, HEALED).await?;
    }
    for path in case.scenario.paths() {
        case.delivery(*path, "that is settled", |one| one.status.is_settled()).await?;
    }
    ask_for_one_more(case).await?;
    for path in case.scenario.paths() {
        let taken = |one: &Delivery| one.status == DeliveryStatus::Success;
        let delivery = case.delivery(*path, "that was taken", taken).await?;
        judge(case, *path, &delivery).with_context(|| format!("{path:?}: {delivery:?}"))?;
    }
    Ok(())
}

async fn ask_for_one_more(case: &Case) -> anyhow::Result<()> {
    let failed = |one: &Delivery| one.status == DeliveryStatus::Failed;
    let failed = case.delivery(Path::Exhausted, "that failed", failed).await?;
    ensure!(failed.reason == Some(Reason::AttemptsExhausted), "{failed:?}");
    case.world.receiver.answer_with(Path::Exhausted.url_path(), 200);
    let (webhook, id) = (failed.webhook_id.to_string(), failed.id.to_string());
    case.order(async || case.world.api.retry(&webhook, &id).await).await
}

/// Every attempt has one of its receiver's answers.
fn judge(case: &Case, path: Path, delivery: &Delivery) -> anyhow::Result<()> {
    let (codes, manual) = (answers(delivery)?, manual(delivery));
    match path {
        // If the record of the failure was lost, the same attempt is repeated and succeeds.
        Path::Delayed => {
            let lost = codes == [200] && case.requests(path) > 1;
            ensure!((codes == [503, 200] || lost) && manual == 0);
        }
        Path::Exhausted => {
            ensure!((1..=case.most_orders()).contains(&manual), "{manual} manual attempts");
            let expected = &[503, 503, 200, 200][..2 + manual];
            ensure!(codes == expected, "{codes:?}");
        }
        _ => ensure!(codes == [200] && manual == 0),
    }
    Ok(())
}
