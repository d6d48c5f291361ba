// One browser and one stand-in for each test file, and `Shop`: a visitor's own browser context on a merchant's pages.

import { after, afterEach, before } from "node:test";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { startStandIn } from "./standin.mjs";

export const TOKEN = /^tb_[0-9a-z]{34}$/;
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const KEY = "trb_pk_live_0123456789";

// The closed list of flags keeps the browser from calling home; names under .example lead to this machine.
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
  "--host-resolver-rules=MAP *.example 127.0.0.1, MAP *.co.uk 127.0.0.1",
];
// Headless Chromium names itself a robot, and a server may count no robot's click.
const USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

const { TRIBUTARY_URL, TRIBUTARY_KEY, TRIBUTARY_CODE, TRIBUTARY_SHORT, TRIBUTARY_SITE, CHROMIUM } = process.env;

/** Where a journey runs: the stand-in always, a real server when the environment names one. */
export const targets = [{ name: "stand-in", real: false, key: KEY, code: "anna", short: "anna" }];
if (TRIBUTARY_URL) {
  assert.ok(TRIBUTARY_KEY && TRIBUTARY_CODE, "TRIBUTARY_URL needs TRIBUTARY_KEY and TRIBUTARY_CODE");
  const base = TRIBUTARY_URL.replace(/\/+$/, "");
  targets.push({ name: "server", real: true, key: TRIBUTARY_KEY, code: TRIBUTARY_CODE, short: TRIBUTARY_SHORT ?? TRIBUTARY_CODE, base });
}

/** Registers the browser and the stand-in of a test file; the returned object is filled before the first test. */
export function useBrowser() {
  const world = {};
  const shops = [];
  before(async () => {
    world.standIn = await startStandIn(TRIBUTARY_SITE ? Number(new URL(TRIBUTARY_SITE).port) : 0);
    world.browser = await chromium.launch({ executablePath: CHROMIUM || "/usr/bin/chromium", args: FLAGS });
  });
  afterEach(async () => {
    await Promise.all(shops.splice(0).map((shop) => shop.context.close()));
    world.standIn.reset();
  });
  after(async () => {
    await world.browser?.close();
    world.standIn?.close();
  });
  world.shop = async (target = targets[0], options = {}) => {
    const context = await world.browser.newContext({ userAgent: USER_AGENT });
    const shop = new Shop(world.standIn, target, context, options);
    shops.push(shop);
    await shop.newPage();
    return shop;
  };
  return world;
}

/** A visitor on a merchant's pages. `options.host` is the shop's host name. */
export class Shop {
  constructor(standIn, target, context, options) {
    this.standIn = standIn;
    this.target = target;
    this.context = context;
    this.base = target.base ?? `http://track.example:${standIn.port}`;
    this.site = `http://${options.host ?? "www.shop.example"}:${standIn.port}`;
    if (target.real && TRIBUTARY_SITE) this.site = new URL(TRIBUTARY_SITE).origin;
    /** Errors that reached the page: uncaught ones, and console errors that a script wrote. */
    this.faults = [];
    /** Requests to the two endpoints: `{ kind, body, request }`. */
    this.calls = [];
  }

  async newPage() {
    this.page = await this.context.newPage();
    this.page.on("pageerror", (error) => this.faults.push(String(error)));
    this.page.on("console", (message) => {
      // The browser itself notes a failed or forbidden load, and no script can keep it from that.
      const byBrowser = /^Failed to load resource|Content Security Policy|blocked by CORS policy/.test(message.text());
      if (!byBrowser) this.faults.push(`${message.type()}: ${message.text()}`);
    });
    this.page.on("request", (request) => {
      const kind = /\/track\/(click|signup)$/.exec(new URL(request.url()).pathname)?.[1];
      if (kind && request.method() === "POST") {
        this.calls.push({ kind, request, body: JSON.parse(request.postData() ?? "null") });
      }
    });
    return this.page;
  }

  /** The tag that a merchant pastes; `attributes` go in as they are, null removes one. */
  tag(attributes = {}) {
    const all = { src: `${this.base}/t.js`, "data-key": this.target.key, ...attributes };
    const text = Object.entries(all).filter(([, value]) => value !== null).map(([name, value]) => `${name}="${value}"`);
    return `<script async ${text.join(" ")}></script>`;
  }

  /** Puts a page at `path`: `head` comes before the tag, `body` after it. */
  put(path, { attributes, head = "", body = "", tags = 1 } = {}) {
    const tag = this.tag(attributes).repeat(tags);
    this.standIn.pages.set(path, `<!doctype html><meta charset="utf-8"><title>Shop</title>${head}${tag}<body>${body}`);
  }

  /** Opens a page and waits until the snippet knows whether there is a token; gives the token. */
  async visit(url, name = "tributary") {
    await this.page.goto(this.site + url);
    return this.token(name);
  }

  async token(name = "tributary") {
    await this.page.waitForFunction((global) => window[global]?.ready, name);
    return this.page.evaluate((global) => new Promise((done) => window[global].ready(done)), name);
  }

  /** The calls of one kind so far. */
  sent(kind) {
    return this.calls.filter((call) => call.kind === kind);
  }

  /** What the server answered to the only call of this kind. */
  async answer(kind) {
    for (let turn = 0; turn < 100 && !this.sent(kind).length; turn += 1) await this.page.waitForTimeout(20);
    const calls = this.sent(kind);
    assert.equal(calls.length, 1, `one ${kind} is posted`);
    const response = await calls[0].request.response();
    // The snippet does not read what a sign-up is answered, and the browser never finishes a body that nobody reads.
    const json = kind === "click" ? await response.json().catch(() => null) : null;
    return { status: response.status(), json, body: calls[0].body };
  }

  async cookie() {
    return (await this.context.cookies(this.site)).find(({ name }) => name === "tb");
  }

  stored() {
    return this.page.evaluate(() => localStorage.getItem("tb"));
  }

  /** Nothing is kept, neither in a cookie nor in localStorage. */
  async assertNothingStored() {
    assert.equal(await this.cookie(), undefined);
    assert.equal(await this.stored(), null);
  }

  /** Waits for `read` (run in the page) to give `expected`. */
  async eventually(read, expected, argument) {
    let seen;
    for (let turn = 0; turn < 100; turn += 1) {
      seen = await this.page.evaluate(read, argument);
      if (seen === expected) return;
      await this.page.waitForTimeout(20);
    }
    assert.equal(seen, expected);
  }

  async assertNoFaults() {
    await this.page.waitForTimeout(50); // the browser tells of a rejected promise only after the task
    assert.deepEqual(this.faults, []);
  }
}
