"""Databases and Redis for one run, each gone when it ends."""

import contextlib
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import sys
import urllib.parse

from .instance import ROOT, free_port, wait_until


def with_servers():
    """Runs this script again with a PostgreSQL in the environment, unless there is one."""
    if "TRIBUTARY_TEST_POSTGRES" not in os.environ:
        os.execv(ROOT / "tests/with-servers", ["with-servers", sys.executable, *sys.argv])


@contextlib.contextmanager
def postgres():
    """The address of an empty database. Needs psql."""
    if not shutil.which("psql"):
        raise SystemExit("psql is needed to make a database: install PostgreSQL's client")
    admin = os.environ["TRIBUTARY_TEST_POSTGRES"]
    name = f"tributary_{secrets.token_hex(6)}"

    def run(sql):
        subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, admin], check=True, stdin=subprocess.DEVNULL)

    run(f"CREATE DATABASE {name}")
    try:
        yield urllib.parse.urlsplit(admin)._replace(path=f"/{name}").geturl()
    finally:
        run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


class Redis:
    """A Redis of our own, which may be flushed and stopped."""

    def __init__(self, directory):
        self.port = free_port()
        self.directory = pathlib.Path(directory)
        self.child = None

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def start(self):
        if not shutil.which("redis-server"):
            raise SystemExit("redis-server is needed: install it (Debian: apt-get install redis-server)")
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no", "--dir", str(self.directory)]
        log = open(self.directory / "redis.log", "ab")
        self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until("redis answers", lambda: self.command("PING") == "+PONG", 20)
        return self

    def command(self, *words):
        """Sends one command; gives the first line of the answer, or nothing."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                connection.sendall((" ".join(words) + "\r\n").encode())
                return connection.recv(65536).decode().split("\r\n")[0]
        except OSError:
            return None

    def stop(self):
        if self.child:
            self.child.terminate()
            self.child.wait()
            self.child = None
