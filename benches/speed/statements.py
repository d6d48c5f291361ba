"""How many statements PostgreSQL is asked for one event, one visit and one list, by its own log: each is a journey there and back."""

import collections
import re
import time

from kit import graphql

from . import events, listing, measure, wrk
from .log import logged
from .sender import Sender
from .settle import left


def kinds(found):
    """The most frequent ones, without their values."""
    heads = collections.Counter(re.sub(r'^(\w+).*?(?:FROM|INTO|UPDATE) "?(\w+)"?.*', r"\1 \2", one, flags=re.DOTALL)[:40] for one in found)
    return ", ".join(f"{count} {head}" for head, count in heads.most_common(8))


@measure("statements for one event, one visit and one list")
def statements(bench):
    if "PostgreSQL" not in bench.kinds:
        return
    count = bench.size(50, 1_000)
    with bench.ground.database("PostgreSQL", bench.small, 1) as database:
        with bench.ground.instance(database, "serve", "--no-worker") as server:
            writer = events.Writer(database.shop, "st")
            with logged(bench.ground, database) as one:
                Sender(server.port, [writer.raw(0)]).run()
            with logged(bench.ground, database) as many:
                Sender(server.port, [writer.raw(number) for number in range(1, count + 1)]).run()
            with logged(bench.ground, database) as visits:
                load = wrk.run(server.url, "click", database.shop["partners"], bench.clients, bench.size(1, 5))
            client = graphql.Client(server.url, database.shop["apiKey"], mode="live")
            client.ask(listing.DOCUMENT)
            with logged(bench.ground, database) as lists:
                client.ask(listing.DOCUMENT)
        with logged(bench.ground, database) as settled, bench.ground.instance(database, "worker"):
            while left(bench, database):
                time.sleep(0.2)
    for what, found, times in (
        ("for a delivery that comes alone", one, 1),
        ("for a delivery of eight at a time", many, count),
        (f"for a visit of {bench.clients} at a time", visits, load.count),
        ("for an event that is worked off", settled, count + 1),
        (f"for a {listing.WITH_SUMS}", lists, 1),
    ):
        bench.table.add(f"statements {what}", "PostgreSQL", len(found) / times, "statements", command=kinds(found))
