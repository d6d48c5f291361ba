"""What can go wrong, each fault a function: it causes the fault under load, and reports what was promised and what came out.

A fault is told which instance it hurts (`many`, `one`, `full` or none, see `kit/rig.py`), what is promised, and whether the short form runs it.
"""

import contextlib
import dataclasses
import datetime
import time

from kit import books, load as loads, verdict, watch

FAULTS = {}


@dataclasses.dataclass
class Fault:
    name: str
    rig: str
    promise: str
    short: bool
    # What takes longest begins first, where several go on at a time.
    lasts: int
    run: object


def fault(rig, promise, short=True, lasts=1):
    """Enters a function among the faults, under its name with dashes."""

    def enter(run):
        name = run.__name__.replace("_", "-")
        FAULTS[name] = Fault(name, rig, promise, short, lasts, run)
        return run

    return enter


class Report:
    """Figures of one fault, and what of its promise was broken. Limits of time are longer by `slack` on a machine that is busy; `rate` is
    how many events a second are posted."""

    # How long events take on this machine when nothing is wrong, in seconds: what a fault adds is counted from there.
    usual = 0.0

    def __init__(self, short, slack, rate):
        self.short, self.slack, self.rate = short, slack, rate
        self.figures, self.broken = [], []

    def size(self, short, full):
        return short if self.short else full

    def say(self, figure):
        self.figures.append(figure)

    def must(self, held, sentence):
        if not held:
            self.broken.append(sentence)

    def delayed(self, what, seconds, limit):
        """How long events took, with the limit of what a fault may add to the usual."""
        self.say(f"{what} {seconds:.1f} s, of which {self.usual:.1f} s are usual here")
        self.must(seconds - self.usual <= limit * self.slack, f"{what} took {seconds:.1f} s, and {limit:g} s more than the usual {self.usual:.1f} s are promised")

    def within(self, what, seconds, limit):
        """A figure with its limit."""
        if seconds is None:
            self.broken.append(f"{what}: never")
            return
        self.say(f"{what} {seconds:.1f} s")
        self.must(seconds <= limit * self.slack, f"{what} took {seconds:.1f} s, and {limit:g} s are promised")


class Scene:
    """One load with the watch beside it. `lifted` is when the fault was over."""

    def __init__(self, rig, report, load, watching):
        self.rig, self.report, self.load, self.watching = rig, report, load, watching
        self.began = time.monotonic()
        self.lifted = None

    def lift(self):
        self.lifted = time.monotonic()

    def wait_part(self, share):
        """Until so much of the month was acknowledged."""
        while self.load.active and self.load.sender.acknowledged < share * len(self.load.events):
            time.sleep(0.01)

    def spans(self):
        """When each event of the month came and was done, by the clock of the instance, in seconds since 1970."""
        when = lambda text: datetime.datetime.fromisoformat(text).timestamp()  # noqa: E731
        mine = [event for event in books.inbox(self.rig.shop.server) if event["eventId"].startswith(f"evt_{self.load.story.name}")]
        return [(when(event["receivedAt"]), when(event["finishedAt"])) for event in mine if event["finishedAt"]]

    def delays(self):
        """How long after its arrival each event was done, in seconds; the longest last."""
        return sorted(done - came for came, done in self.spans()) or [0.0]

    def came_and_done(self, start, end):
        """How many events came in a span of time, and how many of these were done in it."""
        came = [done for came, done in self.spans() if start + 1 <= came <= end]
        return len(came), sum(done <= end for done in came)

    def refused(self):
        """Deliveries that were not answered by 2xx."""
        return {str(status): times for status, times in self.load.sender.refused.items()}

    def judge(self, accepts=None, drains=None):
        """Compares the books, and the times with their limits."""
        report, told = self.report, verdict.Verdict(self.load.story, self.rig.shop)
        report.say(f"{len(self.load.story.events)} events in {self.load.sender.tries} tries, {len(told.lost)} lost, {len(told.doubled)} doubled")
        report.broken += told.faults
        for what, limit, seconds in (
            ("accepts again after", accepts, self.load.first_2xx(self.lifted)),
            ("ready again after", accepts, self.watching.ready_again([process.name for process in self.rig.processes], self.lifted)),
            ("worked off after", drains, self.drained - self.lifted),
        ):
            if limit:
                report.within(what, seconds, limit)
            elif seconds is not None and what != "accepts again after":
                report.say(f"{what} {seconds:.1f} s")
        said_ready, said_not = self.watching.lies(self.load.sender.deliveries)
        report.must(not said_ready, f"in {said_ready} seconds, counted for each server, one said that it is ready and stored nothing")
        report.must(not said_not, f"in {said_not} seconds, counted for each server, one stored events and said that it is not ready")


@contextlib.contextmanager
def scene(rig, report, seconds, recorder=loads.Recorder, accepts=None, drains=None, patience=240):
    """Posts for so many seconds while the body does harm; afterwards all must be worked off, and the books be right."""
    load = loads.Load(rig, seconds, report.rate, recorder)
    watching = watch.Watch(rig.processes, rig.shop.secret_key)
    try:
        one = Scene(rig, report, load.start(), watching)
        yield one
        if one.lifted is None:
            one.lift()
        load.finish()
        books.wait_drained(rig.shop, patience, f"evt_{load.story.name}")
        one.drained = time.monotonic()
        time.sleep(3 * watch.EVERY)
    except BaseException:
        load.abandon()
        raise
    finally:
        watching.stop()
    one.judge(accepts, drains)
