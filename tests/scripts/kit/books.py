"""What an instance says of its books, read over GraphQL."""

import datetime

from .instance import wait_until

UNFINISHED = "filter: {status: [RECEIVED]}"


def wait_drained(shop, seconds=240, begins=""):
    """Until no event of the inbox is unfinished, of those whose id begins so."""

    wanted = "nodes { eventId eventType attempts error nextAttemptAt }"
    left = []

    def look():
        nodes = shop.server.ask(f"{{ inboxEvents(first: 50, {UNFINISHED}) {{ {wanted} }} }}")["inboxEvents"]["nodes"]
        left[:] = [node for node in nodes if node["eventId"].startswith(begins)]
        return not left

    try:
        wait_until("every event is worked off", look, seconds, pause=0.3)
    except SystemExit as error:
        raise SystemExit(f"{error}; among those left: {left[:3]}") from None


def inbox(client):
    return client.pages("inboxEvents", "eventId status reason attempts error receivedAt finishedAt")


def commissions(client):
    return client.pages("commissions", "state currency: amount { currency } amount { amount } enrollment { id } purchase { key }")


def entries(client):
    return client.pages("ledgerEntries", "postingId account kind amount { amount currency }")


def ledger_faults(client):
    """What is wrong with the ledger: each posting, and all accounts together, have to sum to zero."""
    faults, postings = [], {}
    for entry in entries(client):
        key = (entry["postingId"], entry["amount"]["currency"])
        postings[key] = postings.get(key, 0) + int(entry["amount"]["amount"])
    faults += [f"posting {posting} sums to {total} {currency}" for (posting, currency), total in postings.items() if total]
    for total in client.ask("{ ledgerSums { amount currency } }")["ledgerSums"]:
        if int(total["amount"]):
            faults.append(f"all accounts sum to {total['amount']} {total['currency']}")
    return faults, len(postings)


def canonical(client, start):
    """The books without ids of this instance, and with times counted from `start`, so that two instances can be compared: sorted lines."""
    codes = {e["id"]: e["partner"]["externalId"] for e in client.pages("enrollments", "id partner { externalId }")}
    when = lambda text: f"+{int(datetime.datetime.fromisoformat(text).timestamp()) - start}s" if text else "-"  # noqa: E731
    lines = []
    for event in inbox(client):
        lines.append(f"event {event['eventId']} {event['status']} {event['reason'] or ''}".rstrip())
    wanted = """key status purchasedAt currency total { amount } collected { amount } reduction { amount }
        decision { reason enrollment { id } base { amount } amount { amount } }
        commissions(first: 10) { nodes { enrollment { id } state amount { amount currency } } }"""
    for purchase in client.pages("purchases", wanted):
        decision = purchase["decision"] or {}
        bought = when(purchase["purchasedAt"])
        money = " ".join(f"{name}={purchase[name]['amount']}" for name in ("total", "collected", "reduction"))
        base = (decision.get("base") or {}).get("amount")
        lines.append(
            f"purchase {purchase['key']} {purchase['status']} {purchase['currency']} {bought} {money} base={base} {decision.get('reason')} "
            f"{codes.get((decision.get('enrollment') or {}).get('id'), '-')}"
        )
        for commission in purchase["commissions"]["nodes"]:
            amount = commission["amount"]
            if amount["amount"] == "0":
                # Earned and taken back: only books that saw both in this order have a row for it. The ledger is the same.
                continue
            lines.append(f"commission {purchase['key']} {codes[commission['enrollment']['id']]} {commission['state']} {amount['amount']} {amount['currency']}")
    accounts = {}
    partners = {p["id"]: p["externalId"] for p in client.pages("partners", "id externalId")}
    for entry in client.pages("ledgerEntries", "account partner { id } amount { amount currency }"):
        key = (entry["account"], entry["amount"]["currency"], partners.get((entry["partner"] or {}).get("id"), "-"))
        accounts[key] = accounts.get(key, 0) + int(entry["amount"]["amount"])
    lines += [f"account {account} {currency} {partner} {total}" for (account, currency, partner), total in accounts.items() if total]
    return sorted(lines)
