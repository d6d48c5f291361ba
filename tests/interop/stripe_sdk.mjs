// Lets Stripe's own SDK be the client of the pretended Stripe, and asks it whether what it gets is what its type files promise.
//
//     node stripe_sdk.mjs <path of the program fake_stripe>

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import Stripe from 'stripe';
import ts from 'typescript';

const here = path.dirname(fileURLToPath(import.meta.url));
// The SDKs of three versions, and the version that each was made for.
const SDKS = [
  { name: 'stripe-2024-06-20', version: '2024-06-20', folder: 'types', spaced: true },
  { name: 'stripe-basil', version: '2025-03-31.basil', folder: 'types', spaced: true },
  { name: 'stripe', version: '2026-09-30.endive', folder: 'esm/resources', spaced: false },
];
const program = spawn(process.argv[2], ['--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
const base = await new Promise((resolve) => {
  program.stdout.on('data', (text) => {
    const found = /listening on (\S+)/.exec(text);
    if (found) resolve(new URL(found[1]));
  });
});
process.on('exit', () => program.kill());

const steer = async (what, body = {}) => (await fetch(new URL(`/_fake/${what}`, base), { method: 'POST', body: JSON.stringify(body) })).json();
const client = (version, more = {}) => new Stripe('sk_test_of_the_sdk', { apiVersion: version, host: base.hostname, port: base.port, protocol: 'http', maxNetworkRetries: 0, ...more });

const start = Math.floor(Date.UTC(2025, 0, 1) / 1000);
const made = await steer('seed', { customers: 130, payments: 320, start, span: 86400 * 30, seed: 3 });
const counts = await steer('counts');
const stripe = client('2026-09-30.endive');

async function pages() {
  const lists = [
    ['customers', stripe.customers],
    ['payment_intents', stripe.paymentIntents],
    ['charges', stripe.charges],
    ['refunds', stripe.refunds],
    ['invoices', stripe.invoices],
    ['invoice_payments', stripe.invoicePayments],
    ['subscriptions', stripe.subscriptions],
    ['disputes', stripe.disputes],
    ['balance_transactions', stripe.balanceTransactions],
    ['products', stripe.products],
    ['prices', stripe.prices],
    ['sessions', stripe.checkout.sessions],
  ];
  for (const [name, list] of lists) {
    const seen = new Set();
    let last = Infinity;
    for await (const one of list.list({ limit: 100 })) {
      seen.add(one.id);
      assert.ok(one.created <= last, `${name} is not the newest first`);
      last = one.created;
    }
    assert.equal(seen.size, counts[name], name);
  }
  assert.ok(made.invoices > 100 && made.refunds > 5);
}

async function refusals() {
  await assert.rejects(stripe.customers.retrieve('cus_none'), { type: 'StripeInvalidRequestError', code: 'resource_missing', statusCode: 404 });
  await assert.rejects(stripe.promotionCodes.create({ coupon: 'none' }), { code: 'parameter_unknown' });
  await assert.rejects(new Stripe('pk_test_1', { host: base.hostname, port: base.port, protocol: 'http' }).customers.list(), { type: 'StripeAuthenticationError' });
  await steer('fault', { status: 429, times: 1 });
  await assert.rejects(stripe.customers.list(), { type: 'StripeRateLimitError' });
  // The SDK tries again what it is told to try again.
  await steer('fault', { status: 500, shouldRetry: true, times: 1 });
  assert.equal((await client('2026-09-30.endive', { maxNetworkRetries: 2 }).customers.list({ limit: 1 })).data.length, 1);
}

async function writes() {
  const coupon = await stripe.coupons.create({ percent_off: 20, duration: 'forever', metadata: { a: '1' } });
  const code = await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'ADA' }, { idempotencyKey: 'k1' });
  const again = await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'ADA' }, { idempotencyKey: 'k1' });
  assert.equal(code.id, again.id);
  assert.equal((await stripe.promotionCodes.update(code.id, { active: false })).active, false);
  const endpoint = await stripe.webhookEndpoints.create({ url: 'https://a.example/', enabled_events: ['*'], api_version: '2026-09-30.endive' });
  assert.match(endpoint.secret, /^whsec_/);
  assert.equal((await stripe.webhookEndpoints.retrieve(endpoint.id)).secret, undefined);
  const event = (await stripe.events.list({ type: 'coupon.created' })).data[0];
  assert.equal(event.data.object.id, coupon.id);
}

/** The fields of an object's type in an SDK's type files. */
function fieldsOf(sdk) {
  const root = path.join(here, 'node_modules', sdk.name, sdk.folder);
  const fields = new Map();
  for (const file of fs.readdirSync(root, { recursive: true }).filter((file) => file.endsWith('.d.ts'))) {
    const source = ts.createSourceFile(file, fs.readFileSync(path.join(root, file), 'utf8'), ts.ScriptTarget.ES2022, true);
    const look = (node) => {
      if (ts.isInterfaceDeclaration(node)) {
        const object = node.members.find((member) => member.name?.getText() === 'object')?.type;
        const word = object && ts.isLiteralTypeNode(object) && ts.isStringLiteral(object.literal) ? object.literal.text : null;
        if (word) {
          const known = fields.get(word) ?? new Set();
          node.members.forEach((member) => known.add(member.name?.getText()));
          fields.set(word, known);
        }
      }
      ts.forEachChild(node, look);
    };
    look(source);
  }
  return fields;
}

async function shapes() {
  const report = [];
  for (const sdk of SDKS) {
    const fields = fieldsOf(sdk);
    const own = client(sdk.version);
    let checked = 0;
    const check = (value) => {
      if (Array.isArray(value)) return value.forEach(check);
      if (!value || typeof value !== 'object') return;
      const known = typeof value.object === 'string' && value.id ? fields.get(value.object) : null;
      if (known) {
        checked += 1;
        for (const field of Object.keys(value)) {
          const name = `${value.object}.${field}`;
          if (!known.has(field)) report.push(`${sdk.version} has no ${name}`);
        }
      }
      // Events show their object in the version of their time, whatever is asked for.
      if (value.object === 'event' && value.api_version !== sdk.version) return;
      Object.values(value).forEach(check);
    };
    const expanded = { invoices: 'data.discounts', subscriptions: 'data.latest_invoice', customers: 'data.subscriptions' };
    for (const name of ['customers', 'products', 'prices', 'coupons', 'promotionCodes', 'paymentIntents', 'charges', 'refunds', 'invoices', 'subscriptions', 'disputes', 'balanceTransactions', 'events', 'webhookEndpoints', 'paymentLinks']) {
      const expand = expanded[name] ? `&expand[]=${expanded[name]}` : '';
      const page = await own.rawRequest('GET', `/v1/${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}?limit=30${expand}`);
      check(page.data);
    }
    check((await own.rawRequest('GET', '/v1/checkout/sessions?limit=30')).data);
    check(await own.rawRequest('GET', '/v1/account'));
    assert.ok(checked > 150, `only ${checked} objects of ${sdk.version} were looked at`);
    console.log(`  ${sdk.version}: ${checked} objects have only fields that the type files have`);
  }
  assert.deepEqual([...new Set(report)], []);
}

for (const step of [pages, refusals, writes, shapes]) {
  await step();
  console.log(`${step.name}: passed`);
}
process.exit(0);
