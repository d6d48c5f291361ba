"""What measurements stand on: stores of their own that keep what is committed, databases with customers in them, and instances of the built program."""

import contextlib
import json
import shutil
import sqlite3
import subprocess
import time

from kit import cluster, instance, stores

from . import tools

# As PostgreSQL comes, but for what a machine of this size would be given. Commits are synchronous, and it tells when each happened.
POSTGRES = ("shared_buffers=512MB", "max_wal_size=8GB", "checkpoint_timeout=30min", "track_commit_timestamp=on", "logging_collector=on", "log_destination=csvlog", "log_directory=log", "log_filename=statements.log")
# Limits on callers are no part of what is measured: all calls come from one machine.
UNLIMITED = "1000000"
KINDS = ("PostgreSQL", "SQLite")


class Database:
    """A database with a shop in it. `shop` is what `stage` told."""

    def __init__(self, kind, url, shop):
        self.kind, self.url, self.shop = kind, url, shop

    @property
    def path(self):
        return self.url.removeprefix("sqlite://")


class Ground:
    def __init__(self):
        self.stack = contextlib.ExitStack()
        self.stack.callback(tools.leave)
        self.directory = tools.scratch()
        self.staged, self.numbers = {}, iter(range(1_000_000))
        tools.program("redis-server")
        self.postgres = cluster.Cluster(self.directory, POSTGRES)
        self.stack.callback(self.postgres.stop)
        self.postgres.start()
        self.redis = stores.Redis(self.directory)
        self.stack.callback(self.redis.stop)
        self.redis.start()
        tools.built()

    def close(self):
        self.stack.close()

    @property
    def postgres_pid(self):
        return int((self.postgres.home / "data/postmaster.pid").read_text().split()[0])

    def _stage(self, kind, customers, bought):
        """Stores customers once; every measurement works on a copy."""
        name = f"staged_{customers}_{bought}"
        if kind == "SQLite":
            url = f"sqlite://{self.directory}/{name}.sqlite3"
        else:
            self.postgres.sql(f"CREATE DATABASE {name}")
            url = self.postgres.url(name)
        began = time.monotonic()
        command = [tools.built()["replay"], "stage", url, str(customers), str(bought)]
        done = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        if kind == "PostgreSQL":
            self.postgres.sql("VACUUM ANALYZE", url)
        print(f"    staged {customers:,} customers on {kind} in {time.monotonic() - began:.0f} s", flush=True)
        return Database(kind, url, json.loads(done.stdout.splitlines()[-1]))

    @contextlib.contextmanager
    def database(self, kind, customers, bought=0):
        """A fresh copy of a shop with so many customers, who bought so often each."""
        key = (kind, customers, bought)
        if key not in self.staged:
            self.staged[key] = self._stage(*key)
        staged, number = self.staged[key], next(self.numbers)
        if kind == "SQLite":
            path = self.directory / f"run_{number}.sqlite3"
            shutil.copyfile(staged.path, path)
            yield Database(kind, f"sqlite://{path}", staged.shop)
            for file in self.directory.glob(f"{path.name}*"):
                file.unlink()
        else:
            name = f"run_{number}"
            self.postgres.sql(f"CREATE DATABASE {name} TEMPLATE {staged.url.rsplit('/', 1)[1]}")
            # What the copy left to be written is written before anything is measured.
            self.postgres.sql("CHECKPOINT")
            yield Database(kind, self.postgres.url(name), staged.shop)
            self.postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")
        self.redis.command("FLUSHALL")

    def forget(self, kind, customers, bought=0):
        """Drops what was staged, when it was the last time."""
        staged = self.staged.pop((kind, customers, bought), None)
        if staged and kind == "SQLite":
            for file in self.directory.glob(f"{staged.path.rsplit('/', 1)[1]}*"):
                file.unlink()
        elif staged:
            self.postgres.sql(f"DROP DATABASE {staged.url.rsplit('/', 1)[1]} WITH (FORCE)")

    @contextlib.contextmanager
    def instance(self, database, *words, redis=True, **more):
        """A process over a database: `serve`, `serve --no-worker` or `worker`, with the settings that it has by itself."""
        port = instance.free_port()
        environment = {
            "DATABASE_URL": database.url,
            "TRIBUTARY_SECRET": database.shop["instanceSecret"],
            "TRIBUTARY_DATA_DIR": str(self.directory),
            "TRIBUTARY_ENV": "production",
            "TRIBUTARY_STRIPE_API": "http://127.0.0.1:9/",
            "TRIBUTARY_RATE_PUBLIC": UNLIMITED,
            "TRIBUTARY_RATE_API": UNLIMITED,
            "TRIBUTARY_TRUSTED_PROXIES": "127.0.0.0/8",
            "TRIBUTARY_WORKER_LISTEN" if words[0] == "worker" else "TRIBUTARY_LISTEN": f"127.0.0.1:{port}",
        } | more
        if redis:
            environment["REDIS_URL"] = self.redis.url
        process = instance.Process(f"{words[0]}-{next(self.numbers)}", list(words), environment, self.directory, port)
        try:
            yield process.start()
        finally:
            process.stop()

    def query(self, database, sql):
        """The one row that a query gives, as texts or numbers."""
        if database.kind == "SQLite":
            with contextlib.closing(sqlite3.connect(f"file:{database.path}?mode=ro", uri=True, timeout=30)) as connection:
                return connection.execute(sql).fetchone()
        return self.postgres.sql(sql, database.url).splitlines()[0].split("|")
