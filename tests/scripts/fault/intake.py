"""What comes in: one event thousands of times, events that nobody can work off, and ten thousand that wait when the workers start."""

import concurrent.futures
import json
import pathlib
import re
import time

from kit import books, instance, load as loads, month, stripe, verdict, watch

from . import fault, scene

MEMORY = 150


@fault("many", "one event many times, 50 at once, to both servers: one commission")
def duplicates(rig, report):
    times = report.size(500, 10_000)
    story = month.Month(50, 3, sorted(rig.shop.partners), next(loads.NAMES))
    story.sign_up(rig.shop, rig.servers[0].url)
    sender = loads.Recorder(rig.servers, rig.shop.webhook_path, rig.shop.webhook_secret)
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        list(pool.map(sender.send, story.events))
        paid = next(event for event in story.events if event["type"] == "invoice.paid")
        began = time.monotonic()
        list(pool.map(sender.send, [paid] * times))
        took = time.monotonic() - began
    books.wait_drained(rig.shop, begins=f"evt_{story.name}")
    told = verdict.Verdict(story, rig.shop)
    report.say(f"{times} deliveries in {took:.1f} s ({times / took:.0f} a second), {len(told.doubled)} doubled")
    report.must(not sender.refused, f"deliveries were answered {sender.refused}")
    report.broken += told.faults


def poison():
    """Bodies that are signed and that no good sender would send, each with whether it may be acknowledged. An acknowledged one must come to an end."""
    at = int(time.time())

    def event(name, kind="invoice.paid", obj=None, **more):
        return json.dumps(stripe.event(f"evt_poison_{name}_{time.monotonic_ns()}", kind, obj or stripe.invoice(name, f"cus_{name}", 100, at), at) | more).encode()

    deep = b'{"id":"evt_deep","a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    nul = event("nul", "customer.created", stripe.customer("nul", at, name="a\0b", metadata={"tributary_customer_id": "a\0b"}))
    return {
        "no JSON": b"{", "nothing": b"", "a list": b"[]", "null": b"null", "deep": deep, "not UTF-8": b'{"id":"\xff\xfe"}',
        "lone surrogate": event("surrogate").replace(b"usd", b"\\ud800"), "no object": event("none").replace(b'"object": {', b'"objekt": {', 1),
        "id of 10 kB": event("x" * 10_000), "NUL in a type": event("type", "invoice.paid\0"), "NUL in a version": event("version", api_version="2024\0"),
        "NUL in an id": event("id\0id"), "NUL in a name": nul, "NUL in an invoice": event("inner", obj=stripe.invoice("a\0b", "cus_a\0b", 100, at)),
        "type of 1 kB": event("long", "x" * 1000), "unknown type": event("coffee", "coffee.made", {"id": "co_1", "object": "coffee"}),
        "time far off": event("late", created=10**17), "negative time": event("early", created=-5),
        "amount beyond 64 bits": event("big", obj=stripe.invoice("big", "cus_b", 10**30, at)),
        "greatest amount": event("most", obj=stripe.invoice("most", "cus_c", 2**63 - 1, at, tax=2**63 - 1)),
        "amount in words": event("words", obj=stripe.invoice("words", "cus_d", 100, at, total="much", amount_paid="more")),
        "currency of 1 kB": event("currency", obj=stripe.invoice("cur", "cus_e", 100, at, currency="u" * 1000)),
        "lines that are a word": event("lines", obj=stripe.invoice("li", "cus_f", 100, at, lines="none")),
        "customer that is a list": event("list", obj=stripe.invoice("cl", [1, 2], 100, at)),
        "50,000 words of metadata": event("many", obj=stripe.invoice("ml", "cus_g", 100, at, metadata={f"k{n}": "v" for n in range(50_000)})),
        "live in test": event("live", livemode=True), "dispute of itself": event("self", "charge.dispute.created", stripe.dispute("self", "self", 10, at, "lost", charge="dp_self")),
    }


@fault("many", "poison events: refused by 4xx or ended, never 5xx, and others go on")
def poisoned(rig, report):
    refused = acknowledged = 0
    with scene(rig, report, report.size(5, 30)) as one:
        one.wait_part(0.1)
        for name, body in poison().items():
            for server in rig.servers:
                headers = {"content-type": "application/json", "stripe-signature": stripe.signature(body, rig.shop.webhook_secret)}
                status, text = watch.ask(server.port, "POST", f"/{rig.shop.webhook_path}", body, headers, timeout=15)
                report.must(status and status < 500, f"{name}: answered {status} {text[:120]}")
                refused += bool(status and 400 <= status < 500)
                acknowledged += status == 200
    # Those that fail are tried 12 times with growing pauses, for longer than anybody waits here.
    ends = {}
    for row in rig.shop.server.pages("inboxEvents", "eventId eventType status reason error attempts"):
        if row["eventId"].startswith("evt_poison_"):
            ends.setdefault(row["status"], []).append((row["eventId"].rsplit("_", 1)[0], row["attempts"], row["error"]))
    report.say(f"{len(poison())} kinds to two servers: {refused} refused, {acknowledged} acknowledged; of these {', '.join(f'{len(some)} {status}' for status, some in ends.items())}")
    waiting = [f"{name} after {attempts}: {error}" for name, attempts, error in ends.get("RECEIVED", [])]
    report.say(f"failing and tried again: {waiting or 'none'}")
    for process in rig.processes:
        report.must(process.child.poll() is None, f"{process.name} ended")


def peak(process):
    """The most memory that a process has had, in MB."""
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{process.child.pid}/status").read_text()).group(1)) / 1024


@fault("many", "10,000 events wait when the workers start: worked off, in 150 MB", short=False)
def queued(rig, report):
    for worker in rig.workers:
        report.must(worker.stop() == 0, f"{worker.name} did not end well")
    load = loads.Load(rig, 1, report.size(150, 10_000)).start()
    load.finish()
    for worker in rig.workers:
        worker.start()
    idle = max(peak(worker) for worker in rig.workers)
    began = time.monotonic()
    books.wait_drained(rig.shop, 900, f"evt_{load.story.name}")
    took = time.monotonic() - began
    most = max(peak(worker) for worker in rig.workers)
    told = verdict.Verdict(load.story, rig.shop)
    count = len(load.story.events)
    report.say(f"{count} events worked off in {took:.0f} s ({count / took:.0f} a second); a worker had {idle:.0f} MB at the start, {most:.0f} MB at most")
    report.must(most <= MEMORY, f"a worker had {most:.0f} MB")
    report.broken += told.faults
    instance.wait_until("all are ready", lambda: all(instance.answers(f"{one.url}/health/ready") for one in rig.processes), 20)
