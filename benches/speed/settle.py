"""From an event that is stored to the commission that it earns: how many in a second, at what delay, and whether it costs more when there are more
customers."""

import contextlib
import time

from kit import instance

from . import bare, events, measure, pgbench
from .processors import Shares
from .sender import Sender

# For how many seconds nothing may happen.
STUCK = 60
# How many purchases one process settles at the same time by itself: as many clients has the limit.
WORKERS = 4


def posted(bench, database, name, count):
    """Stores so many events while nobody works on them."""
    writer = events.Writer(database.shop, name)
    with bench.ground.instance(database, "serve", "--no-worker") as server:
        Sender(server.port, [writer.raw(number) for number in range(count)]).run()
    return count


def left(bench, database):
    return int(bench.ground.query(database, "SELECT count(*) FROM inbox_event WHERE status = 'RECEIVED'")[0])


def drained(bench, database, count):
    """Commissions in a second, from the first to the last that a worker makes of events that wait; and who took the processors."""
    before = int(bench.ground.query(database, "SELECT count(*) FROM commission")[0])
    with bench.ground.instance(database, "worker") as worker:
        shares = Shares({"tributary": worker.child.pid, "redis": bench.ground.redis.child.pid} | bench.postgres_share(database.kind))
        seen = []
        while True:
            waiting = left(bench, database)
            seen.append((time.monotonic(), waiting))
            if waiting == 0:
                break
            if any(at < seen[-1][0] - STUCK and then == waiting for at, then in seen):
                raise SystemExit(f"{waiting} events are not worked off")
            # PostgreSQL tells afterwards when each was committed, so that it is asked seldom.
            time.sleep(1 if database.kind == "PostgreSQL" else 0.1)
        told = shares.told()
    made = int(bench.ground.query(database, "SELECT count(*) FROM commission")[0]) - before
    if made != count:
        raise SystemExit(f"{count} events made {made} commissions")
    return _rate(bench, database, seen), told


def _rate(bench, database, seen):
    """By when each was committed where the database tells, and by what was seen of it where not."""
    if database.kind == "PostgreSQL":
        sql = "SELECT count(*), extract(epoch FROM max(at) - min(at)) FROM (SELECT pg_xact_commit_timestamp(xmin) AS at FROM inbox_event) AS every WHERE at IS NOT NULL"
        count, took = bench.ground.query(database, sql)
        return (int(count) - 1) / float(took)
    working = [one for one, after in zip(seen, seen[1:]) if one[1] != after[1]] + seen[-1:]
    return (working[0][1] - working[-1][1]) / (working[-1][0] - working[0][0])


@measure("events to commissions, against TPC-B-like transactions with as many clients")
def settle(bench):
    for kind in bench.kinds:
        with bench.ground.database(kind, bench.small) as database:
            if kind == "PostgreSQL":
                limit, name = pgbench.run(database.url, WORKERS, bench.seconds, scale=bench.size(2, 20))
            else:
                limit, name = bare.tpcb(bench.ground.directory, bench.seconds), "sqlite3 a transaction of the same shape, synchronous = FULL"
        with bench.ground.database(kind, bench.small) as database:
            count = posted(bench, database, "se", bench.size(300, 10_000))
            rate, told = drained(bench, database, count)
        least = 0.5 if kind == "PostgreSQL" else None
        about = {"command": f"worker, {WORKERS} at a time, {count} events that wait; {name}", "shares": told}
        bench.table.add("events to commissions", kind, rate, "events/s", limit, f"{name.split(' ')[0]} TPC-B-like", least=least, **about)


@measure("what one event costs with more customers")
def growth(bench):
    for kind in bench.kinds:
        cost = {}
        for customers in bench.sizes:
            with bench.ground.database(kind, customers) as database:
                count = posted(bench, database, "gr", bench.size(300, 6_000))
                rate, told = drained(bench, database, count)
            cost[customers] = 1e6 / rate
            least = bench.sizes[0]
            more = {"limit": cost[least], "limit_name": f"with {least:,}", "most": 1.3} if customers != least else {}
            about = {"command": f"worker, {count} events that wait", "shares": told}
            bench.table.add(f"an event with {customers:,} customers", kind, cost[customers], "µs", **more, **about)
            if customers != bench.small:
                bench.ground.forget(kind, customers)


def instances(bench, database, stack):
    """The usual shape on each database: two processes on PostgreSQL, one on SQLite. Gives the one that serves, and all."""
    if database.kind == "SQLite":
        server = stack.enter_context(bench.ground.instance(database, "serve", redis=False))
        return server, [server]
    server = stack.enter_context(bench.ground.instance(database, "serve", "--no-worker"))
    return server, [server, stack.enter_context(bench.ground.instance(database, "worker"))]


def settled(bench, database):
    with contextlib.suppress(SystemExit):
        instance.wait_until("all is worked off", lambda: left(bench, database) == 0, 300)
    return left(bench, database) == 0
