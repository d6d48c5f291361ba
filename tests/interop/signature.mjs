// Signed deliveries as Stripe's own SDK makes them, and what its own verification says of each: the oracle for our verification.
//
//   npm ci && node signature.mjs > deliveries.json
//
// Output, one JSON object:
//
//   {
//     "sdk": "23.1.0",                        version of the SDK
//     "now": 1800000000,                      unix seconds at which every delivery arrives
//     "tolerance": 300,                       seconds
//     "deliveries": [
//       {
//         "name": "valid",
//         "header": "t=1800000000,v1=5257...",  the Stripe-Signature header
//         "body": "eyJpZCI6...",                raw body, base64
//         "secrets": ["whsec_..."],             what the receiver knows; it accepts when any of them does
//         "accepted": true,                     whether the SDK accepts with any of the secrets
//         "errors": [],                         why not, one for each secret that fails
//         "ours": true,                         what Tributary must answer; differs from "accepted" only where "why" says so
//         "why": "..."                          only where they differ
//       }
//     ]
//   }

import { readFileSync } from 'node:fs';
import Stripe from 'stripe';

const NOW = 1800000000;
const TOLERANCE = 300;
const SECRET = 'whsec_interop_current_0123456789abcdef';
const ROLLED = 'whsec_interop_rolled_0123456789abcdef';
const OTHER = 'whsec_interop_other_0123456789abcdef';

const webhooks = new Stripe('sk_test_interop').webhooks;
const sdk = JSON.parse(readFileSync(new URL('./node_modules/stripe/package.json', import.meta.url))).version;

const event = (extra = {}) =>
  JSON.stringify({ id: 'evt_interop', object: 'event', type: 'invoice.paid', livemode: false, created: NOW, data: { object: {} }, ...extra }, null, 2);

const header = (payload, { secret = SECRET, age = 0, scheme = 'v1' } = {}) =>
  webhooks.generateTestHeaderString({ payload, secret, timestamp: NOW - age, scheme });

/** The signature items of a header, without its time. */
const items = (text) => text.slice(text.indexOf(',') + 1);

const valid = event();
const unicode = event({ name: 'Ænne Müller 🦀 \u202ertl\u202c \u0000 日本語' });
const large = event({ filler: 'x'.repeat(512 * 1024) });
const crlf = valid.replaceAll('\n', '\r\n');

const cases = [
  { name: 'valid', header: header(valid), body: valid },
  { name: 'wrong secret', header: header(valid, { secret: OTHER }), body: valid },
  { name: 'exactly 300 s old', header: header(valid, { age: 300 }), body: valid },
  { name: 'expired by 301 s', header: header(valid, { age: 301 }), body: valid },
  { name: 'a day old', header: header(valid, { age: 86400 }), body: valid },
  { name: '300 s in the future', header: header(valid, { age: -300 }), body: valid },
  {
    name: '301 s in the future',
    header: header(valid, { age: -301 }),
    body: valid,
    ours: false,
    why: 'the SDK refuses old times only; a time this far ahead could be replayed for as long again',
  },
  { name: 'rolled: two v1, current secret known', header: `${header(valid)},${items(header(valid, { secret: ROLLED }))}`, body: valid },
  { name: 'rolled: two v1, other order', header: `${header(valid, { secret: ROLLED })},${items(header(valid))}`, body: valid },
  { name: 'rolled: one v1, two secrets known', header: header(valid, { secret: ROLLED }), body: valid, secrets: [SECRET, ROLLED] },
  { name: 'rolled: two v1, neither known', header: `${header(valid, { secret: ROLLED })},${items(header(valid, { secret: OTHER }))}`, body: valid },
  { name: 'tampered body', header: header(valid), body: valid.replace('invoice.paid', 'invoice.void') },
  { name: 'body parsed and written again', header: header(valid), body: JSON.stringify(JSON.parse(valid)) },
  { name: 'other line ends', header: header(valid), body: crlf },
  { name: 'signed with those line ends', header: header(crlf), body: crlf },
  { name: 'time of the header moved', header: header(valid, { age: 400 }).replace(`t=${NOW - 400}`, `t=${NOW}`), body: valid },
  { name: 'v0 only', header: header(valid, { scheme: 'v0' }), body: valid },
  { name: 'v0 right, v1 wrong', header: `${header(valid, { scheme: 'v0' })},v1=${'0'.repeat(64)}`, body: valid },
  { name: 'v1 right, v0 wrong', header: `${header(valid)},v0=${'0'.repeat(64)}`, body: valid },
  { name: 'signature in capitals', header: header(valid).replace(/v1=.*/, (text) => `v1=${text.slice(3).toUpperCase()}`), body: valid },
  { name: 'signature cut', header: header(valid).slice(0, -1), body: valid },
  { name: 'no signature', header: `t=${NOW}`, body: valid },
  { name: 'no time', header: items(header(valid)), body: valid },
  { name: 'empty header', header: '', body: valid },
  { name: 'unicode body', header: header(unicode), body: unicode },
  { name: 'large body', header: header(large), body: large },
];

const judge = (delivery, secret) => {
  try {
    webhooks.signature.verifyHeader(Buffer.from(delivery.body), delivery.header, secret, TOLERANCE, undefined, NOW * 1000);
    return null;
  } catch (error) {
    return error.message.split('\n')[0];
  }
};

const deliveries = cases.map(({ name, header, body, secrets = [SECRET], ours, why }) => {
  const verdicts = secrets.map((secret) => judge({ header, body }, secret));
  const accepted = verdicts.includes(null);
  return {
    name,
    header,
    body: Buffer.from(body).toString('base64'),
    secrets,
    accepted,
    errors: verdicts.filter((verdict) => verdict !== null),
    ours: ours ?? accepted,
    ...(why && { why }),
  };
});

process.stdout.write(`${JSON.stringify({ sdk, now: NOW, tolerance: TOLERANCE, deliveries }, null, 2)}\n`);
