// The page comes first (SN-5): whatever is broken around it, the snippet shows no error and breaks nothing.

import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { readFile } from "node:fs/promises";
import { targets, TOKEN, useBrowser } from "./support.mjs";
import { newToken, SNIPPET } from "./standin.mjs";

const world = useBrowser();
const PAY = '<a id="pay" href="https://buy.stripe.com/abc">Buy</a>';
const signup = () => window.tributary.signup({ externalId: "u1", email: "u1@shop.example" });

describe("size", () => {
  test("the source is under 3 KB gzipped", async () => {
    assert.ok(gzipSync(await readFile(SNIPPET), { level: 9 }).length < 3000);
  });

  for (const target of targets.filter(({ real }) => real)) {
    test("and so is what the server serves", async () => {
      const answer = await fetch(`${target.base}/t.js`);
      assert.equal(answer.status, 200);
      assert.match(answer.headers.get("content-type"), /javascript/);
      assert.ok(gzipSync(await answer.text(), { level: 9 }).length < 3000);
    });
  }
});

describe("a failing server", () => {
  const answers = {
    "answers 500": (response) => response.writeHead(500).end("<h1>oops</h1>"),
    "answers 404": (response) => response.writeHead(404).end('{"error":"unknown"}'),
    "answers 429": (response) => response.writeHead(429, { "retry-after": "9" }).end(),
    "answers no JSON": (response) => response.end("<html>"),
    "answers null": (response) => response.end("null"),
    "answers a malformed token": (response) => response.end('{"token":"tb_\\"><script>","visitor":7}'),
    "answers no token": (response) => response.end("{}"),
    "hangs up": (response) => response.destroy(),
  };
  for (const [name, answer] of Object.entries(answers)) {
    test(name, async () => {
      const shop = await world.shop();
      world.standIn.respond = (body, kind, response) => answer(response);
      shop.put("/landing", { body: PAY });
      assert.equal(await shop.visit("/landing?via=anna"), null);
      assert.equal(typeof await shop.page.evaluate(signup), "boolean");
      assert.equal(await shop.page.getAttribute("#pay", "href"), "https://buy.stripe.com/abc");
      await shop.assertNothingStored();
      await shop.assertNoFaults();
    });
  }

  test("is not there at all; what was stored is still used", async () => {
    const shop = await world.shop();
    shop.put("/landing", { body: PAY });
    shop.put("/down", { body: PAY, attributes: { "data-api": "http://track.example:9" } });
    const token = await shop.visit("/landing?via=anna");
    assert.equal(await shop.visit("/down?via=bert"), token);
    assert.equal(await shop.page.evaluate(signup), false);
    assert.equal(await shop.page.getAttribute("#pay", "href"), `https://buy.stripe.com/abc?client_reference_id=${token}`);
    await shop.assertNoFaults();
  });
});

describe("a hostile page", () => {
  const traps = {
    "fetch is gone: a beacon goes out": { head: "delete window.fetch; window.fetch = undefined;", beacon: true },
    "fetch throws: a beacon goes out": { head: "window.fetch = () => { throw new Error('trap'); };", beacon: true },
    "fetch and beacon throw": { head: "window.fetch = navigator.sendBeacon = () => { throw new Error('trap'); };" },
    "JSON is broken": { head: "JSON.stringify = () => { throw new Error('trap'); };" },
  };
  for (const [name, { head, beacon }] of Object.entries(traps)) {
    test(name, async () => {
      const shop = await world.shop();
      shop.put("/landing", { head: `<script>${head}</script>` });
      assert.equal(await shop.visit("/landing?via=anna"), null);
      assert.equal(await shop.page.evaluate(signup), false);
      await shop.page.waitForTimeout(200);
      const kinds = world.standIn.received.map(({ kind }) => kind);
      assert.deepEqual(kinds, beacon ? ["click", "signup"] : []);
      await shop.assertNoFaults();
    });
  }

  const throwing = (owner, name) => `Object.defineProperty(${owner}, "${name}", { get() { throw new DOMException("no", "SecurityError"); }, set() { throw new DOMException("no", "SecurityError"); } });`;
  const stores = {
    "localStorage throws": throwing("window", "localStorage"),
    "localStorage is null": 'Object.defineProperty(window, "localStorage", { value: null });',
    "localStorage is full": "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };",
    "cookies throw": throwing("document", "cookie"),
    "cookies are off": 'Object.defineProperty(document, "cookie", { get: () => "", set() {} });',
    "history is closed": "history.replaceState = () => { throw new DOMException('no', 'SecurityError'); };",
    "no store at all": throwing("window", "localStorage") + throwing("document", "cookie"),
  };
  for (const [name, head] of Object.entries(stores)) {
    test(`${name}: the token still works on this page`, async () => {
      const shop = await world.shop();
      shop.put("/landing", { head: `<script>${head}</script>`, body: PAY });
      const token = await shop.visit("/landing?via=anna");
      assert.match(token, TOKEN);
      assert.equal(await shop.page.getAttribute("#pay", "href"), `https://buy.stripe.com/abc?client_reference_id=${token}`);
      const handed = newToken();
      assert.equal(await shop.visit(`/landing?tb_token=${handed}`), handed);
      await shop.page.evaluate(() => { window.tributary.consent("denied"); window.tributary.consent("granted"); });
      await shop.assertNoFaults();
    });
  }

  test("one store is enough: cookies off, localStorage keeps the token", async () => {
    const shop = await world.shop();
    shop.put("/landing", { head: `<script>${stores["cookies are off"]}</script>` });
    const token = await shop.visit("/landing?via=anna");
    assert.equal(await shop.visit("/landing"), token);
  });

  test("a content security policy forbids the request", async () => {
    const shop = await world.shop();
    world.standIn.policy = "connect-src 'self'";
    shop.put("/landing", { body: PAY });
    assert.equal(await shop.visit("/landing?via=anna"), null);
    assert.equal(await shop.page.evaluate(signup), false);
    assert.equal(world.standIn.received.length, 0);
    await shop.assertNoFaults();
  });

  test("the global cannot be set: links are decorated all the same", async () => {
    const shop = await world.shop();
    shop.put("/landing", { head: '<script>Object.defineProperty(window, "tributary", { value: Object.freeze({ q: Object.freeze([]) }) });</script>', body: PAY });
    await shop.page.goto(`${shop.site}/landing?via=anna`);
    await shop.eventually(() => document.querySelector("#pay").search.length, "?client_reference_id=".length + 37);
    await shop.assertNoFaults();
  });

  test("an element of the same name, a frozen queue, a frozen document of prototypes", async () => {
    const shop = await world.shop();
    shop.put("/element", { head: '<div id="tributary"></div>', body: PAY });
    shop.put("/frozen", { head: "<script>window.tributary = Object.freeze({ q: Object.freeze([['consent', 'pending']]) }); [Object, Array, Promise, Map].forEach((it) => Object.freeze(it.prototype));</script>", body: PAY });
    assert.match(await shop.visit("/element?via=anna"), TOKEN);
    await shop.context.clearCookies();
    await shop.page.evaluate(() => localStorage.clear());
    assert.match(await shop.visit("/frozen?via=anna"), TOKEN);
    await shop.assertNothingStored();
    await shop.assertNoFaults();
  });

  test("errors of the merchant's own callback stay his", async () => {
    const shop = await world.shop();
    shop.put("/landing", { body: PAY });
    const token = await shop.visit("/landing?via=anna");
    const seen = await shop.page.evaluate(() => new Promise((done) => {
      window.tributary.ready(null);
      window.tributary.ready(() => { throw new Error("mine"); });
      window.tributary.consent({});
      window.tributary.ready(done);
    }));
    assert.equal(seen, token);
    await shop.assertNoFaults();
  });
});
