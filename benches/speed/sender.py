"""A sender that stands by its timetable, for what wrk cannot: a steady rate, and exactly so many requests."""

import socket
import threading
import time

SENDERS = 8


class Sender:
    """Sends each request once: so many in a second, whether or not earlier ones were answered, or as quickly as they are answered. A late one
    counts from when it was due."""

    def __init__(self, port, requests, rate=None):
        self.port, self.requests, self.rate = port, requests, rate
        # By number: when it was due, by the clock that the database has too, and how long it waited, in seconds.
        self.due, self.waited = {}, {}
        self.lock = threading.Lock()
        self.turn = iter(range(len(requests)))

    def run(self):
        self.began, self.offset = time.monotonic() + 0.2, time.time() - time.monotonic()
        threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if len(self.waited) < len(self.requests):
            raise SystemExit(f"of {len(self.requests)} requests {len(self.waited)} were answered well")

    def _send(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while True:
                with self.lock:
                    number = next(self.turn, None)
                if number is None:
                    return
                due = self.began + number / self.rate if self.rate else time.monotonic()
                time.sleep(max(0, due - time.monotonic()))
                connection.sendall(self.requests[number])
                answer = connection.recv(65536)
                while answer and b"\r\n\r\n" not in answer:
                    answer += connection.recv(65536)
                if not answer.startswith(b"HTTP/1.1 200"):
                    return
                self.due[number], self.waited[number] = due + self.offset, time.monotonic() - due
