"""What Stripe would send: events, their signatures, and a sender that tries again until it hears 2xx."""

import hashlib
import hmac
import http.client
import json
import threading
import time
import urllib.parse

VERSION = "2024-06-20"


def signature(body, secret, at=None):
    at = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def event(event_id, kind, obj, at, livemode=False, version=VERSION):
    return {
        "id": event_id,
        "object": "event",
        "api_version": version,
        "created": at,
        "livemode": livemode,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
        "data": {"object": obj | {"livemode": livemode}},
    }


def customer(number, at, **more):
    name = f"cus_{number}"
    return {"id": name, "object": "customer", "created": at, "email": f"{name}@buyers.example", "metadata": {}} | more


def invoice(number, buyer, net, at, tax=0, **more):
    """A paid invoice of one line, in the shape before basil: it names its payment itself."""
    line = {
        "id": f"il_{number}", "object": "line_item", "amount": net, "currency": "usd", "quantity": 1, "proration": False, "type": "subscription",
        "discount_amounts": [], "discounts": [], "metadata": {}, "price": {"id": "price_1", "object": "price", "product": "prod_1"},
        "tax_amounts": [{"amount": tax, "inclusive": False}] if tax else [],
    }
    return {
        "id": f"in_{number}", "object": "invoice", "customer": buyer, "status": "paid", "paid": True, "paid_out_of_band": False,
        "currency": "usd", "subtotal": net, "total": net + tax, "total_excluding_tax": net, "tax": tax or None,
        "amount_due": net + tax, "amount_paid": net + tax, "amount_remaining": 0, "billing_reason": "subscription_cycle", "created": at,
        "customer_email": None, "subscription": f"sub_{buyer}", "payment_intent": f"pi_{number}", "charge": f"ch_{number}", "metadata": {},
        "discount": None, "discounts": [], "total_discount_amounts": [], "subscription_details": {"metadata": {}},
        "status_transitions": {"paid_at": at},
        "lines": {"object": "list", "data": [line], "has_more": False, "total_count": 1},
    } | more


def invoice_since_basil(number, buyer, net, at, tax=0, **more):
    """The same in the shape since basil: subscription, tax and payment stand elsewhere."""
    old = invoice(number, buyer, net, at, tax)
    gone = ("paid", "subscription", "subscription_details", "payment_intent", "charge", "tax", "discount")
    line = old["lines"]["data"][0]
    taxes = [{"amount": tax, "tax_behavior": "exclusive"}] if tax else []
    line = {k: v for k, v in line.items() if k not in ("type", "proration", "price", "tax_amounts")} | {
        "parent": {"type": "subscription_item_details", "subscription_item_details": {"proration": False, "subscription": f"sub_{buyer}"}},
        "pricing": {"type": "price_details", "price_details": {"price": "price_1", "product": "prod_1"}},
        "taxes": taxes,
    }
    payment = {"id": f"inpay_{number}", "object": "invoice_payment", "status": "paid", "amount_paid": net + tax, "currency": "usd",
               "invoice": f"in_{number}", "payment": {"type": "payment_intent", "payment_intent": f"pi_{number}"}}
    return {k: v for k, v in old.items() if k not in gone} | {
        "parent": {"type": "subscription_details", "subscription_details": {"subscription": f"sub_{buyer}", "metadata": {}}},
        "total_taxes": taxes,
        "lines": old["lines"] | {"data": [line]},
        "payments": {"object": "list", "data": [payment], "has_more": False},
    } | more


def checkout(number, token, amount, at, tax=0, **more):
    """A paid session of a payment link: a guest, known by the token alone."""
    return {
        "id": f"cs_test_{number}", "object": "checkout.session", "mode": "payment", "status": "complete", "payment_status": "paid", "customer": None,
        "client_reference_id": token, "customer_details": {"email": f"guest-{number}@buyers.example", "name": "Guest"}, "currency": "usd",
        "amount_subtotal": amount, "amount_total": amount + tax, "created": at, "payment_intent": f"pi_{number}", "invoice": None, "subscription": None,
        "payment_link": "plink_1", "discounts": [], "total_details": {"amount_tax": tax, "amount_discount": 0, "amount_shipping": 0}, "metadata": {},
    } | more


def refund(number, of, amount, at, status="succeeded", **more):
    """A refund of the invoice `of`."""
    return {
        "id": f"re_{number}", "object": "refund", "amount": amount, "currency": "usd", "status": status, "created": at,
        "charge": f"ch_{of}", "payment_intent": f"pi_{of}", "metadata": {},
    } | more


def dispute(number, of, amount, at, status, **more):
    """A dispute about the invoice `of`."""
    return {
        "id": f"dp_{number}", "object": "dispute", "amount": amount, "currency": "usd", "status": status, "created": at, "reason": "general",
        "charge": f"ch_{of}", "payment_intent": f"pi_{of}", "balance_transactions": [], "metadata": {},
    } | more


class Sender:
    """Posts events like Stripe does, only less patiently: what is not answered by 2xx comes again, with a new signature."""

    def __init__(self, urls, path, secret):
        self.urls, self.path, self.secret = urls, path, secret
        self.local = threading.local()
        self.lock = threading.Lock()
        self.acknowledged = 0
        self.tries = 0
        self.refused = {}

    def send(self, sent):
        """Tries until it is acknowledged. Gives up on what will never be: a 4xx."""
        body = json.dumps(sent, indent=2).encode()
        pause = 0.02
        while True:
            status = self._post(body)
            with self.lock:
                self.tries += 1
                if status and 200 <= status < 300:
                    self.acknowledged += 1
                    return
                self.refused[status] = self.refused.get(status, 0) + 1
            if self.hopeless(status):
                raise SystemExit(f"{sent['type']} was answered {status}")
            time.sleep(pause)
            pause = min(pause * 1.5, 0.5)

    def hopeless(self, status):
        """Whether it is never acknowledged, however often it comes."""
        return status and 400 <= status < 500 and status != 429

    def _post(self, body):
        """The status, or `None` when there was no answer."""
        with self.lock:
            url = self.urls[(self.tries + self.acknowledged) % len(self.urls)]
        return self.deliver(url, body)

    def deliver(self, url, body):
        """Posts to one address. The status, or `None`."""
        parts = urllib.parse.urlsplit(url)
        headers = {"content-type": "application/json; charset=utf-8", "stripe-signature": signature(body, self.secret)}
        connections = self.local.__dict__.setdefault("connections", {})
        connection = connections.setdefault(parts.netloc, http.client.HTTPConnection(parts.hostname, parts.port, timeout=10))
        try:
            connection.request("POST", f"/{self.path}", body, headers)
            response = connection.getresponse()
            response.read()
            return response.status
        except (OSError, http.client.HTTPException):
            connection.close()
            return None
