"""Asks processes how they are while something is wrong, and compares what they say with what they do."""

import http.client
import json
import threading
import time

EVERY = 0.5
PATIENCE = 4


def ask(port, method, path, body=None, headers=None, timeout=PATIENCE):
    """The status and the body of one request on a connection of its own; no status when there was no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return None, b""
    finally:
        connection.close()


class Watch:
    """Looks at every process twice a second, until it is stopped. `key` is a secret key for the query that servers are asked."""

    def __init__(self, processes, key):
        self.key, self.samples, self.queries = key, [], []
        self.over = threading.Event()
        servers = [process for process in processes if process.arguments[0] == "serve"]
        looks = [(self._look, process) for process in processes] + [(self._query, process) for process in servers]
        self.threads = [threading.Thread(target=self._again, args=look, daemon=True) for look in looks]
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def _again(self, look, process):
        while not self.over.wait(EVERY):
            look(process)

    def _look(self, process):
        live, _ = ask(process.port, "GET", "/health/live")
        ready, body = ask(process.port, "GET", "/health/ready")
        try:
            parts = json.loads(body).get("parts", {})
        except ValueError:
            parts = {}
        self.samples.append((time.monotonic(), process.name, live, ready, {name for name, word in parts.items() if word != "ok"}))

    def _query(self, process):
        headers = {"content-type": "application/json", "authorization": f"Bearer {self.key}"}
        asked = time.monotonic()
        status, body = ask(process.port, "POST", "/graphql", json.dumps({"query": "{ purchases(first: 1) { nodes { key } } }"}), headers, timeout=15)
        answered = status == 200 and b'"errors"' not in body
        self.queries.append((asked, process.name, answered, time.monotonic() - asked, status, body[:300]))

    def between(self, start, end):
        return [sample for sample in self.samples if start <= sample[0] <= end]

    def failing(self, start, end):
        """The parts that any process called failing."""
        return set().union(*(parts for _, _, _, _, parts in self.between(start, end)))

    def ready_again(self, names, after):
        """How long after a moment each of these processes said for good that it is ready; nothing when one never did."""
        latest = 0.0
        for name in names:
            told = [(at, ready == 200) for at, who, _, ready, _ in self.samples if who == name and at >= after]
            bad = [at for at, good in told if not good]
            good = [at for at, good in told if good and (not bad or at > bad[-1])]
            if not good:
                return None
            latest = max(latest, good[0] - after if bad else 0.0)
        return latest

    def unanswered(self, start, end):
        """The queries that were not answered with data."""
        return [query for query in self.queries if start <= query[0] <= end and not query[2]]

    def lies(self, deliveries):
        """For how many seconds servers said that they are ready and stored nothing, and how many they stored events and said that they are not.
        A second counts when the two before and after it were the same, so that no edge does."""
        told, did = {}, {}
        for at, name, _, ready, _ in self.samples:
            told.setdefault((name, int(at)), set()).add(ready)
        for sent, answered, name, status in deliveries:
            if status is not None and 400 <= status < 500:
                # Refused with a reason: that is no question of readiness.
                continue
            good = status is not None and status < 400
            # A slow answer speaks for the second in which it came.
            did.setdefault((name, int(answered if good else sent)), set()).add(good)
        around = lambda table, name, second: [table.get((name, second + step)) for step in range(-2, 3)]  # noqa: E731
        said_ready = said_not = 0
        for (name, second), done in did.items():
            words, deeds = around(told, name, second), around(did, name, second)
            said_ready += done == {False} and deeds == [{False}] * 5 and words == [{200}] * 5
            said_not += done == {True} and words == [{503}] * 5
        return said_ready, said_not
