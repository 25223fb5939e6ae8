import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ADMIN_KEY, CONSOLE, api, close, newUser, pictures, receiver, signIn, visit } from "./world.js";

after(close);

test("a key signs in, and signing out ends the session on the server", async () => {
  const { key, user } = await newUser();
  await visit({}, async (page, context) => {
    await page.goto(CONSOLE);
    await pictures(page, "sign-in");
    await signIn(page, key);
    await page.getByText(user).waitFor();
    await pictures(page, "no-webhook");
    const [cookie] = await context.cookies();
    assert.equal(cookie.httpOnly && cookie.secure, true);
    assert.equal(cookie.sameSite, "Strict");
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.getByLabel("API key").waitFor();
    await context.addCookies([cookie]);
    await page.goto(`${CONSOLE}/webhooks`);
    await page.getByLabel("API key").waitFor();
  });
});

test("a wrong key is refused, and says so", async () => {
  await visit({ allowed: [403] }, async (page) => {
    await page.goto(`${CONSOLE}/sign-in`);
    await page.getByLabel("API key").fill("gk_wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("status").waitFor();
    await pictures(page, "sign-in-refused");
  });
});

test("the admin key names the user to look at", async () => {
  const { user, webhook } = await newUser();
  const hook = await receiver();
  await webhook(hook.url);
  await visit({}, async (page) => {
    await signIn(page, ADMIN_KEY);
    await pictures(page, "admin");
    await page.getByLabel("User").fill(user);
    await page.getByRole("main").getByRole("button", { name: "Show" }).click();
    await page.getByRole("link", { name: "Webhooks" }).click();
    await page.getByRole("link", { name: "Orders" }).waitFor();
  });
  hook.close();
});

test("a portal link opens by itself, once, and its token leaves the address", async () => {
  const { user } = await newUser();
  const order = { userId: user, scopes: ["webhooks:read"] };
  const { token } = await api(ADMIN_KEY, "POST", "/api/portal-links", order);
  await visit({}, async (page) => {
    await page.goto(`${CONSOLE}/portal#token=${token}`);
    await page.getByText(user).waitFor();
    assert.ok(!page.url().includes(token));
    assert.equal(await page.getByRole("link", { name: "Deliveries" }).count(), 0, "no scope, no link");
  });
  await visit({ allowed: [403] }, async (page) => {
    await page.goto(`${CONSOLE}/portal#token=${token}`);
    await page.getByRole("status").waitFor();
  });
});

test("an open page shows nothing of a session that replaces its own", async () => {
  const hook = await receiver();
  const [before, after] = [await newUser(), await newUser()];
  await before.webhook(hook.url);
  const theirs = await after.webhook(hook.url);
  await after.publish("order.paid", { total: 5 });
  await after.delivery(theirs, "success");
  await visit({}, async (page, context) => {
    await signIn(page, before.key);
    await page.getByText(before.user).waitFor();
    await signIn(await context.newPage(), after.key);
    await page.bringToFront();
    // The page loads itself again, so that its bar names the new user.
    await page.getByText(after.user).waitFor({ timeout: 60_000 });
    await page.getByRole("link", { name: "order.paid" }).waitFor();
  });
  hook.close();
});

test("another user's things are not there", async () => {
  const hook = await receiver();
  const owner = await newUser();
  const webhook = await owner.webhook(hook.url);
  await owner.publish("order.paid", { total: 5 });
  const delivery = await owner.delivery(webhook, "success");
  const other = await newUser();
  await visit({ allowed: [404] }, async (page) => {
    await signIn(page, other.key);
    const paths = [
      `webhooks/${webhook.id}`,
      `webhooks/${webhook.id}/deliveries/${delivery.id}`,
      `events/${delivery.eventId}`,
    ];
    for (const path of paths) {
      const answer = await page.goto(`${CONSOLE}/${path}`);
      assert.equal(answer.status(), 404, path);
    }
    await pictures(page, "not-found");
  });
  hook.close();
});
