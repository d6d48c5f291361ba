// Where the token is kept (SN-1), and what consent allows (SN-2).

import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { targets, TOKEN, useBrowser } from "./support.mjs";
import { newToken } from "./standin.mjs";

const world = useBrowser();
const PAY = { body: '<a id="pay" href="https://buy.stripe.com/abc">Buy</a>' };
const readPay = () => new URL(document.querySelector("#pay").href).searchParams.get("client_reference_id");

for (const target of targets) {
  describe(`consent, ${target.name}`, () => {
    for (const state of ["pending", "denied", ""]) {
      test(`"${state}": nothing is stored, the token works on this page; a later grant stores it`, async () => {
        const shop = await world.shop(target);
        shop.put("/landing", { ...PAY, attributes: { "data-consent": state } });
        const token = await shop.visit(`/landing?via=${target.code}`);
        assert.match(token, TOKEN);
        assert.equal(await shop.page.evaluate(readPay), token);
        await shop.assertNothingStored();
        await shop.page.evaluate(() => window.tributary.consent("granted"));
        assert.ok((await shop.cookie()).value.startsWith(token));
        assert.ok((await shop.stored()).startsWith(token));
        await shop.assertNoFaults();
      });
    }

    test("taken back: what is stored goes, the token stays on this page only", async () => {
      const shop = await world.shop(target);
      shop.put("/landing", PAY);
      const token = await shop.visit(`/landing?via=${target.code}`);
      assert.ok((await shop.cookie()).value.startsWith(token));
      await shop.page.evaluate(() => window.tributary.consent("denied"));
      await shop.assertNothingStored();
      assert.equal(await shop.page.evaluate(() => window.tributary.token()), token);
      assert.equal(await shop.page.evaluate(readPay), token);
      assert.equal(await shop.visit("/landing"), null);
      await shop.assertNoFaults();
    });
  });
}

describe("consent", () => {
  test("pending neither reads nor removes what an earlier visit stored; a grant reads it", async () => {
    const shop = await world.shop();
    shop.put("/landing", PAY);
    shop.put("/asking", { ...PAY, attributes: { "data-consent": "pending" } });
    const token = await shop.visit("/landing?via=anna");
    assert.equal(await shop.visit("/asking"), null);
    assert.equal(await shop.page.evaluate(readPay), null);
    await shop.page.evaluate(() => window.tributary.consent("granted"));
    assert.equal(await shop.page.evaluate(() => window.tributary.token()), token);
    assert.equal(await shop.page.evaluate(readPay), token);
  });

  test("a page that starts denied removes what an earlier visit stored", async () => {
    const shop = await world.shop();
    shop.put("/landing");
    shop.put("/refused", { attributes: { "data-consent": "denied" } });
    await shop.visit("/landing?via=anna");
    assert.equal(await shop.visit("/refused"), null);
    await shop.assertNothingStored();
  });

  test("a refusal queued before the script loads is heard before anything is stored", async () => {
    const shop = await world.shop();
    const head = `<script>
      window.tributary = { q: [] }; window.writes = [];
      const { set } = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
      Object.defineProperty(document, "cookie", { get: () => "", set(v) { window.writes.push(v); set.call(document, v); } });
      tributary.q.push(["consent", "denied"]);
    </script>`;
    shop.put("/landing", { head });
    assert.match(await shop.visit("/landing?via=anna"), TOKEN);
    await shop.assertNothingStored();
    const writes = await shop.page.evaluate(() => window.writes);
    assert.ok(writes.length > 0 && writes.every((write) => write.startsWith("tb=;")), writes.join("\n"));
  });
});

describe("storage", () => {
  test("the cookie goes to the widest domain that the browser takes", async () => {
    for (const [host, domain] of [["eu.www.shop.example", ".shop.example"], ["www.shop.co.uk", ".shop.co.uk"]]) {
      const shop = await world.shop(undefined, { host });
      shop.put("/landing");
      await shop.visit("/landing?via=anna");
      assert.equal((await shop.cookie()).domain, domain);
    }
  });

  test("data-domain narrows it; one that the browser refuses is passed over", async () => {
    for (const [given, domain] of [[".www.shop.example", ".www.shop.example"], [".else.example", ".shop.example"]]) {
      const shop = await world.shop();
      shop.put("/landing", { attributes: { "data-domain": given } });
      await shop.visit("/landing?via=anna");
      assert.equal((await shop.cookie()).domain, domain);
    }
  });

  test("hosts without a registrable domain work: an address and localhost", async () => {
    for (const host of ["127.0.0.1", "localhost"]) {
      const shop = await world.shop(undefined, { host });
      shop.put("/landing");
      const token = await shop.visit("/landing?via=anna");
      assert.ok((await shop.cookie()).value.startsWith(token), host);
    }
  });

  test("on https the cookie is secure", async () => {
    const shop = await world.shop();
    const snippet = await (await fetch(`http://127.0.0.1:${world.standIn.port}/t.js`)).text();
    const token = newToken();
    await shop.context.route("https://www.shop.example/**", (route) => {
      const path = new URL(route.request().url()).pathname;
      if (path === "/t.js") return route.fulfill({ contentType: "text/javascript", body: snippet });
      if (path === "/track/click") return route.fulfill({ json: { token, visitor: null } });
      return route.fulfill({ contentType: "text/html", body: shop.tag({ src: "/t.js" }) });
    });
    await shop.page.goto("https://www.shop.example/?via=anna");
    assert.equal(await shop.token(), token);
    const [cookie] = await shop.context.cookies("https://www.shop.example");
    assert.equal(cookie.value, token);
    assert.equal(cookie.secure, true);
  });

  test("either store restores the other", async () => {
    const shop = await world.shop();
    shop.put("/landing");
    const token = await shop.visit("/landing?via=anna");
    const value = await shop.stored();
    await shop.context.clearCookies();
    assert.equal(await shop.visit("/landing"), token);
    assert.equal((await shop.cookie()).value, value);
    await shop.page.evaluate(() => localStorage.clear());
    assert.equal(await shop.visit("/landing"), token);
    assert.equal(await shop.stored(), value);
  });

  test("the newer click's token takes the place of the older, also of a narrower cookie", async () => {
    const shop = await world.shop();
    shop.put("/landing");
    const [old, token] = [newToken(), newToken()];
    await shop.context.addCookies([{ name: "tb", value: old, domain: "www.shop.example", path: "/" }]);
    assert.equal(await shop.visit("/landing"), old);
    assert.equal(await shop.visit(`/landing?tb_token=${token}`), token);
    assert.equal(await shop.visit("/landing"), token);
    assert.equal((await shop.context.cookies(shop.site)).length, 1);
  });

  test("rubbish in the stores is no token", async () => {
    const shop = await world.shop();
    shop.put("/landing");
    await shop.context.addCookies([{ name: "tb", value: "tb_<script>", domain: "www.shop.example", path: "/" }]);
    await shop.visit("/landing");
    await shop.page.evaluate((long) => localStorage.setItem("tb", long), `${newToken()}0`);
    assert.equal(await shop.visit("/landing"), null);
    await shop.assertNoFaults();
  });
});
