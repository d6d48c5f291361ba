"""A month that is posted while something is wrong, and what became of each delivery."""

import concurrent.futures
import http.client
import itertools
import threading
import time
import urllib.parse

from . import month, stripe

SENDERS = 12
NAMES = (f"{letter}{number}_" for letter in "abcdefghijklmnopqrstuvwxyz" for number in range(10))


class Recorder(stripe.Sender):
    """Remembers each delivery: when it was sent and answered, to which server, and how."""

    def __init__(self, servers, path, secret):
        super().__init__([server.url for server in servers], path, secret)
        self.names = {urllib.parse.urlsplit(server.url).netloc: server.name for server in servers}
        self.deliveries = []
        self.turn = itertools.count()

    def _post(self, body):
        url = self.urls[next(self.turn) % len(self.urls)]
        sent = time.monotonic()
        status = self.deliver(url, body)
        self.deliveries.append((sent, time.monotonic(), self.names[urllib.parse.urlsplit(url).netloc], status))
        return status


class FreshRecorder(Recorder):
    """A new connection for each delivery, and a note of each that was broken after the request had gone out."""

    broken = 0

    def deliver(self, url, body):
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=15)
        try:
            connection.connect()
        except OSError:
            return None
        try:
            headers = {"content-type": "application/json", "connection": "close", "stripe-signature": stripe.signature(body, self.secret)}
            connection.request("POST", f"/{self.path}", body, headers)
            response = connection.getresponse()
            response.read()
            return response.status
        except (OSError, http.client.HTTPException):
            self.broken += 1
            return None
        finally:
            connection.close()


class Load:
    """Posts a month of `seconds * rate` events in about that time; what is refused comes again, as from Stripe. Some come twice."""

    def __init__(self, rig, seconds, rate, recorder=Recorder, servers=None):
        self.rate = rate
        self.story = month.Month(max(24, int(seconds * rate)), 7, sorted(rig.shop.partners), next(NAMES))
        self.story.sign_up(rig.shop, rig.servers[0].url)
        self.sender = recorder(servers or rig.servers, rig.shop.webhook_path, rig.shop.webhook_secret)
        twice = self.story.events[::20]
        self.events = self.story.events + twice
        self.pool = concurrent.futures.ThreadPoolExecutor(SENDERS)
        self.stopping = threading.Event()

    def start(self):
        self.began = time.monotonic()
        self.tasks = [self.pool.submit(self._send, number, event) for number, event in enumerate(self.events)]
        return self

    def _send(self, number, event):
        wait = self.began + number / self.rate - time.monotonic()
        if not self.stopping.wait(max(0, wait)):
            self.sender.send(event)

    @property
    def active(self):
        return any(not task.done() for task in self.tasks)

    def finish(self):
        """Until all was acknowledged."""
        for task in self.tasks:
            task.result()
        self.pool.shutdown()

    def abandon(self):
        """Stops sending, when the run has failed anyway."""
        self.stopping.set()
        self.sender.hopeless = lambda status: True
        self.pool.shutdown(wait=False, cancel_futures=True)

    def answered(self, start, end):
        """How many deliveries were answered by which status, among those sent in a span of time."""
        counts = {}
        for sent, _, _, status in list(self.sender.deliveries):
            if start <= sent <= end:
                counts[status] = counts.get(status, 0) + 1
        return counts

    def slowest(self, start, end):
        """The longest that a delivery of this time waited for its answer, in seconds."""
        return max((answered - sent for sent, answered, _, _ in self.sender.deliveries if start <= sent <= end), default=0.0)

    def first_2xx(self, after):
        """How long after a moment a delivery that was sent since was acknowledged by each server; the longest."""
        first = {}
        for sent, answered, name, status in self.sender.deliveries:
            if sent >= after and status is not None and 200 <= status < 300:
                first[name] = min(first.get(name, answered), answered)
        return max(first.values()) - after if first else None
