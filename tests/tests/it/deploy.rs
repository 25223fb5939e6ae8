//! The README's commands for AWS deploy the packaged template, here to the emulator.

use anyhow::{Context, ensure};
use grapnel_tests::world::World;
use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The shell code of the README's section on deploying.
fn blocks() -> anyhow::Result<Vec<String>> {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(readme)?;
    let (_, rest) = readme.split_once("\n## Deploy to AWS\n").context("the section")?;
    let section = rest.split_once("\n## ").context("its end")?.0;
    let fences = section.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    Ok(fences.map(str::to_owned).collect())
}

/// A folder with a program `cargo` that reports a finished package, which `cargo xtask test` has
/// made.
fn packager(folder: &Path) -> anyhow::Result<()> {
    let cargo = folder.join("cargo");
    std::fs::write(&cargo, "#!/bin/sh\ntest \"$*\" = 'xtask package'\n")?;
    Ok(std::fs::set_permissions(cargo, std::fs::Permissions::from_mode(0o755))?)
}

/// With the AWS CLI that `cargo xtask test` installs.
#[tokio::test]
async fn the_readmes_commands_deploy_and_the_deployment_takes_an_event() -> anyhow::Result<()> {
    let world = World::main().await?;
    let variable =
        |name| std::env::var_os(name).with_context(|| format!("{name}: run `cargo xtask test`"));
    let (packaged, cli) = (variable("GRAPNEL_PACKAGED")?, PathBuf::from(variable("GRAPNEL_CLI")?));
    let folder = tempfile::tempdir()?;
    packager(folder.path())?;
    let blocks = blocks()?;
    let with = |part: &str| {
        let found = blocks.iter().find(|block| block.contains(part));
        found.with_context(|| format!("no block of the section has `{part}`"))
    };
    // The line that chooses the region, without the look at a quota, which the emulator lacks.
    let region = with("get-account-settings")?.lines().next().context("its first line")?;
    let (names, deploy) = (with("BUCKET=")?, with("aws cloudformation deploy")?);
    let look = with("grapnel keys create")?;
    // The emulator has one region, and has paths in place of host names.
    let deploy = format!("{region}\n{names}{deploy}").replace("eu-central-1", &world.stack.region);
    let by_path = "GRAPNEL_URL=\"$AWS_ENDPOINT_URL/_aws/execute-api/$(aws cloudformation describe-stacks \
                   --stack-name \"$STACK\" --output text \
                   --query \"Stacks[0].Outputs[?OutputKey=='ApiId'].OutputValue\")\"\n";
    let look = look.replace("export GRAPNEL_KEY=", &format!("{by_path}export GRAPNEL_KEY="));
    ensure!(deploy.contains(&world.stack.region) && look.contains("_aws/execute-api"), "{look}");

    let own = variable("PATH")?;
    let aws = PathBuf::from(variable("GRAPNEL_AWS")?);
    let path = [folder.path(), &aws, cli.parent().context("its folder")?].map(Path::to_owned);
    let path = path.into_iter().chain(std::env::split_paths(&own));
    let mut shell = Command::new("sh");
    shell
        .args(["-euc", &format!("{deploy}{look}")])
        .current_dir(packaged)
        .env("PATH", std::env::join_paths(path)?)
        .env("HOME", folder.path())
        .env("AWS_ENDPOINT_URL", &world.stack.endpoint_url)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env_remove("XDG_CONFIG_HOME");
    let Output { status, stdout, stderr } =
        tokio::task::spawn_blocking(move || shell.output()).await??;
    let (said, wrong) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    ensure!(status.success(), "{said}\n{wrong}");
    for shown in ["whsec_", "evt_", "https://hooks.example.com/grapnel"] {
        ensure!(said.contains(shown), "{shown}: {said}\n{wrong}");
    }
    Ok(())
}
