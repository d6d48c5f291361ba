"""Instances that are meant to be hurt: two servers and two workers on stores of their own, or one process on SQLite."""

import contextlib
import http.client
import json
import pathlib
import re
import secrets
import subprocess
import tempfile

from . import cluster, instance, proxy, shop as shops, stores


class FakeStripe:
    """The pretended Stripe as a process, with its troubles on demand."""

    def __init__(self):
        self.child = None

    def start(self, port=0):
        self.child = subprocess.Popen([instance.binary("fake_stripe"), "--port", str(port)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = int(re.search(r":(\d+)/", self.child.stdout.readline()).group(1))
        return self

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def steer(self, what, **wanted):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", f"/_fake/{what}", json.dumps(wanted))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def heal(self):
        """Ends all trouble: it comes up anew, at the same address."""
        self.stop()
        self.start(self.port)

    def stop(self):
        self.child.kill()
        self.child.wait()
        self.child.stdout.close()


# Those that are not closed yet.
ALIVE = set()


class Rig:
    """What all shapes have. `servers[0]` is where questions about the books go."""

    def __init__(self, **more):
        ALIVE.add(self)
        self.stack = contextlib.ExitStack()
        self.stack.callback(ALIVE.discard, self)
        self.directory = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="tributary-faults-")))
        self.servers, self.workers = [], []
        self.environment = {
            "TRIBUTARY_DATA_DIR": str(self.directory),
            "TRIBUTARY_SECRET": secrets.token_hex(32),
            "TRIBUTARY_LOG": "warn",
            "TRIBUTARY_STRIPE_API": "http://127.0.0.1:9/",
            "TRIBUTARY_RATE_PUBLIC": "1000000",
            "TRIBUTARY_RATE_API": "1000000",
        } | more
        try:
            self._stores()
            self._processes()
            if self.servers:
                self.shop = shops.open_shop(self.servers[0].url, self.servers[0].setup_token())
                self.shop.patience = 30
        except BaseException:
            self.close()
            raise

    @property
    def processes(self):
        return self.servers + self.workers

    def serve(self, name, *words, by=()):
        port = instance.free_port()
        process = instance.Process(name, ["serve", *words], self.environment | {"TRIBUTARY_LISTEN": f"127.0.0.1:{port}"}, self.directory, port)
        process.by = list(by)
        self.servers.append(process)
        self._start(process)

    def work(self, name):
        port = instance.free_port()
        environment = self.environment | {"TRIBUTARY_WORKER_LISTEN": f"127.0.0.1:{port}", "TRIBUTARY_LISTEN": "127.0.0.1:9"}
        process = instance.Process(name, ["worker"], environment, self.directory, port)
        self.workers.append(process)
        self._start(process)

    def _start(self, process):
        self.stack.callback(process.stop)
        process.start()

    def log_lines(self):
        """How many lines all processes have logged."""
        return sum(process.log_path.read_bytes().count(b"\n") for process in self.processes)

    def close(self):
        self.stack.close()


class Many(Rig):
    """Two servers without and two processes with a worker, on a PostgreSQL and a Redis of their own; the Redis is behind a proxy."""

    def _stores(self):
        self.postgres = cluster.Cluster(self.directory)
        self.stack.callback(self.postgres.stop)
        self.postgres.start()
        self.redis = stores.Redis(self.directory)
        self.stack.callback(self.redis.stop)
        self.redis.start()
        self.road = proxy.Proxy(self.redis.port).start()
        self.stack.callback(self.road.stop)
        self.stripe = FakeStripe().start()
        self.stack.callback(self.stripe.stop)
        self.database = self.postgres.database()
        self.environment |= {
            "DATABASE_URL": self.database,
            "REDIS_URL": f"redis://127.0.0.1:{self.road.port}",
            "TRIBUTARY_STRIPE_API": self.stripe.url,
        }

    def _processes(self):
        for number in (1, 2):
            self.serve(f"server-{number}", "--no-worker")
        for number in (1, 2):
            self.work(f"worker-{number}")


class Bare(Rig):
    """A PostgreSQL, and no process of ours."""

    def _stores(self):
        self.postgres = cluster.Cluster(self.directory)
        self.stack.callback(self.postgres.stop)
        self.postgres.start()

    def _processes(self):
        pass


class One(Rig):
    """One process on a SQLite file."""

    def _stores(self):
        self.file = self.directory / "tributary.sqlite3"

    def _processes(self):
        self.serve("server")


class Full(One):
    """One process on a SQLite file in a small file system of its own; where none can be mounted, files may not grow beyond a limit."""

    SIZE = 24

    def _stores(self):
        self.place = self.directory / "small"
        self.place.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.SIZE}m", "tmpfs", self.place], stdin=subprocess.DEVNULL, capture_output=True)
        self.mounted = mounted.returncode == 0
        if self.mounted:
            self.stack.callback(subprocess.run, ["umount", "--lazy", self.place], check=False)
        self.file = self.place / "tributary.sqlite3"
        self.environment["DATABASE_URL"] = f"sqlite://{self.file}"

    def _processes(self):
        # A write beyond the limit of a file's size shall fail, and not kill.
        self.serve("server", by=["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
