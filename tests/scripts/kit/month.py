"""Many events whose outcome is known beforehand: customers of two partners, invoices, and refunds of some of them."""

import fractions
import http.client
import json
import random
import time
import urllib.parse

from . import stripe
from .shop import RATE


def track(url, path, said, origin="https://shop.example", patience=0):
    """What a page tells, as the snippet does. After a 503 it comes again, for `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        status, text = _track(url, path, said, origin)
        if status in (200, 201, 202, 204):
            return json.loads(text) if text else {}
        if status != 503 or time.monotonic() >= deadline:
            raise SystemExit(f"{path}: {status} {text[:300]}")
        time.sleep(0.2)


def _track(url, path, said, origin):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
    connection.request("POST", path, json.dumps(said), {"content-type": "text/plain", "origin": origin, "user-agent": agent})
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, text


def sign_up(shop, url, number, code):
    """A visitor comes by a partner's link and signs up, as `user-<number>`. Gives the click's token."""
    click = track(url, "/track/click", {"key": shop.publishable_key, "code": code, "url": f"https://shop.example/?via={code}"}, patience=shop.patience)
    track(url, "/track/signup", {"key": shop.publishable_key, "token": click["token"], "externalId": f"user-{number}"}, patience=shop.patience)
    return click["token"]


def half_up(amount, rate=RATE):
    """The commission of a base, in whole minor units (CO-2)."""
    return int(fractions.Fraction(amount * rate, 10000) + fractions.Fraction(1, 2))


class Month:
    """`count` events, in an order that is not Stripe's, and what they must come to. `name` goes into every id, so that many months can meet in
    one shop; none may begin as another does."""

    def __init__(self, count, seed, codes, name=""):
        self.random = random.Random(seed)
        self.codes, self.name = codes, name
        self.customers = max(2, count // 40)
        self.events, self.expected = [], {}
        self.start = int(time.time()) + 5
        self._fill(count)
        # Stripe gives no order: shuffle, but keep what is near near, so that the run does not begin with refunds alone.
        places = {id(event): place + self.random.uniform(0, count / 5) for place, event in enumerate(self.events)}
        self.events.sort(key=lambda event: places[id(event)])

    def partner(self, number):
        return self.codes[number % len(self.codes)]

    def _add(self, kind, obj, at):
        self.events.append(stripe.event(f"evt_{self.name}{len(self.events):06}", kind, obj, at))

    def _fill(self, count):
        for number in range(self.customers):
            told = stripe.customer(f"{self.name}{number}", self.start, metadata={"tributary_customer_id": f"user-{self.name}{number}"})
            self._add("customer.created", told, self.start)
        invoice = 0
        while len(self.events) < count:
            invoice += 1
            buyer = self.random.randrange(self.customers)
            net, at = self.random.randrange(101, 50_000), self.start + 60 + invoice
            told = stripe.invoice(f"{self.name}{invoice}", f"cus_{self.name}{buyer}", net, at)
            left = net
            burst = [("invoice.paid", told, at)]
            if self.random.random() < 0.5:
                burst.append(("invoice.payment_succeeded", told, at))
            for part in range(self.random.choice((0, 0, 1, 2))):
                amount = self.random.randrange(1, max(2, left // 2))
                left -= amount
                burst.append(("refund.created", stripe.refund(f"{self.name}{invoice}_{part}", f"{self.name}{invoice}", amount, at + 100 + part), at + 100 + part))
            if len(self.events) + len(burst) > count:
                # What fits of a purchase is not cut: its outcome would be another.
                burst, left = [("invoice.paid", told, at)], net
            for one in burst:
                self._add(*one)
            self.expected[f"invoice:in_{self.name}{invoice}"] = (self.partner(buyer), half_up(left))

    def sign_up(self, shop, url):
        """All its customers come by their partners' links."""
        for number in range(self.customers):
            sign_up(shop, url, f"{self.name}{number}", self.partner(number))

    def totals(self):
        """What each partner earns."""
        sums = dict.fromkeys(self.codes, 0)
        for code, amount in self.expected.values():
            sums[code] += amount
        return sums
