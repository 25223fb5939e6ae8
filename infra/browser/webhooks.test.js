import assert from "node:assert/strict";
import { after, test } from "node:test";
import { CONSOLE, close, newUser, pictures, receiver, signIn, visit } from "./world.js";

after(close);

for (const scripts of [true, false]) {
  const how = scripts ? "" : " without scripts";
  test(`a webhook is created, its URL mended, and it is deleted${how}`, async () => {
    const hook = await receiver();
    const owner = await newUser();
    // Chromium reports the answer to the first, faulty form as an error.
    await visit({ javaScriptEnabled: scripts, allowed: [422] }, async (page) => {
      await signIn(page, owner.key);
      await page.goto(`${CONSOLE}/webhooks/new`);
      if (scripts) await pictures(page, "webhook-new");
      await page.getByLabel("Name", { exact: true }).fill("Orders");
      await page.getByLabel("URL", { exact: true }).fill("no-address");
      await page.getByLabel("Groups and other types").fill("*");
      await page.getByLabel("Attempts at most").fill("1");
      const save = page.getByRole("main").getByRole("button", { name: /Create/ });
      await save.click();
      await page.getByRole("alert").waitFor();
      assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Orders", "nothing is lost");
      if (scripts) await pictures(page, "webhook-faults");
      await page.getByLabel("URL", { exact: true }).fill(`${hook.url}/wrong`);
      await save.click();
      await page.getByRole("heading", { name: "Orders" }).waitFor();

      hook.answer(404, "not here");
      const { items } = await owner.call("GET", "/api/webhooks");
      await owner.publish("order.paid", { total: 5 });
      await owner.delivery(items[0], "failed");
      await page.getByRole("link", { name: "Edit" }).click();
      await page.getByLabel("URL", { exact: true }).fill(hook.url);
      await page.getByRole("main").getByRole("button", { name: "Save", exact: true }).last().click();
      await page.getByRole("heading", { name: "Orders" }).waitFor();
      assert.equal((await owner.call("GET", `/api/webhooks/${items[0].id}`)).url, hook.url);

      await page.getByRole("link", { name: "Delete" }).click();
      if (scripts) await pictures(page, "webhook-delete");
      await page.getByRole("button", { name: "Delete the webhook" }).click();
      await page.getByText("There is no webhook yet.").waitFor();
    });
    hook.close();
  });
}

test("a filter is tried while it is typed, and a test is sent with data of one's own", async () => {
  const hook = await receiver();
  hook.answer(202, "taken");
  const owner = await newUser();
  const webhook = await owner.webhook(hook.url);
  await owner.publish("order.paid", { total: 5 });
  await owner.delivery(webhook, "success");
  await visit({}, async (page) => {
    await signIn(page, owner.key);
    await page.goto(`${CONSOLE}/webhooks/${webhook.id}/edit`);
    await page.getByLabel("Filter on the data").fill('{ "total": [6] }');
    await page.locator("#try").getByText("total").first().waitFor();
    await pictures(page, "webhook-edit");
    await page.goto(`${CONSOLE}/webhooks/${webhook.id}/test`);
    await page.getByLabel("Data", { exact: true }).fill('{ "mine": true }');
    await page.getByRole("main").getByRole("button", { name: "Send", exact: true }).last().click();
    await page.getByText("taken").waitFor();
    await pictures(page, "webhook-test");
  });
  hook.close();
});

test("the secret is shown after a click, and replaced", async () => {
  const hook = await receiver();
  const owner = await newUser();
  const webhook = await owner.webhook(hook.url);
  await visit({}, async (page) => {
    await signIn(page, owner.key);
    await page.goto(`${CONSOLE}/webhooks/${webhook.id}/secret`);
    assert.equal(await page.getByText(webhook.secret).count(), 0);
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.getByText(webhook.secret).waitFor();
    await page.getByRole("button", { name: "Replace the secret" }).click();
    await page.getByText("Old secrets that still sign").waitFor();
    assert.equal(await page.getByText(webhook.secret).count(), 0);
    await pictures(page, "webhook-secret");
  });
  hook.close();
});

for (const scripts of [true, false]) {
  const how = scripts ? "" : " without scripts";
  test(`a request that was received is checked, and its fault named${how}`, async () => {
    const hook = await receiver();
    const owner = await newUser();
    const webhook = await owner.webhook(hook.url);
    await owner.publish("order.paid", { total: 5 });
    await owner.delivery(webhook, "success");
    const { headers, body } = hook.last();
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`).join("\n");
    await visit({ javaScriptEnabled: scripts }, async (page) => {
      await signIn(page, owner.key, "");
      await page.getByRole("link", { name: "Signatures" }).click();
      if (scripts) await pictures(page, "verify");
      await page.getByLabel("With the secret of").selectOption({ label: "Orders" });
      await page.getByLabel("Request").fill(`${head}\n\n${body}`);
      await page.getByRole("button", { name: "Check" }).click();
      await page.getByText("The signature fits.").waitFor();
      await page.getByLabel("Request").fill(`${head}\n\n${JSON.stringify(JSON.parse(body), null, 2)}`);
      await page.getByRole("button", { name: "Check" }).click();
      await page.getByText("The body was changed after signing").waitFor();
      if (scripts) await pictures(page, "verify-fault");
      assert.equal(await page.getByText(webhook.secret).count(), 0);
    });
    hook.close();
  });
}
