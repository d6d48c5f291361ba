// PostGraphile over DATABASE_URL on 127.0.0.1:PORT, in PROCESSES processes, without anything that a production server would leave out.
import cluster from "node:cluster";
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

if (cluster.isPrimary) {
  for (let count = 0; count < Number(process.env.PROCESSES); count++) cluster.fork();
  // One that dies ends all: a figure of the rest would mean nothing.
  cluster.on("exit", (worker, code) => process.exit(code || 1));
} else {
  const server = createServer();
  const instance = postgraphile({
    extends: [PostGraphileAmberPreset],
    pgServices: [makePgService({ connectionString: process.env.DATABASE_URL, schemas: ["public"] })],
    grafserv: { graphiql: false, watch: false, websockets: false },
    grafast: { explain: false },
  });
  await instance.createServ(grafserv).addTo(server);
  server.listen(Number(process.env.PORT), "127.0.0.1");
}
