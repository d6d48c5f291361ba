"""PostgreSQL restarted, frozen, with its connections ended, and with transactions that lose races."""

import time

from kit import instance

from . import fault, scene


def told_truth(one, report, since, until):
    """While the database is away, processes must say so, and deliveries be refused by 503 in good time."""
    failing = one.watching.failing(since, until)
    report.must("database" in failing, f"the database was away, and these parts were called failing: {sorted(failing)}")
    live = {name for _, name, live, _, _ in one.watching.between(since, until) if live != 200}
    report.must(not live, f"{sorted(live)} did not say that they live while the database was away")


def only_503(one, report):
    """Deliveries are refused by 503, never by another word, and never left without an answer."""
    refused = one.refused()
    report.say(f"refused {refused or 'none'}")
    report.must(not set(refused) - {"503"}, f"deliveries were refused by more than 503: {refused}")


@fault("many", "PostgreSQL restarted (immediate): refused by 503 meanwhile, recovered within 5 s", lasts=9)
def postgres_restarted(rig, report):
    restarts = report.size(2, 20)
    longest = 0.0
    with scene(rig, report, restarts * 4, accepts=5) as one:
        for number in range(restarts):
            one.wait_part((number + 0.4) / restarts)
            rig.postgres.stop()
            time.sleep(0.5)
            rig.postgres.start()
            up = time.monotonic()
            instance.wait_until("a delivery is stored", lambda: one.load.first_2xx(up) is not None or not one.load.active, 60)
            longest = max(longest, one.load.first_2xx(up) or 0.0)
        one.lift()
    report.say(f"{restarts} restarts, each followed by a 2xx within {longest:.1f} s")
    report.must(longest <= 5 * report.slack, f"nothing was stored for {longest:.1f} s after a restart")
    only_503(one, report)


@fault("many", "PostgreSQL down for a while: 503, health says so, recovered within 5 s", short=False)
def postgres_down(rig, report):
    seconds = report.size(5, 30)
    with scene(rig, report, seconds + 3, accepts=5) as one:
        one.wait_part(0.1)
        rig.postgres.stop()
        gone = time.monotonic()
        time.sleep(seconds)
        told_truth(one, report, gone + 3, time.monotonic())
        slowest = one.load.slowest(gone, time.monotonic())
        rig.postgres.start()
        one.lift()
    report.say(f"down for {seconds} s; slowest refusal {slowest:.1f} s")
    report.must(slowest <= 8 * report.slack, f"a delivery waited {slowest:.1f} s for its refusal")
    only_503(one, report)


@fault("many", "PostgreSQL stands still with its connections open: 503 in good time, health says so, recovered within 5 s", short=False)
def postgres_frozen(rig, report):
    seconds = 30
    with scene(rig, report, seconds + 5, accepts=5) as one:
        one.wait_part(0.1)
        with rig.postgres.frozen():
            gone = time.monotonic()
            time.sleep(seconds)
            told_truth(one, report, gone + 5, time.monotonic())
            answers = one.load.answered(gone, time.monotonic() - 9)
        one.lift()
    report.say(f"frozen for {seconds} s; of the deliveries sent meanwhile {answers.get(503, 0)} were answered 503 and {answers.get(None, 0)} not within 10 s")
    report.must(not answers.get(None), f"{answers.get(None)} deliveries had no answer within 10 s")


@fault("many", "all connections to PostgreSQL ended again and again: nothing lost, nothing doubled", lasts=9)
def postgres_terminated(rig, report):
    rounds, ended = report.size(6, 60), 0
    with scene(rig, report, rounds, accepts=5) as one:
        for number in range(rounds):
            one.wait_part((number + 0.5) / rounds)
            ended += rig.postgres.terminate_all()
        one.lift()
    report.say(f"{rounds} times, {ended} connections")
    only_503(one, report)


@fault("many", "every transaction SERIALIZABLE: those that lose a race are tried again", short=False)
def postgres_serializable(rig, report):
    name = rig.database.rsplit("/", 1)[1]
    before = rig.postgres.logged("could not serialize access")
    rig.postgres.sql(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    try:
        with scene(rig, report, report.size(4, 30)) as one:
            rig.postgres.terminate_all()
        refused = one.refused()
    finally:
        rig.postgres.sql(f"ALTER DATABASE {name} RESET default_transaction_isolation")
        rig.postgres.terminate_all()
    lost = rig.postgres.logged("could not serialize access") - before
    report.say(f"{lost} transactions lost a race; refused {refused or 'none'}")
    report.must(lost > 0, "no transaction lost a race: the fault was not there")
