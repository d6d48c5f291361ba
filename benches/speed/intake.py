"""Signed webhooks: how many are stored and acknowledged in a second."""

from . import bare, events, measure, pgbench, wrk
from .processors import Shares

# RELIABILITY: what a machine with two cores has to take on SQLite.
LEAST_ON_SQLITE = 1_500


@measure("signed webhook intake, against one row a transaction with as many clients")
def intake(bench):
    for kind in bench.kinds:
        with bench.ground.database(kind, bench.small) as database:
            limit, name = _limit(bench, database)
        with bench.ground.database(kind, bench.small) as database:
            with bench.ground.instance(database, "serve", "--no-worker") as server:
                writer = events.Writer(database.shop, "in")
                # Enough for a server that is half as quick again as the limit.
                count = int(max(limit * 1.5, 8_000) * bench.seconds)
                path = writer.file(bench.ground.directory / "events", range(count))
                shares = Shares({"tributary": server.child.pid, "redis": bench.ground.redis.child.pid} | bench.postgres_share(kind))
                load = wrk.run(server.url, "file", path, bench.clients, bench.seconds)
                told = shares.told()
            stored = int(bench.ground.query(database, "SELECT count(*) FROM inbox_event")[0])
        path.unlink()
        if stored < load.count:
            raise SystemExit(f"{load.count} events were acknowledged and {stored} stored")
        about = {"command": f"{load.command}; {name}", "shares": told}
        least = 1.0 if kind == "PostgreSQL" else None
        bench.table.add("signed webhook intake", kind, load.rate, "events/s", limit, name.split(" ")[0], least=least, **about)
        if kind == "SQLite":
            bench.table.add("signed webhook intake", kind, load.rate, "events/s", least=LEAST_ON_SQLITE)


def _limit(bench, database):
    """Rows in a second without us, into the same table of the same database."""
    body = events.Writer(database.shop, "limit").body(1)
    columns = "SELECT hex(id), hex(merchant_id) FROM stripe_connection" if database.kind == "SQLite" else "SELECT id, merchant_id FROM stripe_connection"
    connection, merchant = bench.ground.query(database, columns)
    if database.kind == "SQLite":
        rate = bare.inserts(database, body, bytes.fromhex(connection), bytes.fromhex(merchant), bench.seconds)
        return rate, "sqlite3 one INSERT a transaction, synchronous = FULL"
    bench.ground.postgres.sql("CREATE SEQUENCE bench_ids CACHE 1000", database.url)
    script = pgbench.INSERT.format(connection=f"'{connection}'", merchant=f"'{merchant}'", body=body.hex())
    rate, command = pgbench.run(database.url, bench.clients, bench.seconds, script)
    return rate, command
