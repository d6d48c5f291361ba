// A visit with a partner's code: one click, a token kept in both stores, found again on the next page (SN-1).

import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { targets, TOKEN, useBrowser, UUID } from "./support.mjs";
import { newToken } from "./standin.mjs";

const world = useBrowser();

for (const target of targets) {
  describe(`click, ${target.name}`, () => {
    test("is posted once and its token is kept in the cookie and in localStorage", async () => {
      const shop = await world.shop(target);
      shop.put("/landing");
      const token = await shop.visit(`/landing?plan=pro&via=${target.code}#prices`);
      const { status, json, body } = await shop.answer("click");
      assert.equal(status, 200);
      assert.match(json.token, TOKEN);
      assert.match(json.visitor, UUID);
      assert.deepEqual(body, {
        key: target.key, code: target.code, url: `${shop.site}/landing?plan=pro&via=${target.code}`, referrer: "", visitor: null,
      });
      assert.equal(token, json.token);
      const value = `${json.token}.${json.visitor}`;
      const cookie = await shop.cookie();
      assert.equal(cookie.value, value);
      assert.equal(cookie.sameSite, "Lax");
      assert.equal(cookie.path, "/");
      const days = (cookie.expires - Date.now() / 1000) / 86400;
      assert.ok(days > 364.9 && days <= 365, `${days} days`);
      assert.equal(await shop.stored(), value);
      await shop.assertNoFaults();
    });

    test("token survives navigation and a second click tells the visitor", async () => {
      const shop = await world.shop(target);
      shop.put("/landing", { body: '<a id="next" href="/prices">Prices</a>' });
      shop.put("/prices");
      const token = await shop.visit(`/landing?via=${target.code}`);
      const { visitor } = (await shop.answer("click")).json;
      await shop.page.click("#next");
      await shop.page.waitForURL("**/prices");
      assert.equal(await shop.token(), token);
      assert.equal(shop.sent("click").length, 1, "no click without a code");
      await shop.visit(`/landing?via=${target.code}`);
      assert.equal(shop.sent("click")[1].body.visitor, visitor);
      await shop.assertNoFaults();
    });

    test("short link hands its token over: no second click, and a clean address", async () => {
      const shop = await world.shop(target);
      shop.put("/landed");
      const base = target.base ?? `http://127.0.0.1:${world.standIn.port}`;
      const answer = await fetch(`${base}/r/${target.short}`, {
        redirect: "manual", headers: { "user-agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36" },
      });
      const handed = new URL(answer.headers.get("location"), shop.site).searchParams;
      assert.match(handed.get("tb_token"), TOKEN);
      const query = `tb_token=${handed.get("tb_token")}&tb_visitor=${handed.get("tb_visitor")}`;
      const token = await shop.visit(`/landed?plan=a%20b&${query}&via=${target.code}&flag#top`);
      assert.equal(token, handed.get("tb_token"));
      assert.equal(shop.page.url(), `${shop.site}/landed?plan=a%20b&via=${target.code}&flag#top`);
      assert.equal((await shop.cookie()).value, `${handed.get("tb_token")}.${handed.get("tb_visitor")}`);
      assert.equal(shop.sent("click").length, 0);
      await shop.assertNoFaults();
    });

    test("snippet included twice acts once", async () => {
      const shop = await world.shop(target);
      shop.put("/landing", { tags: 2, body: '<a id="pay" href="https://buy.stripe.com/abc">Buy</a>' });
      const token = await shop.visit(`/landing?via=${target.code}`);
      await shop.page.waitForTimeout(200);
      assert.equal(shop.sent("click").length, 1);
      assert.equal(await shop.page.getAttribute("#pay", "href"), `https://buy.stripe.com/abc?client_reference_id=${token}`);
      await shop.assertNoFaults();
    });
  });
}

describe("address", () => {
  test("the parameter may stand in the fragment, and the posted address has no fragment", async () => {
    const shop = await world.shop();
    shop.put("/app");
    assert.match(await shop.visit("/app#/welcome?via=anna&x=1"), TOKEN);
    const { body } = await shop.answer("click");
    assert.equal(body.code, "anna");
    assert.equal(body.url, `${shop.site}/app`);
  });

  test("the parameter's name is the program's own, and the referrer is told", async () => {
    const shop = await world.shop();
    shop.put("/blog", { attributes: { "data-key": "trb_pk_live_other" }, body: '<a id="go" href="/landing?ref=b%C3%B6rn&via=no">Go</a>' });
    shop.put("/landing", { attributes: { "data-param": "ref" } });
    await shop.visit("/blog");
    await shop.page.click("#go");
    await shop.page.waitForURL("**/landing?*");
    await shop.token();
    const { body } = await shop.answer("click");
    assert.equal(body.code, "börn");
    assert.equal(body.referrer, `${shop.site}/blog`);
  });

  test("no click without the parameter or with an empty one", async () => {
    const shop = await world.shop();
    shop.put("/landing");
    assert.equal(await shop.visit("/landing"), null);
    assert.equal(await shop.visit("/landing?via=&vial=anna"), null);
    assert.equal(shop.calls.length, 0);
    await shop.assertNothingStored();
  });

  test("a malformed handed token is not believed, and is removed as well", async () => {
    const shop = await world.shop();
    shop.put("/landed");
    assert.equal(await shop.visit("/landed?tb_token=tb_SHORT&tb_visitor=x"), null);
    assert.equal(shop.page.url(), `${shop.site}/landed`);
    const token = newToken();
    assert.equal(await shop.visit(`/landed?my-tb_token=1&tb_token=${token}`), token);
    assert.equal(shop.page.url(), `${shop.site}/landed?my-tb_token=1`);
    assert.equal((await shop.cookie()).value, token);
  });

  test("a hidden frame is no visit", async () => {
    const shop = await world.shop();
    shop.put("/landing");
    shop.put("/stuffed", { body: '<iframe src="/landing?via=anna" hidden></iframe>' });
    await shop.visit("/stuffed");
    const frame = shop.page.frames()[1];
    await frame.waitForFunction(() => window.tributary?.ready);
    await frame.evaluate(() => new Promise((done) => window.tributary.ready(done)));
    assert.equal(shop.sent("click").length, 0);
  });

  test("a page that is prerendered counts when it is shown", async () => {
    const shop = await world.shop();
    shop.put("/landing", { head: '<script>Object.defineProperty(document, "prerendering", { value: true });</script>' });
    await shop.page.goto(`${shop.site}/landing?via=anna`);
    await shop.page.waitForFunction(() => window.tributary?.token);
    await shop.page.waitForTimeout(200);
    assert.equal(shop.calls.length, 0);
    await shop.page.evaluate(() => document.dispatchEvent(new Event("prerenderingchange")));
    assert.match(await shop.token(), TOKEN);
    assert.equal((await shop.answer("click")).body.code, "anna");
  });
});

describe("names and places (SN-5)", () => {
  test("path and global are changed", async () => {
    const shop = await world.shop();
    const head = '<script>window.flow = { q: [["ready", (t) => { window.seen = t; }]] };</script>';
    shop.put("/landing", { head, attributes: { src: `${shop.base}/assets/v2/flow.js?9`, "data-name": "flow" } });
    const token = await shop.visit("/landing?via=anna", "flow");
    assert.match(token, TOKEN);
    assert.equal(await shop.page.evaluate(() => window.seen), token);
    assert.equal(await shop.page.evaluate(() => "tributary" in window), false);
    assert.equal(world.standIn.received[0].path, "/assets/v2/track/click");
  });

  test("data-api names another base", async () => {
    const shop = await world.shop();
    shop.put("/landing", { attributes: { "data-api": `${shop.site}/proxy/t/` } });
    assert.match(await shop.visit("/landing?via=anna"), TOKEN);
    assert.equal(world.standIn.received[0].path, "/proxy/t/track/click");
    assert.equal(world.standIn.received[0].headers.host, new URL(shop.site).host);
  });

  test("the snippet leaves one global", async () => {
    const shop = await world.shop();
    shop.put("/landing");
    shop.put("/bare", { attributes: { src: null } });
    await shop.page.goto(`${shop.site}/bare`);
    const bare = await shop.page.evaluate(() => Object.getOwnPropertyNames(window));
    await shop.visit("/landing?via=anna");
    const names = await shop.page.evaluate(() => Object.getOwnPropertyNames(window));
    assert.deepEqual(names.filter((name) => !bare.includes(name)), ["tributary"]);
  });

  test("the request needs no preflight and carries no credentials", async () => {
    const shop = await world.shop();
    shop.put("/landing");
    await shop.visit("/landing?via=anna");
    const [{ headers }] = world.standIn.received;
    assert.match(headers["content-type"], /^text\/plain/);
    assert.equal(headers.cookie, undefined);
    assert.equal(headers.origin, shop.site);
  });
});
