// A stand-in of the server's two public endpoints, which also serves the merchant's pages. It answers as the contract
// says, or as badly as a test asks; what the snippet sent is kept in `received`.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";

export const SNIPPET = new URL("../../src/http/snippet/t.js", import.meta.url);

/** A token of the server's shape: `tb_` and 34 of `[0-9a-z]`. */
export function newToken() {
  return "tb_" + [...randomBytes(34)].map((byte) => (byte % 36).toString(36)).join("");
}

/**
 * Starts the stand-in on 127.0.0.1. `respond` may be replaced by a test: it gets the parsed body, the kind
 * (`click` or `signup`) and the response, and answers whatever it likes.
 */
export async function startStandIn(port = 0) {
  const standIn = { received: [], pages: new Map(), respond: answerWell, policy: null };
  const server = createServer((request, response) => {
    serve(standIn, request, response).catch(() => response.destroy());
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  standIn.port = server.address().port;
  standIn.reset = () => {
    Object.assign(standIn, { received: [], respond: answerWell, policy: null });
    standIn.pages.clear();
  };
  standIn.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return standIn;
}

async function serve(standIn, request, response) {
  const path = new URL(request.url, "http://any.example").pathname;
  const kind = /\/track\/(click|signup)$/.exec(path)?.[1];
  if (kind && request.method === "POST") {
    const text = Buffer.concat(await request.toArray()).toString();
    const body = JSON.parse(text);
    standIn.received.push({ kind, path, body, headers: request.headers });
    response.setHeader("access-control-allow-origin", "*");
    await standIn.respond(body, kind, response);
  } else if (path.endsWith(".js")) {
    response.setHeader("content-type", "text/javascript; charset=utf-8");
    response.end(await readFile(SNIPPET));
  } else if (path.startsWith("/r/")) {
    const location = `/landed?plan=pro&tb_token=${newToken()}&tb_visitor=${randomUUID()}`;
    response.writeHead(302, { location }).end();
  } else if (standIn.pages.has(path)) {
    if (standIn.policy) response.setHeader("content-security-policy", standIn.policy);
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(standIn.pages.get(path));
  } else {
    // An empty answer and not 404, or the browser's own search for an icon would count as a fault.
    response.writeHead(204).end();
  }
}

function answerWell(body, kind, response) {
  const answer = kind === "click" ? { token: newToken(), visitor: body.visitor ?? randomUUID() } : {};
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(answer));
}
