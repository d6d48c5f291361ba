// The token on Stripe's three kinds of elements, without loss of the merchant's own reference (S17, AT-12).

import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { targets, useBrowser } from "./support.mjs";
import { newToken } from "./standin.mjs";

const world = useBrowser();
const THREE = `
  <a id="link" href="https://buy.stripe.com/test_abc?prefilled_email=jo%2Bx%40shop.example#top">Buy</a>
  <stripe-pricing-table id="table" pricing-table-id="prctbl_1"></stripe-pricing-table>
  <stripe-buy-button id="button" buy-button-id="buy_btn_1"></stripe-buy-button>`;

/** The reference that an element carries now. */
const reference = (selector) => {
  const element = document.querySelector(selector);
  return element.localName === "a"
    ? new URL(element.href).searchParams.get("client_reference_id")
    : element.getAttribute("client-reference-id");
};

for (const target of targets) {
  describe(`decoration, ${target.name}`, () => {
    test("all three kinds carry the token, and nothing else of them changes", async () => {
      const shop = await world.shop(target);
      shop.put("/prices", { body: THREE });
      const token = await shop.visit(`/prices?via=${target.code}`);
      assert.equal(
        await shop.page.getAttribute("#link", "href"),
        `https://buy.stripe.com/test_abc?prefilled_email=jo%2Bx%40shop.example&client_reference_id=${token}#top`,
      );
      assert.equal(await shop.page.evaluate(reference, "#table"), token);
      assert.equal(await shop.page.evaluate(reference, "#button"), token);
      await shop.assertNoFaults();
    });

    test("elements added later and changed later carry it too, on a later page as well", async () => {
      const shop = await world.shop(target);
      shop.put("/landing");
      shop.put("/prices", { body: '<div id="room"></div><a id="later" href="/cart">Cart</a>' });
      const token = await shop.visit(`/landing?via=${target.code}`);
      assert.equal(await shop.visit("/prices"), token);
      await shop.page.evaluate((html) => {
        document.querySelector("#room").innerHTML = `<p>text<section>${html}</section>`;
        document.querySelector("#later").href = "https://buy.stripe.com/later";
      }, THREE);
      for (const id of ["#link", "#table", "#button", "#later"]) await shop.eventually(reference, token, id);
      await shop.page.evaluate(() => {
        document.querySelector("#link").setAttribute("href", "https://buy.stripe.com/other");
        document.querySelector("#table").setAttribute("client-reference-id", "cart-7");
      });
      await shop.eventually(reference, token, "#link");
      await shop.eventually(reference, `cart-7-${token}`, "#table");
      await shop.assertNoFaults();
    });
  });
}

describe("decoration", () => {
  test("a merchant's value is kept in front", async () => {
    const shop = await world.shop();
    const almost = `${newToken()}0`; // one letter too many for a token
    const body = `
      <a id="a" href="https://buy.stripe.com/x?client_reference_id=order_7-b&locale=de">Buy</a>
      <stripe-pricing-table id="b" client-reference-id="user_1"></stripe-pricing-table>
      <stripe-buy-button id="c" client-reference-id="${"v".repeat(162)}"></stripe-buy-button>
      <a id="d" href="https://buy.stripe.com/x?client_reference_id=">Buy</a>
      <stripe-buy-button id="e" client-reference-id="${almost}"></stripe-buy-button>`;
    shop.put("/prices", { body });
    const token = await shop.visit("/prices?via=anna");
    assert.equal(await shop.page.getAttribute("#a", "href"), `https://buy.stripe.com/x?client_reference_id=order_7-b-${token}&locale=de`);
    assert.equal(await shop.page.evaluate(reference, "#b"), `user_1-${token}`);
    const longest = await shop.page.evaluate(reference, "#c");
    assert.equal(longest.length, 200);
    assert.ok(longest.endsWith(`-${token}`));
    assert.equal(await shop.page.evaluate(reference, "#d"), token);
    assert.equal(await shop.page.evaluate(reference, "#e"), `${almost}-${token}`);
  });

  test("a value that is too long or that Stripe would drop is left as it is", async () => {
    const shop = await world.shop();
    const link = "https://buy.stripe.com/x?client_reference_id=a%20b&y=1";
    const body = `
      <stripe-buy-button id="long" client-reference-id="${"v".repeat(163)}"></stripe-buy-button>
      <stripe-pricing-table id="bad" client-reference-id="jo@shop.example"></stripe-pricing-table>
      <a id="link" href="${link}">Buy</a>`;
    shop.put("/prices", { body });
    await shop.visit("/prices?via=anna");
    assert.equal(await shop.page.evaluate(reference, "#long"), "v".repeat(163));
    assert.equal(await shop.page.evaluate(reference, "#bad"), "jo@shop.example");
    assert.equal(await shop.page.getAttribute("#link", "href"), link);
  });

  test("a foreign token stays; this visitor's older one is replaced", async () => {
    const shop = await world.shop();
    const [old, foreign, token] = [newToken(), newToken(), newToken()];
    const body = `
      <stripe-buy-button id="old" client-reference-id="order-${old}"></stripe-buy-button>
      <a id="link" href="https://buy.stripe.com/x?client_reference_id=${old}">Buy</a>
      <stripe-pricing-table id="foreign" client-reference-id="order-${foreign}"></stripe-pricing-table>`;
    shop.put("/prices", { body });
    assert.equal(await shop.visit(`/prices?tb_token=${old}`), old);
    assert.equal(await shop.page.evaluate(reference, "#old"), `order-${old}`);
    assert.equal(await shop.visit(`/prices?tb_token=${token}`), token);
    assert.equal(await shop.page.evaluate(reference, "#old"), `order-${token}`);
    assert.equal(await shop.page.evaluate(reference, "#link"), token);
    assert.equal(await shop.page.evaluate(reference, "#foreign"), `order-${foreign}`);
  });

  test("custom checkout hosts are named by data-hosts; other links stay", async () => {
    const shop = await world.shop();
    const others = ["https://stripe.com/x", "https://buy.stripe.com.evil.example/x", "mailto:a@shop.example", "/cart", "", "https://["];
    const body = '<a id="pay" href="https://pay.shop.example/x">Buy</a><a id="two" href="https://eu.shop.example/?a=1">Buy</a>'
      + others.map((href) => `<a class="other" href="${href}">Other</a>`).join("")
      + '<a class="bare">Bare</a><svg><a href="https://buy.stripe.com/svg"></a></svg>';
    shop.put("/prices", { body, attributes: { "data-hosts": "Pay.shop.example, eu.shop.example," } });
    const token = await shop.visit("/prices?via=anna");
    assert.equal(await shop.page.getAttribute("#pay", "href"), `https://pay.shop.example/x?client_reference_id=${token}`);
    assert.equal(await shop.page.getAttribute("#two", "href"), `https://eu.shop.example/?a=1&client_reference_id=${token}`);
    const seen = await shop.page.$$eval(".other", (links) => links.map((link) => link.getAttribute("href")));
    assert.deepEqual(seen, others);
    await shop.assertNoFaults();
  });

  test("a slow answer decorates what is on the page by then, once each", async () => {
    const shop = await world.shop();
    const well = world.standIn.respond;
    world.standIn.respond = async (...all) => {
      await new Promise((done) => setTimeout(done, 300));
      well(...all);
    };
    const head = `<script>window.changes = 0; new MutationObserver((all) => { window.changes += all.length; })
      .observe(document, { subtree: true, attributes: true });</script>`;
    shop.put("/prices", { body: THREE, head });
    await shop.page.goto(`${shop.site}/prices?via=anna`);
    assert.equal(await shop.page.evaluate(reference, "#table"), null);
    const token = await shop.token();
    for (const id of ["#link", "#table", "#button"]) assert.equal(await shop.page.evaluate(reference, id), token);
    await shop.page.waitForTimeout(100);
    assert.equal(await shop.page.evaluate(() => window.changes), 3);
  });

  test("decorate() reaches a shadow root", async () => {
    const shop = await world.shop();
    shop.put("/prices", { body: '<div id="host"></div>' });
    const token = await shop.visit("/prices?via=anna");
    const seen = await shop.page.evaluate((html) => {
      const root = document.querySelector("#host").attachShadow({ mode: "open" });
      root.innerHTML = html;
      window.tributary.decorate(root);
      window.tributary.decorate("nonsense");
      return root.querySelector("#table").getAttribute("client-reference-id");
    }, THREE);
    assert.equal(seen, token);
    await shop.assertNoFaults();
  });

  test("without a token nothing is touched", async () => {
    const shop = await world.shop();
    shop.put("/prices", { body: THREE });
    await shop.visit("/prices");
    await shop.page.evaluate(() => window.tributary.decorate());
    for (const id of ["#link", "#table", "#button"]) assert.equal(await shop.page.evaluate(reference, id), null);
  });
});
