//! Runs the receivers in docs/receive.md with replacements of the libraries that they use. They
//! check that the verifier gets the unchanged bytes of the body, and that its refusal becomes 400.

#[path = "support/node.rs"]
mod node;

use std::{fs, process::Command};

/// The sample in this language that contains a text.
fn sample(language: &str, holds: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/receive.md");
    let text = fs::read_to_string(path).expect("readable");
    let fence = format!("```{language}\n");
    let mut found = text
        .split(&fence)
        .skip(1)
        .filter_map(|it| it.split("```").next())
        .filter(|it| it.contains(holds));
    let code = found.next().expect("a sample").to_owned();
    assert!(found.next().is_none(), "one sample with {holds}");
    code
}

const PYTHON_STANDINS: &str = r#"
import asyncio, os, sys, types
os.environ["WEBHOOK_SECRET"] = "whsec_x"
routes = {}
class FastAPI:
    def post(self, path):
        return lambda handler: routes.setdefault(path, handler)
class Response:
    def __init__(self, status_code):
        self.status_code = status_code
class Request:
    headers = {"webhook-id": "evt_1"}
    def __init__(self, body):
        self._body = body
    async def body(self):
        return self._body
class WebhookVerificationError(Exception):
    pass
class Webhook:
    def __init__(self, secret):
        assert secret == "whsec_x"
    def verify(self, body, headers):
        assert headers == {"webhook-id": "evt_1"}
        if body != b'{ "type":"lead.created" }':
            raise WebhookVerificationError
        return {"type": "lead.created"}
for name, parts in {"fastapi": [FastAPI, Request, Response], "standardwebhooks": [Webhook, WebhookVerificationError]}.items():
    module = types.ModuleType(name)
    for part in parts:
        setattr(module, part.__name__, part)
    sys.modules[name] = module
"#;

#[test]
fn the_fastapi_receiver_verifies_the_bytes_as_they_came() {
    let calls = r#"
for body in [b'{ "type":"lead.created" }', b'{"type":"lead.created"}']:
    print(asyncio.run(routes["/hook"](Request(body))).status_code)
"#;
    let code = format!("{PYTHON_STANDINS}{}{calls}", sample("python", "FastAPI"));
    let output = Command::new("python3").args(["-c", &code]).output().expect("Python runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "lead.created\n204\n400\n");
}

const EXPRESS: &str = r#"
let handler;
const express = () => ({
  post(path, reader, route) { handler = route; if (path !== "/hook" || reader !== "raw") throw new Error(path); },
  listen() {
    for (const body of ['{ "type":"lead.created" }', '{"type":"lead.created"}']) {
      const request = { body: Buffer.from(body), headers: { "webhook-id": "evt_1" } };
      handler(request, { sendStatus: (status) => console.log(status) });
    }
  },
});
express.raw = ({ type }) => (type === "*/*" ? "raw" : "another type");
export default express;
"#;

const STANDARD_WEBHOOKS: &str = r#"
export class WebhookVerificationError extends Error {}
export class Webhook {
  constructor(secret) { if (secret !== "whsec_x") throw new Error("no secret"); }
  verify(body, headers) {
    if (headers["webhook-id"] !== "evt_1") throw new Error("no headers");
    if (body !== '{ "type":"lead.created" }') throw new WebhookVerificationError("no match");
    return JSON.parse(body);
  }
}
"#;

#[test]
fn the_express_receiver_verifies_the_bytes_as_they_came() {
    let Some(node) = node::program() else { return };
    let folder = std::env::temp_dir().join(format!("grapnel-receive-{}", std::process::id()));
    for (name, code) in [("express", EXPRESS), ("standardwebhooks", STANDARD_WEBHOOKS)] {
        let package = folder.join("node_modules").join(name);
        fs::create_dir_all(&package).expect("made");
        let manifest = r#"{"type":"module","exports":"./index.js"}"#;
        fs::write(package.join("package.json"), manifest).expect("written");
        fs::write(package.join("index.js"), code).expect("written");
    }
    fs::write(folder.join("receiver.mjs"), sample("js", "express")).expect("written");
    let mut node = Command::new(node);
    let run = node.arg("receiver.mjs").env("WEBHOOK_SECRET", "whsec_x").current_dir(&folder);
    let output = run.output().expect("node runs");
    fs::remove_dir_all(&folder).expect("removed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "lead.created\n204\n400\n");
}
