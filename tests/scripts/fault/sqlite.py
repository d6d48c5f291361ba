"""A SQLite file that somebody else holds, and one without room to grow."""

import contextlib
import json
import resource
import shutil
import sqlite3
import time

from kit import instance, stripe, watch

from . import fault, scene
from .postgres import only_503
from .process import whole


def deliver(rig, number):
    """One signed event that has no effect. Gives the status, the text of the answer and how long it took."""
    body = json.dumps(stripe.event(f"evt_probe_{number}_{time.monotonic_ns()}", "coffee.made", {"id": "co_1", "object": "coffee"}, int(time.time()))).encode()
    began = time.monotonic()
    headers = {"content-type": "application/json", "stripe-signature": stripe.signature(body, rig.shop.webhook_secret)}
    status, text = watch.ask(rig.servers[0].port, "POST", f"/{rig.shop.webhook_path}", body, headers, timeout=20)
    return status, text.decode(errors="replace"), time.monotonic() - began


def change(rig, number):
    """One mutation. Gives the text of the answer."""
    given = {"name": f"Group {number}", "email": f"p{number}@partners.example", "externalId": f"late-{number}-{time.monotonic_ns()}"}
    document = "mutation($input: PartnerCreateInput!) { partnerCreate(input: $input) { partner { id } userErrors { message } } }"
    headers = {"content-type": "application/json", "authorization": f"Bearer {rig.shop.secret_key}"}
    body = json.dumps({"query": document, "variables": {"input": given}})
    _, text = watch.ask(rig.servers[0].port, "POST", "/graphql", body, headers, timeout=20)
    return text.decode(errors="replace")


@fault("one", "SQLite held by somebody else: 503 within 6 s, never the words of the database, goes on by itself", short=False)
def sqlite_busy(rig, report):
    seconds = report.size(9, 30)
    with scene(rig, report, seconds + 2, accepts=5) as one:
        one.wait_part(0.05)
        with sqlite3.connect(rig.file, isolation_level=None, timeout=10) as other:
            other.execute("BEGIN EXCLUSIVE")
            began, answers, said = time.monotonic(), [], []
            while time.monotonic() < began + seconds:
                answers.append(deliver(rig, len(answers)))
                said.append(change(rig, len(said)))
            unanswered = one.watching.unanswered(began + 1, time.monotonic())
            other.execute("ROLLBACK")
        one.lift()
    # Those that were under way when it ended may have been stored.
    statuses = [status for status, _, _ in answers[:-1]]
    slowest = max(took for _, _, took in answers)
    report.say(f"held for {seconds} s; slowest answer {slowest:.1f} s")
    report.must(set(statuses) <= {503}, f"deliveries were answered {statuses}")
    report.must(slowest <= 6 * report.slack, f"a delivery waited {slowest:.1f} s")
    telling = [text for text in [text for _, text, _ in answers] + said if "locked" in text or "SQLITE" in text.upper() or "busy" in text]
    report.must(not telling, f"an answer tells of the database: {telling[:1]}")
    report.must(not unanswered, f"{len(unanswered)} queries were not answered, such as {unanswered[:1]}")
    only_503(one, report)


@fault("full", "disk full while work is done: 503, what was acknowledged outlives kill -9, goes on within 5 s, the file is whole", lasts=9)
def sqlite_full(rig, report):
    rounds, server, answers, longest = report.size(4, 20), rig.servers[0], {}, 0.0
    # Quick enough that the worker is in the middle of something when the room ends; whether it is, is chance.
    report.rate = max(report.rate, 6)
    with scene(rig, report, rounds * 3) as one:
        for number in range(rounds):
            one.wait_part((number + 0.5) / (rounds + 1))
            with filled(rig):
                began = time.monotonic()
                time.sleep(2)
                for status, times in one.load.answered(began, time.monotonic()).items():
                    answers[status] = answers.get(status, 0) + times
                live, _ = watch.ask(server.port, "GET", "/health/live")
                report.must(live == 200, "the process did not say that it lives")
            freed = time.monotonic()
            instance.wait_until("a delivery is acknowledged", lambda: deliver(rig, 0)[0] == 200, 60)
            longest = max(longest, time.monotonic() - freed)
        one.load.finish()
        # What was acknowledged must outlive the process.
        time.sleep(2)
        server.kill()
        server.start()
        one.lift()
    report.say(f"{'tmpfs' if rig.mounted else 'limit of the size of files'}, {rounds} times full for 2 s: answered {answers}")
    report.within("stores again after", longest, 5)
    report.must(answers.get(503), "no delivery was refused: the disk was not full")
    only_503(one, report)
    whole(rig, report)


class filled:
    """No file can grow while this lasts."""

    def __init__(self, rig):
        self.rig, self.filler = rig, rig.place / "filler"

    def __enter__(self):
        # What the log of changes has room for already would be written all the same.
        with contextlib.closing(sqlite3.connect(self.rig.file, timeout=20)) as file:
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if self.rig.mounted:
            with open(self.filler, "wb", buffering=0) as file:
                # What is freed meanwhile, by a checkpoint, is not filled again.
                while left := shutil.disk_usage(self.rig.place).free:
                    file.write(b"\0" * min(left, 1 << 20))
        else:
            self._limit(64 << 10)

    def __exit__(self, *_):
        if self.rig.mounted:
            self.filler.unlink()
        else:
            self._limit(None)

    def _limit(self, size):
        """How long a file of the process may grow; as long as it is allowed at all without a size."""
        pid = self.rig.servers[0].child.pid
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most if size is None else size, most))
