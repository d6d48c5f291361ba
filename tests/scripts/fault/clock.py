"""Clocks that are wrong, and that jump. Needs libfaketime (Debian: libfaketime)."""

import pathlib
import time

from kit import load as loads, stripe, watch

from . import fault, scene
from .stripe_api import payment

LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib64/faketime/libfaketimeMT.so.1", "/usr/local/lib/faketime/libfaketimeMT.so.1")


def library():
    found = [path for pattern in LIBRARIES for path in pathlib.Path("/").glob(pattern[1:])]
    if not found:
        raise SystemExit("libfaketime is needed to move a clock: install it (Debian: apt-get install faketime)")
    return str(found[0])


class Moved:
    """Processes whose clock is moved by hand. The clock by which a process waits goes on as ever, as when somebody sets the time."""

    def __init__(self, rig, processes):
        self.processes, self.file = processes, rig.directory / "clock"
        self.before = [process.environment for process in processes]

    def __enter__(self):
        self.set(0)
        for process in self.processes:
            process.environment = process.environment | {
                "LD_PRELOAD": library(), "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
            process.stop()
            process.start()
        return self

    def set(self, seconds):
        new = self.file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.replace(self.file)

    def __exit__(self, *_):
        for process, environment in zip(self.processes, self.before, strict=True):
            process.environment = environment
            process.stop()
            process.start()


class Patient(loads.Recorder):
    """Comes again after a refusal of any kind, with a new signature, as Stripe does."""

    def hopeless(self, status):
        return False


@fault("many", "the clock of a server and a worker is wrong by 10 minutes, and jumps back: refused as a clock fault there, nothing lost, nothing doubled")
def clock_wrong(rig, report):
    server, worker = rig.servers[1], rig.workers[1]
    said = []
    with Moved(rig, [server, worker]) as clock:
        with scene(rig, report, report.size(6, 40), recorder=Patient) as one:
            for number, minutes in enumerate((10, -10, 0)):
                one.wait_part(number * 0.3 + 0.1)
                clock.set(minutes * 60)
                time.sleep(0.5)
                if minutes:
                    body = b"{}"
                    headers = {"stripe-signature": stripe.signature(body, rig.shop.webhook_secret)}
                    said.append(watch.ask(server.port, "POST", f"/{rig.shop.webhook_path}", body, headers))
    refused = one.refused()
    report.say(f"refused {refused or 'none'}")
    report.must(not set(refused) - {"400"}, f"deliveries were refused by more than 400: {refused}")
    for status, text in said:
        report.must(status == 400 and b"clock" in text, f"a delivery at a wrong clock was answered {status} {text[:200]}")


@fault("many", "a worker dies whose clock was 10 minutes ahead: its work is taken over after the lease all the same", short=False)
def clock_lease(rig, report):
    worker, other = rig.workers
    with Moved(rig, [worker]) as clock, scene(rig, report, 2) as one:
        story = one.load.story
        one.load.finish()
        other.stop()
        clock.set(600)
        rig.stripe.steer("fault", path="/v1/", times=1_000_000, trouble="slow", millis=10_000)
        for number in range(4):
            one.load.sender.send(payment(story.name, number, f"cus_{story.name}0", story.start + 10 + number))
        time.sleep(4)
        began = time.monotonic()
        worker.kill()
        rig.stripe.heal()
        clock.set(0)
        worker.start()
        other.start()
        taken = None
        while time.monotonic() - began < 120:
            time.sleep(1)
            rows = rig.shop.server.ask('{ inboxEvents(first: 50, filter: {status: [RECEIVED]}) { nodes { eventId } } }')["inboxEvents"]["nodes"]
            if not rows:
                taken = time.monotonic() - began
                break
        report.say(f"{len(rows)} events left after {time.monotonic() - began:.0f} s")
        one.lift()
        if taken is None:
            raise SystemExit("what the dead worker had in hand was not taken over in 120 s; its lease was written by its own clock")
    report.within("taken over after", taken, 75)
