"""Redis flushed, restarted, gone, frozen, slow, and with broken connections. It is a doorbell: none of this may be heard outside."""

import contextlib
import signal
import time

from . import fault, scene

DELAY = 10
LINES = 5


@contextlib.contextmanager
def unheard(rig, report, seconds):
    """A load during which no delivery may be refused or slow, no event may wait long, and the logs stay small. Where Redis is away in one piece,
    `one.away` is set to when that began and ended, and events that came in it must be done in it: the sweeper needs no Redis for that."""
    lines, began = {process.name: logged(process) for process in rig.processes}, time.monotonic()
    with scene(rig, report, seconds) as one:
        one.away = None
        yield one
    if one.away:
        came, done = one.came_and_done(*one.away)
        report.say(f"of {came} events that came while it was away {done} were done before it was back")
        report.must(done, f"while Redis was away {came} events came, and no work was done")
    lasted = one.lifted - began
    most = max((logged(process) - lines[process.name]) / lasted for process in rig.processes)
    slowest, delay = one.load.slowest(one.began, one.lifted), one.delays()[-1]
    report.say(f"slowest delivery {slowest:.2f} s; {most:.1f} log lines a second")
    report.must(not one.refused(), f"deliveries were not acknowledged: {one.refused()}")
    report.must(slowest <= 1 * report.slack, f"a delivery waited {slowest:.2f} s; the doorbell has 0.2 s")
    report.must(most < LINES, f"a process logged {most:.1f} lines a second")
    unanswered = one.watching.unanswered(one.began, one.lifted)
    report.must(not unanswered, f"{len(unanswered)} queries were not answered, such as {unanswered[:1]}")
    report.delayed("longest from arrival to done", delay, DELAY)


def logged(process):
    return process.log_path.read_bytes().count(b"\n")


@fault("many", "Redis flushed again and again: all is acknowledged, done within 10 s, under 5 log lines a second")
def redis_flushed(rig, report):
    flushes = report.size(10, 60)
    with unheard(rig, report, flushes * report.size(0.5, 1)) as one:
        for number in range(flushes):
            one.wait_part((number + 1) / (flushes + 1))
            rig.redis.command("FLUSHALL")
    report.say(f"{flushes} flushes")


@fault("many", "Redis restarted empty: the same", short=False)
def redis_restarted(rig, report):
    restarts = report.size(2, 20)
    with unheard(rig, report, restarts * 3) as one:
        for number in range(restarts):
            one.wait_part((number + 0.5) / restarts)
            rig.redis.stop()
            time.sleep(0.3)
            rig.redis.start()
    report.say(f"{restarts} restarts")


@fault("many", "Redis down: the same; the sweeper finds the work without it")
def redis_down(rig, report):
    seconds = report.size(14, 60)
    with unheard(rig, report, seconds + 2) as one:
        one.wait_part(0.1)
        rig.redis.stop()
        rig.road.down()
        gone, since = time.monotonic(), time.time()
        time.sleep(seconds)
        failing = one.watching.failing(gone + 3, time.monotonic())
        one.away = (since, time.time())
        rig.redis.start()
        rig.road.start()
        one.lift()
    report.say(f"down for {seconds} s; parts called failing: {', '.join(sorted(failing)) or 'none'}")
    report.must(failing == {"queue"}, f"without Redis these parts are called failing: {sorted(failing)}")


@fault("many", "Redis stands still with its connections open: the same", short=False)
def redis_frozen(rig, report):
    with unheard(rig, report, 32) as one:
        one.wait_part(0.1)
        rig.redis.child.send_signal(signal.SIGSTOP)
        since = time.time()
        time.sleep(30)
        one.away = (since, time.time())
        rig.redis.child.send_signal(signal.SIGCONT)
        one.lift()


@fault("many", "Redis slow, 2 s for each answer: the same", short=False)
def redis_slow(rig, report):
    with unheard(rig, report, 32) as one:
        one.wait_part(0.1)
        rig.road.slow(1)
        since = time.time()
        time.sleep(30)
        one.away = (since, time.time())
        rig.road.slow(0)
        one.lift()


@fault("many", "connections to Redis cut again and again: the same", short=False)
def redis_cut(rig, report):
    cuts = report.size(10, 100)
    with unheard(rig, report, cuts * 0.5) as one:
        for number in range(cuts):
            one.wait_part((number + 1) / (cuts + 1))
            rig.road.cut()
    report.say(f"{cuts} cuts")
