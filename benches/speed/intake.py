"""Signed webhooks: how many are stored and acknowledged in a second."""

from . import bare, events, measure, pgbench, wrk
from .processors import Shares

# RELIABILITY: what a machine with two cores has to take on SQLite.
LEAST_ON_SQLITE = 1_500
# No instance takes so many events in a second here. So many seconds warm it up, and so many times as many as then are made ready.
FASTEST, WARM, MORE = 15_000, 2, 1.6


@measure("signed webhook intake, against one row a transaction with as many clients")
def intake(bench):
    for kind in bench.kinds:
        with bench.ground.database(kind, bench.small) as database:
            limit, name = _limit(bench, database)
        with bench.ground.database(kind, bench.small) as database:
            with bench.ground.instance(database, "serve", "--no-worker") as server:
                writer = events.Writer(database.shop, "in")
                # How many events it takes is known after a first, short load, which also warms it up.
                first, _ = _load(bench, kind, server, writer, range(FASTEST * WARM), WARM)
                count = int(first.rate * MORE * bench.seconds)
                load, told = _load(bench, kind, server, writer, range(FASTEST * WARM, FASTEST * WARM + count), bench.seconds)
            stored = int(bench.ground.query(database, "SELECT count(*) FROM inbox_event")[0])
        if stored < first.count + load.count:
            raise SystemExit(f"{first.count + load.count} events were acknowledged and {stored} stored")
        about = {"command": f"{load.command}; {name}", "shares": told}
        least = 1.0 if kind == "PostgreSQL" else None
        bench.table.add("signed webhook intake", kind, load.rate, "events/s", limit, name.split(" ")[0], least=least, **about)
        if kind == "SQLite":
            bench.table.add("signed webhook intake", kind, load.rate, "events/s", least=LEAST_ON_SQLITE)


def _load(bench, kind, server, writer, numbers, seconds):
    """Sends events that are made ready for it, as many as it takes. Gives what came out and who took the processors."""
    path = writer.file(bench.ground.directory / "events", numbers)
    shares = Shares({"tributary": server.child.pid, "redis": bench.ground.redis.child.pid} | bench.postgres_share(kind))
    load = wrk.run(server.url, "file", path, bench.clients, seconds)
    told = shares.told()
    path.unlink()
    if load.count + bench.clients >= len(numbers):
        raise SystemExit(f"{len(numbers)} events are too few for {seconds} s")
    return load, told


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
