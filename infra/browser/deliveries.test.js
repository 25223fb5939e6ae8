import assert from "node:assert/strict";
import { after, test } from "node:test";
import { CONSOLE, close, eventually, newUser, pictures, receiver, signIn, visit } from "./world.js";

after(close);

test("a delivery arrives while the list is open", async () => {
  const hook = await receiver();
  const owner = await newUser();
  const webhook = await owner.webhook(hook.url);
  await visit({}, async (page) => {
    await signIn(page, owner.key);
    await page.getByText("There is no delivery yet.").waitFor();
    await pictures(page, "no-delivery");
    await owner.publish("order.paid", { total: 5 });
    await owner.delivery(webhook, "success");
    // Nobody loads the page again.
    await page.getByRole("link", { name: "order.paid" }).waitFor({ timeout: 60_000 });
  });
  hook.close();
});

for (const scripts of [true, false]) {
  const how = scripts ? "" : " without scripts";
  test(`a failed delivery says why, and is sent again${how}`, async () => {
    const hook = await receiver();
    hook.answer(401, "who are you?");
    const owner = await newUser();
    const webhook = await owner.webhook(hook.url, { retryConfig: { maxAttempts: 1 } });
    await owner.publish("order.paid", { total: 5 });
    await owner.delivery(webhook, "failed");
    await visit({ javaScriptEnabled: scripts }, async (page) => {
      await signIn(page, owner.key);
      if (scripts) await pictures(page, "deliveries");
      await page.getByRole("link", { name: "order.paid" }).click();
      await page.getByText("401").first().waitFor();
      await page.getByText("who are you?").waitFor();
      if (scripts) await pictures(page, "delivery-failed");
      hook.answer(200, "welcome");
      await page.getByRole("button", { name: "Retry now" }).click();
      await owner.delivery(webhook, "success");
      if (!scripts) await page.reload();
      await page.getByText("welcome").waitFor();
      if (scripts) await pictures(page, "delivery-success");
      await page.getByRole("main").getByRole("link", { name: "Orders" }).click();
      await page.getByText(webhook.id).waitFor();
      if (scripts) await pictures(page, "webhook");
    });
    hook.close();
  });
}

test("a test is sent, and its answer shown", async () => {
  const hook = await receiver();
  hook.answer(204, "");
  const owner = await newUser();
  const webhook = await owner.webhook(hook.url);
  await visit({}, async (page) => {
    await signIn(page, owner.key);
    await page.goto(`${CONSOLE}/webhooks/${webhook.id}`);
    await page.getByRole("button", { name: "Send a test" }).click();
    await page.getByText("204").first().waitFor();
    await pictures(page, "tested");
  });
  hook.close();
});

for (const scripts of [true, false]) {
  const how = scripts ? "" : " without scripts";
  test(`the overview counts what was delivered, and leads to what failed${how}`, async () => {
    const [well, broken] = [await receiver(), await receiver()];
    broken.answer(500, "down");
    const owner = await newUser();
    const once = { retryConfig: { maxAttempts: 1 } };
    const webhooks = [await owner.webhook(well.url), await owner.webhook(broken.url, once)];
    await owner.publish("order.paid", { total: 5 });
    await owner.delivery(webhooks[0], "success");
    await owner.delivery(webhooks[1], "failed");
    await visit({ javaScriptEnabled: scripts }, async (page) => {
      // The first page, if nothing else was asked for.
      await signIn(page, owner.key, "");
      await page.getByRole("heading", { name: "Overview" }).waitFor();
      await page.getByText("50 %", { exact: true }).first().waitFor();
      if (scripts) await pictures(page, "overview");
      await page.getByRole("link", { name: "7 days" }).click();
      await page.getByText("The same as a table").waitFor();
      assert.equal(new URL(page.url()).searchParams.get("range"), "7d");
      await page.getByRole("main").getByRole("link", { name: "1", exact: true }).first().click();
      await page.getByRole("link", { name: "order.paid" }).waitFor();
      assert.equal(new URL(page.url()).searchParams.get("status"), "failed");
      await page.getByRole("link", { name: "Webhooks" }).click();
      await page.getByText("0 %", { exact: true }).waitFor();
      if (scripts) await pictures(page, "webhooks");
    });
    well.close();
    broken.close();
  });
}

test("filters are in the address, and the back button leads back", async () => {
  const hook = await receiver();
  const owner = await newUser();
  const webhook = await owner.webhook(hook.url);
  await owner.publish("order.paid", { total: 5 });
  await owner.delivery(webhook, "success");
  await visit({}, async (page) => {
    await signIn(page, owner.key);
    await page.getByLabel("Event type").fill("invoice.*");
    await page.getByRole("button", { name: "Filter" }).click();
    await page.getByText("No delivery fits these filters.").waitFor();
    assert.equal(new URL(page.url()).searchParams.get("event"), "invoice.*");
    await page.goBack();
    await page.getByRole("link", { name: "order.paid" }).waitFor();
  });
  hook.close();
});

const HOSTILE = `<script>document.title = "owned"</script><img src=x onerror="document.title = 'owned'">`;

test("markup in every field stays text", async () => {
  const hook = await receiver();
  hook.answer(500, HOSTILE);
  const owner = await newUser();
  const webhook = await owner.webhook(hook.url, {
    name: HOSTILE,
    description: HOSTILE,
    headers: { "X-Hostile": HOSTILE },
    metadata: { hostile: HOSTILE },
    retryConfig: { maxAttempts: 1 },
    filter: { hostile: [HOSTILE] },
  });
  await owner.publish("order.paid", { hostile: HOSTILE, [HOSTILE]: 1 });
  const delivery = await owner.delivery(webhook, "failed");
  await visit({}, async (page) => {
    await signIn(page, owner.key);
    const paths = [
      "deliveries",
      "webhooks",
      `webhooks/${webhook.id}`,
      `webhooks/${webhook.id}/deliveries/${delivery.id}`,
      `events/${delivery.eventId}`,
    ];
    for (const path of paths) {
      await page.goto(`${CONSOLE}/${path}`);
      const shown = page.getByText("<script>").filter({ visible: true }).first();
      await shown.waitFor().catch(async () => assert.fail(`${path} shows ${await page.locator("main").innerText()}`));
      assert.ok(!(await page.title()).startsWith("owned"), path);
    }
    await pictures(page, "event-hostile");
  });
  hook.close();
});

test("what failed is counted, and sent again together", async () => {
  const hook = await receiver();
  hook.answer(500, "down");
  const owner = await newUser();
  const webhook = await owner.webhook(hook.url, { retryConfig: { maxAttempts: 1 } });
  await owner.publish("order.paid", { total: 5 });
  await owner.delivery(webhook, "failed");
  hook.answer(200, "up again");
  await visit({}, async (page) => {
    await signIn(page, owner.key);
    await page.getByRole("link", { name: "Send many again" }).click();
    await page.getByText("1 delivery", { exact: true }).waitFor();
    await pictures(page, "replay-new");
    await page.getByRole("button", { name: "Send them again" }).click();
    // Nobody loads the page again.
    await page.getByText("1 sent again").waitFor({ timeout: 60_000 });
    await pictures(page, "replay");
    await owner.delivery(webhook, "success");
    await page.getByRole("link", { name: "Replays" }).click();
    await page.getByRole("link", { name: "failed" }).waitFor();
    await pictures(page, "replays");
  });
  hook.close();
});

test("keys go through a list and to what can be done", async () => {
  const hook = await receiver();
  hook.answer(500, "down");
  const owner = await newUser();
  const webhook = await owner.webhook(hook.url, { retryConfig: { maxAttempts: 1 } });
  await owner.publish("order.paid", { total: 5 });
  await owner.delivery(webhook, "failed");
  await owner.publish("order.sent", { total: 5 });
  await eventually("two deliveries", async () => {
    const { items } = await owner.call("GET", `/api/webhooks/${webhook.id}/deliveries`);
    return items.length === 2;
  });
  const focused = (page) => page.evaluate(() => document.activeElement.textContent.trim());
  await visit({}, async (page) => {
    await signIn(page, owner.key);
    await page.getByRole("link", { name: "order.sent" }).waitFor();
    await page.keyboard.press("j");
    assert.equal(await focused(page), "order.sent");
    await page.keyboard.press("j");
    assert.equal(await focused(page), "order.paid");
    await page.keyboard.press("k");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "order.paid" }).waitFor();
    await page.keyboard.press("r");
    assert.equal(await focused(page), "Retry now");
    await page.goBack();
    await page.getByRole("link", { name: "order.sent" }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.press("j");
    assert.equal(await page.evaluate(() => document.activeElement.id), "f-webhook", "a key that is typed moves nothing");
  });
  hook.close();
});
