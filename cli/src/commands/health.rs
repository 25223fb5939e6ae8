//! `grapnel health`.

use crate::{failure::Failure, global::Global, output::Output, render::View, settings::Caller};

/// Asks the API whether it runs. It takes no key.
///
/// # Errors
/// When it does not answer.
pub(crate) async fn run(global: &Global, output: &mut Output) -> Result<(), Failure> {
    let client = global.settings(Caller::Anyone)?.anonymous()?;
    let url = client.url().to_owned();
    let render = |health: &grapnel_client::Health, _: &View| {
        format!("{}: Grapnel {} at {url}", health.status, health.version)
    };
    output.one(client.health(), render).await?;
    Ok(())
}
