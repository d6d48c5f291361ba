"""Stripe's API slow, limiting, failing, silent, or with cut connections, while events come that cannot say everything themselves."""

import time

from kit import instance, stripe
from kit.month import half_up

from . import fault, scene

DELAY = 10


def payment(name, number, customer, at):
    """A payment of which only Stripe's API can say whether an invoice stands behind it."""
    intent = {
        "id": f"pi_{name}open_{number}", "object": "payment_intent", "amount": 2_000 + number, "amount_received": 2_000 + number, "currency": "usd",
        "customer": customer, "status": "succeeded", "created": at, "latest_charge": None, "metadata": {}, "description": None,
    }
    return stripe.event(f"evt_open_{name}{number}", "payment_intent.succeeded", intent, at, version="2025-09-30.clover")


def earned(rig, name):
    """What each of those payments earned."""
    rows = rig.shop.server.pages("commissions", "amount { amount } purchase { key }")
    return {row["purchase"]["key"]: int(row["amount"]["amount"]) for row in rows if f"pi_{name}open_" in row["purchase"]["key"]}


def troubled(rig, report, seconds, payments, **trouble):
    """A load with such payments while Stripe is in trouble, which ends after so many seconds. Other events must not wait for it."""
    with scene(rig, report, seconds) as one:
        story = one.load.story
        one.wait_part(0.1)
        began = time.monotonic()
        rig.stripe.steer("fault", path="/v1/", times=1_000_000, **trouble)
        for number in range(payments):
            event = payment(story.name, number, f"cus_{story.name}{number % story.customers}", story.start + 10 + number)
            one.load.sender.send(event)
        acknowledged = time.monotonic() - began
        time.sleep(max(0.0, seconds - acknowledged))
        asked = rig.stripe.steer("requests")["requests"]
        rig.stripe.heal()
        one.lift()
    delay = one.delays()[-1]
    due = {number: half_up(2_000 + number) for number in range(payments)}

    def all_there():
        found = earned(rig, story.name)
        return len(found) == payments and found

    try:
        found = instance.wait_until("every payment earned", all_there, 120)
        report.within("payments decided after", time.monotonic() - one.lifted, 75)
        report.must(sorted(found.values()) == sorted(due.values()), f"the payments earned {found}")
    except SystemExit:
        report.must(False, f"{payments - len(earned(rig, story.name))} of {payments} payments earned nothing in 120 s after Stripe was back")
    report.say(f"{payments} payments, Stripe asked {asked} times meanwhile")
    report.must(set(one.refused()) <= set(), f"deliveries were not acknowledged: {one.refused()}")
    report.delayed("longest wait of events that need nothing of Stripe", delay, DELAY)


@fault("many", "Stripe answers 429 and says when to come again: all is acknowledged, nothing else waits, the rest is decided when it is back", short=False)
def stripe_limiting(rig, report):
    troubled(rig, report, report.size(8, 60), report.size(6, 30), status=429, retryAfter=3)


@fault("many", "Stripe answers 500: the same", short=False)
def stripe_failing(rig, report):
    troubled(rig, report, 30, 20, status=500)


@fault("many", "Stripe answers after 5 s: the same", short=False)
def stripe_slow(rig, report):
    troubled(rig, report, 40, 30, trouble="slow", millis=5000)


@fault("many", "Stripe never answers: the same", short=False)
def stripe_silent(rig, report):
    troubled(rig, report, 60, 30, trouble="silence")


@fault("many", "Stripe's connections break in the middle of an answer: the same")
def stripe_cut(rig, report):
    troubled(rig, report, report.size(6, 30), report.size(6, 20), trouble="cut")


@fault("many", "something in between answers in Stripe's place with a page: the same", short=False)
def stripe_garbage(rig, report):
    troubled(rig, report, 30, 20, trouble="garbage")
