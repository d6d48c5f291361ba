"""Compares what an instance has with what a month must have come to: nothing lost, nothing doubled, every amount as counted beforehand."""

from . import books


class Verdict:
    """`faults` are sentences; the rest are figures."""

    def __init__(self, story, shop, ledger=True):
        server = shop.server
        self.faults = []
        mine = [event for event in books.inbox(server) if event["eventId"].startswith(f"evt_{story.name}")]
        seen = {}
        for event in mine:
            seen[event["eventId"]] = seen.get(event["eventId"], 0) + 1
        sent = {event["id"] for event in story.events}
        self.inbox = len(mine)
        self.lost = sent - seen.keys()
        self.doubled = {event for event, times in seen.items() if times > 1}
        self.undone = [event for event in mine if event["status"] != "DONE"]
        self.attempts = sum(event["attempts"] for event in mine)
        self._fault("events lost", sorted(self.lost))
        self._fault("events doubled", sorted(self.doubled))
        self._fault("events nobody sent", sorted(seen.keys() - sent))
        self._fault("events not done", self.undone)
        self._money(story, shop, server)
        self.postings, self.ledger = 0, []
        if ledger:
            self.ledger, self.postings = books.ledger_faults(server)
            self.faults += self.ledger

    def _fault(self, what, found):
        self.faults += [f"{len(found)} {what}: {found[:3]}"] if found else []

    def _money(self, story, shop, server):
        codes = {enrollment: code for code, enrollment in shop.partners.items()}
        earned, self.commissions = {}, 0
        for row in books.commissions(server):
            key = row["purchase"]["key"]
            if not key.startswith(f"invoice:in_{story.name}"):
                continue
            self.commissions += 1
            self._fault("commissions for one purchase", [key] * (key in earned))
            earned[key] = (codes[row["enrollment"]["id"]], int(row["amount"]["amount"]))
        wrong = {key: (earned.get(key), due) for key, due in story.expected.items() if earned.get(key) != due}
        self.wrong = len(wrong)
        self._fault("purchases with another commission than is due", [f"{key}: {found} in place of {due}" for key, (found, due) in wrong.items()])
        self._fault("commissions for what nobody bought", sorted(earned.keys() - story.expected.keys()))
        self.totals = dict.fromkeys(shop.partners, 0)
        for code, amount in earned.values():
            self.totals[code] += amount
        if self.totals != story.totals():
            self.faults.append(f"partners earned {self.totals} in place of {story.totals()}")
