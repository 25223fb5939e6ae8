// What each test has: the deployed API, a receiver, and pages that fail the test if they report an error or load something
// from elsewhere.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { text as readText } from "node:stream/consumers";
import { chromium } from "playwright-core";

const { GRAPNEL_URL, GRAPNEL_ADMIN_KEY, GRAPNEL_CHROMIUM, GRAPNEL_SCREENSHOTS } = process.env;
export const CONSOLE = `${GRAPNEL_URL}/console`;
export const ADMIN_KEY = GRAPNEL_ADMIN_KEY;

// Flags for a machine without a screen, whose browser must not ask anything of other hosts.
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// The local AWS starts a function for the first request.
const PATIENCE_MS = 30_000;

let running;

/** The browser of a file of tests. */
export async function browser() {
  running ??= await chromium.launch({ executablePath: GRAPNEL_CHROMIUM, args: FLAGS });
  return running;
}

/** Ends it. */
export async function close() {
  await running?.close();
}

/** Sends a request to the API, and returns its JSON. */
export async function api(key, method, path, body, status) {
  const answer = await fetch(GRAPNEL_URL + path, {
    method,
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(status ? answer.status === status : answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

/** A user of the test's own, with a key. */
export async function newUser() {
  const user = `browser-${randomUUID()}`;
  const scopes = ["webhooks:read", "webhooks:write", "deliveries:read", "deliveries:retry", "events:publish", "webhooks:secrets"];
  const { key } = await api(ADMIN_KEY, "POST", "/api/keys", { userId: user, scopes });
  const call = (method, path, body) => api(key, method, path, body);
  return {
    user,
    key,
    call,
    webhook: (url, more) => call("POST", "/api/webhooks", { name: "Orders", url, events: ["*"], ...more }),
    publish: (type, data) => call("POST", "/api/events", { type, data }),
    /** Waits until the one delivery of a webhook is as wanted. */
    delivery: (webhook, wanted) =>
      eventually(`a delivery that is ${wanted}`, async () => {
        const { items } = await call("GET", `/api/webhooks/${webhook.id}/deliveries`);
        return items.find((delivery) => delivery.status === wanted);
      }),
  };
}

/** What a look finds, when it finds something. */
export async function eventually(what, look) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    assert.ok(Date.now() < deadline, `waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** A receiver that answers as it is told. */
export async function receiver() {
  const answer = { status: 200, body: "ok" };
  let last;
  const server = createServer(async (request, response) => {
    last = { headers: request.headers, body: await readText(request) };
    response.writeHead(answer.status).end(answer.body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A test that fails does not close it, and the program must end all the same.
  server.unref();
  return {
    url: `http://127.0.0.1:${server.address().port}/hook`,
    answer: (status, body) => Object.assign(answer, { status, body }),
    /** The request that came last. */
    last: () => last,
    close: () => server.close(),
  };
}

/**
 * Runs a test in a new browser profile. It fails if a page reports an error, or asks another origin for something.
 * `allowed` are statuses of answers that the test provokes: Chromium reports each as an error.
 */
export async function visit(options, work) {
  const { allowed = [], origins = [], ...profile } = options;
  const context = await (await browser()).newContext({ locale: "en-GB", timezoneId: "Europe/Berlin", ...profile });
  context.setDefaultTimeout(PATIENCE_MS);
  const faults = [];
  const expected = new RegExp(`status of (${allowed.join("|")}) `);
  context.on("console", (message) => {
    const isExpected = allowed.length > 0 && expected.test(message.text());
    if (["error", "warning"].includes(message.type()) && !isExpected) faults.push(message.text());
  });
  context.on("weberror", (error) => faults.push(String(error.error())));
  const ours = [new URL(GRAPNEL_URL).origin, ...origins];
  context.on("request", (request) => {
    if (!ours.includes(new URL(request.url()).origin)) faults.push(`a request to ${request.url()}`);
  });
  try {
    await work(await context.newPage(), context);
  } finally {
    await context.close();
  }
  assert.deepEqual(faults, []);
}

/** Signs in by the form. */
export async function signIn(page, credential, next = "deliveries") {
  await page.goto(`${CONSOLE}/sign-in?next=${next}`);
  await page.getByLabel("API key").fill(credential);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => !url.pathname.endsWith("/sign-in"));
}

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Fails if the accessibility checker finds a serious fault in the page. */
export async function isAccessible(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
  const told = serious.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`);
  assert.deepEqual(told, [], page.url());
}

/** Keeps pictures of a view: light, dark and narrow. None of them scrolls sideways. */
export async function pictures(page, name) {
  await mkdir(GRAPNEL_SCREENSHOTS, { recursive: true });
  const looks = [
    ["light", { width: 1280, height: 800 }],
    ["dark", { width: 1280, height: 800 }],
    ["narrow", { width: 390, height: 800 }],
  ];
  for (const [look, size] of looks) {
    await page.emulateMedia({ colorScheme: look === "dark" ? "dark" : "light" });
    await page.setViewportSize(size);
    await page.screenshot({ path: `${GRAPNEL_SCREENSHOTS}/${name}-${look}.png`, fullPage: true });
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wider <= 0, `${name} is ${wider} px wider than a ${look} screen`);
    await isAccessible(page);
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(looks[0][1]);
}
