"""Signed events for customers that were staged, ready to be sent."""

import json
import time

from kit import stripe

# What a bill comes to, before tax.
NET = 5_000


def raw(body, path, secret):
    """The request that delivers a body, signed now."""
    head = (
        f"POST /{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json; charset=utf-8\r\n"
        f"Stripe-Signature: {stripe.signature(body, secret)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Writer:
    """Makes events of one shop. The body of all is made once and its numbers are set in: making them takes longer than signing them."""

    def __init__(self, shop, name):
        self.shop, self.name = shop, name
        at = int(time.time())
        bill = stripe.invoice(f"{name}NUMBER", "cus_CUSTOMER", NET, at)
        self.template = json.dumps(stripe.event(f"evt_{name}NUMBER", "invoice.paid", bill, at, livemode=True), indent=2)

    def body(self, number):
        """The event of that number. Customers take turns, in an order that leaps through all of them."""
        customer = number * 7919 % self.shop["customers"]
        return self.template.replace("NUMBER", str(number)).replace("CUSTOMER", str(customer)).encode()

    def raw(self, number):
        return raw(self.body(number), self.shop["webhookPath"], self.shop["webhookSecret"])

    def file(self, path, numbers):
        """Writes them where `file.lua` reads them. They have to be sent within five minutes."""
        with open(path, "wb") as file:
            for number in numbers:
                request = self.raw(number)
                file.write(b"%08d" % len(request))
                file.write(request)
        return path
