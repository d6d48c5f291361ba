// Runs the audits of `graphql-http` against a running instance: node graphql_http.mjs http://127.0.0.1:8080/graphql
// The instance has to run in development, as some audits ask for introspection. Ends with 1 when a MUST or a SHOULD fails.

import { serverAudits } from "graphql-http";

const url = process.argv[2];
if (!url) {
  console.error("usage: node graphql_http.mjs <address of the GraphQL endpoint>");
  process.exit(2);
}

const counts = new Map();
let failed = 0;
for (const audit of serverAudits({ url })) {
  const level = /^(MUST|SHOULD|MAY)/.exec(audit.name)[1];
  const result = await audit.fn();
  const [good, all] = counts.get(level) ?? [0, 0];
  counts.set(level, [good + (result.status === "ok"), all + 1]);
  if (result.status === "ok") continue;
  console.log(`${result.status} ${audit.id} ${audit.name}: ${result.reason}`);
  if (level !== "MAY") failed += 1;
}
console.log([...counts].map(([level, [good, all]]) => `${level} ${good}/${all}`).join(", "));
process.exitCode = failed ? 1 : 0;
