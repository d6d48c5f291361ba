"""Processes that are killed, told to stop, or stand still."""

import random
import signal
import sqlite3
import time

from kit import load as loads, watch

from . import Report, fault, scene


def kill_at_random(one, rounds):
    """Kills a process, again and again, while events come. Gives the longest that one took until it was ready again."""
    dice, longest = random.Random(7), 0.0
    for number in range(rounds):
        one.wait_part((number + dice.random()) / rounds)
        process = dice.choice(one.rig.processes)
        process.kill()
        began = time.monotonic()
        process.start()
        longest = max(longest, time.monotonic() - began)
    return longest


@fault("many", "nothing is wrong: the control, by which the rest is judged", lasts=99)
def untroubled(rig, report):
    with scene(rig, report, report.size(8, 20)) as one:
        one.wait_part(0.9)
    Report.usual = one.delays()[-1]
    report.say(f"slowest delivery {one.load.slowest(one.began, one.lifted):.2f} s; longest from arrival to done {Report.usual:.1f} s")
    report.must(not one.refused(), f"deliveries were not acknowledged: {one.refused()}")


@fault("many", "kill -9 of any process: nothing lost, nothing doubled, up again in 2 s", lasts=9)
def kill9(rig, report):
    rounds = report.size(4, 40)
    with scene(rig, report, report.size(8, 120)) as one:
        longest = kill_at_random(one, rounds)
    report.say(f"{rounds} kills")
    report.within("up again after", longest, 2)


@fault("one", "kill -9 with SQLite: the same, and the file is whole", short=False)
def kill9_sqlite(rig, report):
    rounds = report.size(2, 20)
    with scene(rig, report, report.size(4, 60)) as one:
        longest = kill_at_random(one, rounds)
    report.say(f"{rounds} kills")
    report.within("up again after", longest, 2)
    whole(rig, report)


def whole(rig, report):
    with sqlite3.connect(rig.file) as file:
        said = file.execute("PRAGMA integrity_check").fetchone()[0]
    report.must(said == "ok", f"integrity check: {said}")


@fault("many", "SIGTERM under load: no accepted request fails, exit status 0 within 10 s", lasts=9)
def sigterm(rig, report):
    rounds, longest, statuses = report.size(4, 50), 0.0, []
    with scene(rig, report, report.size(10, 150), recorder=loads.FreshRecorder) as one:
        for number in range(rounds):
            one.wait_part((number + 0.5) / rounds)
            process = rig.processes[number % len(rig.processes)]
            began = time.monotonic()
            statuses.append(process.stop())
            longest = max(longest, time.monotonic() - began)
            process.start()
    refused = {status: times for status, times in one.load.sender.refused.items() if status}
    report.say(f"{rounds} stops; answered by 5xx: {sum(refused.values())}; taken and not answered: {one.load.sender.broken}")
    report.within("longest stop", longest, 10)
    report.must(set(statuses) == {0}, f"exit statuses {statuses}")
    report.must(not refused, f"deliveries were answered {refused} while a server stopped")
    report.must(not one.load.sender.broken, f"{one.load.sender.broken} connections were taken and broken without an answer")


def held(rig, story):
    """Events of a month that are begun and not ended."""
    asked = "{ inboxEvents(first: 100, filter: {status: [RECEIVED]}) { nodes { eventId attempts nextAttemptAt error } } }"
    nodes = rig.shop.server.ask(asked)["inboxEvents"]["nodes"]
    return [node for node in nodes if node["eventId"].startswith(f"evt_{story.name}") and node["attempts"] and not node["error"]]


@fault("many", "SIGSTOP of a worker past its lease: its work is taken over, and its late commit changes nothing", short=False)
def sigstop(rig, report):
    sleeper = rig.workers[0]
    with scene(rig, report, 20) as one:
        one.wait_part(0.2)
        for _ in range(40):
            sleeper.child.send_signal(signal.SIGSTOP)
            began = time.monotonic()
            # What the other worker has in hand is done by then.
            time.sleep(2)
            holding = held(rig, one.load.story)
            if holding or not one.load.active:
                break
            sleeper.child.send_signal(signal.SIGCONT)
            time.sleep(0.05)
        report.must(holding, "the worker never stopped with an event in its hands")
        report.say(f"stopped with {len(holding)} events in its hands")
        live, _ = watch.ask(sleeper.port, "GET", "/health/live", timeout=1)
        report.must(live is None, "a worker that stands still said that it lives")
        taken = None
        while time.monotonic() - began < 90:
            time.sleep(1)
            if taken is None and not held(rig, one.load.story) and not one.load.active:
                taken = time.monotonic() - began
        sleeper.child.send_signal(signal.SIGCONT)
        one.lift()
    # A lease of 60 s, a sweep, and the pause after which the sweeper takes an event for forgotten.
    report.within("taken over after", taken, 75)
