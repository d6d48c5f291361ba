// Sign-ups from the page (S15, SN-3): the promise never rejects, and the report survives a navigation.

import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { targets, useBrowser } from "./support.mjs";

const world = useBrowser();
const signup = (person) => window.tributary.signup(person);
const newPerson = () => {
  const externalId = `user-${randomUUID()}`;
  return { externalId, email: `${externalId}@shop.example`, name: "Jo Doe" };
};

for (const target of targets) {
  describe(`sign-up, ${target.name}`, () => {
    test("is posted with the token, once for each external id", async () => {
      const shop = await world.shop(target);
      shop.put("/join");
      const token = await shop.visit(`/join?via=${target.code}`);
      const { visitor } = (await shop.answer("click")).json;
      const person = newPerson();
      assert.equal(await shop.page.evaluate(signup, person), true);
      assert.equal(await shop.page.evaluate(signup, person), true);
      const { status, body } = await shop.answer("signup");
      assert.equal(status, 200);
      assert.deepEqual(body, { key: target.key, token, visitor, ...person });
      await shop.assertNoFaults();
    });

    test("is posted without a token too", async () => {
      const shop = await world.shop(target);
      shop.put("/join");
      assert.equal(await shop.visit("/join"), null);
      const person = newPerson();
      assert.equal(await shop.page.evaluate(signup, person), true);
      assert.deepEqual((await shop.answer("signup")).body, { key: target.key, token: null, visitor: null, ...person });
      await shop.assertNoFaults();
    });

    test("queued before the script loads, waits for the click's token", async () => {
      const shop = await world.shop(target);
      const person = newPerson();
      const head = `<script>window.tributary = window.tributary || { q: [] };
        tributary.q.push(["signup", ${JSON.stringify(person)}], ["nonsense"], null);</script>`;
      shop.put("/join", { head });
      const token = await shop.visit(`/join?via=${target.code}`);
      const { body, status } = await shop.answer("signup");
      assert.equal(status, 200);
      assert.equal(body.token, token);
      assert.equal(body.externalId, person.externalId);
      await shop.assertNoFaults();
    });
  });
}

describe("sign-up", () => {
  test("pushes to the queue after the load still work", async () => {
    const shop = await world.shop();
    const head = "<script>window.tributary = { q: [] }; window.early = tributary.q;</script>";
    shop.put("/join", { head });
    await shop.visit("/join");
    for (const [queue, externalId] of [["tributary.q", 7], ["early", 8]]) {
      const request = shop.page.waitForRequest(/track\/signup$/);
      await shop.page.evaluate(`${queue}.push(["signup", { externalId: ${externalId} }])`);
      assert.equal((await request).postDataJSON().externalId, String(externalId));
    }
  });

  test("survives the navigation that follows at once", async () => {
    const shop = await world.shop();
    // A quick machine delivers an ordinary request too, so the page also tells how it was sent.
    const head = `<script>window.kept = []; const real = window.fetch;
      window.fetch = (url, init) => { window.kept.push(init.keepalive); return real(url, init); };</script>`;
    shop.put("/join", { head });
    shop.put("/welcome");
    const token = await shop.visit("/join?via=anna");
    const { visitor } = (await shop.answer("click")).json;
    assert.deepEqual(await shop.page.evaluate(() => window.kept), [true]);
    await shop.page.evaluate(() => {
      window.tributary.signup({ externalId: "leaving", email: "l@shop.example" });
      window.location.href = "/welcome";
    });
    await shop.page.waitForURL("**/welcome");
    await arrival("leaving");
    assert.deepEqual(received("leaving"), {
      key: shop.target.key, token, visitor, externalId: "leaving", email: "l@shop.example", name: null,
    });
  });

  test("a page left while the click hangs still reports", async () => {
    const shop = await world.shop();
    world.standIn.respond = (body, kind, response) => { if (kind === "signup") response.end("{}"); };
    shop.put("/join");
    shop.put("/welcome");
    await shop.page.goto(`${shop.site}/join?via=anna`);
    await shop.page.waitForFunction(() => window.tributary?.signup);
    await shop.page.evaluate(() => {
      window.tributary.signup({ externalId: "hasty" });
      window.location.href = "/welcome";
    });
    await shop.page.waitForURL("**/welcome");
    await arrival("hasty");
    assert.equal(received("hasty").token, null);
  });

  test("a click that hangs holds a sign-up for two seconds at most", async () => {
    const shop = await world.shop();
    world.standIn.respond = (body, kind, response) => { if (kind === "signup") response.end("{}"); };
    shop.put("/join");
    await shop.page.goto(`${shop.site}/join?via=anna`);
    await shop.page.waitForFunction(() => window.tributary?.signup);
    const start = Date.now();
    assert.equal(await shop.page.evaluate(signup, { externalId: "patient" }), true);
    assert.ok(Date.now() - start < 3000);
  });

  test("a refused one is false and may be tried again; the promise never rejects", async () => {
    const shop = await world.shop();
    shop.put("/join");
    await shop.visit("/join");
    world.standIn.respond = (body, kind, response) => response.writeHead(429).end();
    assert.equal(await shop.page.evaluate(signup, { externalId: "u1" }), false);
    world.standIn.respond = (body, kind, response) => response.end("{}");
    assert.equal(await shop.page.evaluate(signup, { externalId: "u1" }), true);
    assert.equal(await shop.page.evaluate(signup, null), false);
    assert.equal(await shop.page.evaluate(() => window.tributary.signup()), false);
    assert.equal(await shop.page.evaluate(() => window.tributary.signup({ get externalId() { throw new Error("trap"); } })), false);
    await shop.assertNoFaults();
  });

  test("people known by e-mail only are told apart", async () => {
    const shop = await world.shop();
    shop.put("/join");
    await shop.visit("/join");
    for (const email of ["a@shop.example", "b@shop.example", "a@shop.example"]) {
      assert.equal(await shop.page.evaluate(signup, { email }), true);
    }
    assert.deepEqual(shop.sent("signup").map(({ body }) => [body.externalId, body.email]), [[null, "a@shop.example"], [null, "b@shop.example"]]);
  });
});

function received(externalId) {
  return world.standIn.received.find(({ kind, body }) => kind === "signup" && body.externalId === externalId)?.body;
}

async function arrival(externalId) {
  for (let turn = 0; turn < 100 && !received(externalId); turn += 1) await new Promise((done) => setTimeout(done, 20));
  assert.ok(received(externalId), `sign-up of ${externalId} arrives`);
}
