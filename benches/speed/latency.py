"""How long an event waits at a steady rate: for its acknowledgement, and for its commission. And how much memory that takes."""

import contextlib
import sqlite3
import threading
import time

from . import events, measure
from .processors import Shares, memory
from .sender import SENDERS, Sender
from .settle import instances, settled

RATE = 300
IDLE_MB, LOADED_MB = 50, 150
ACKNOWLEDGED_MS, COMMISSIONED_MS = 25, 1_000


class Watch:
    """Sees commissions come into a SQLite file, which does not keep when they were committed."""

    EVERY = 0.004

    def __init__(self, path):
        self.path, self.seen, self.over = path, {}, threading.Event()
        self.thread = threading.Thread(target=self._look)
        self.thread.start()

    def _look(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as connection:
            last = connection.execute("SELECT coalesce(max(rowid), 0) FROM commission").fetchone()[0]
            sql = "SELECT commission.rowid, purchase.key FROM commission JOIN purchase ON purchase.id = commission.purchase_id WHERE commission.rowid > ? ORDER BY 1"
            while not self.over.wait(self.EVERY):
                for last, key in connection.execute(sql, (last,)):
                    self.seen[key] = time.time()

    def stop(self):
        self.over.set()
        self.thread.join()
        return self.seen


def _committed(bench, database):
    """When the commission of each purchase was committed."""
    sql = "SELECT purchase.key, extract(epoch FROM pg_xact_commit_timestamp(commission.xmin)) FROM commission JOIN purchase ON purchase.id = commission.purchase_id WHERE pg_xact_commit_timestamp(commission.xmin) IS NOT NULL"
    rows = bench.ground.postgres.sql(sql, database.url).splitlines()
    return {key: float(at) for key, at in (row.split("|") for row in rows)}


def at_99(values):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]


@measure("how long an event waits at 300 a second, and the memory of each process")
def latency(bench):
    for kind in bench.kinds:
        with bench.ground.database(kind, bench.small) as database, contextlib.ExitStack() as stack:
            server, every = instances(bench, database, stack)
            time.sleep(5)
            idle = max(memory(one.child.pid) for one in every)
            count = RATE * bench.size(5, 60)
            writer = events.Writer(database.shop, "la")
            sender = Sender(server.port, [writer.raw(number) for number in range(count)], RATE)
            watch = Watch(database.path) if kind == "SQLite" else None
            shares = Shares({one.arguments[0]: one.child.pid for one in every} | {"redis": bench.ground.redis.child.pid} | bench.postgres_share(kind))
            sender.run()
            told = shares.told()
            done = settled(bench, database)
            commissions = watch.stop() if watch else _committed(bench, database)
            if not done or len(commissions) < count:
                raise SystemExit(f"{count} events made {len(commissions)} commissions")
            delays = [commissions[f"invoice:in_la{number}"] - due for number, due in sender.due.items()]
            loaded = max(memory(one.child.pid, "VmHWM") for one in every)
        about = {"command": f"{count} events, {RATE} a second, {SENDERS} connections, open loop", "shares": told}
        bench.table.add("acknowledged within, p99", kind, at_99(sender.waited.values()) * 1000, "ms", most=ACKNOWLEDGED_MS, **about)
        bench.table.add("event to commission, p99", kind, at_99(delays) * 1000, "ms", most=COMMISSIONED_MS)
        bench.table.add("memory of an idle process", kind, idle, "MB", most=IDLE_MB)
        bench.table.add("memory of a process under that load, at most", kind, loaded, "MB", most=LOADED_MB)
