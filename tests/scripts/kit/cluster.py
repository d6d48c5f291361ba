"""A PostgreSQL of our own, which may be restarted, frozen and read in its log."""

import contextlib
import os
import pathlib
import pwd
import secrets
import shutil
import signal
import subprocess
import time

from .instance import free_port


def programs():
    """The directory of `initdb`, `pg_ctl` and `psql`."""
    found = [pathlib.Path(shutil.which("initdb") or "/nowhere").resolve().parent, *sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    for directory in found:
        if all((directory / name).exists() for name in ("initdb", "pg_ctl", "psql")):
            return directory
    raise SystemExit("initdb, pg_ctl and psql are needed: install PostgreSQL (Debian: apt-get install postgresql)")


# What is committed outlives the server, not the machine: no fault here is a power cut.
LOOSE = ("fsync=off",)


class Cluster:
    """`settings` are those that differ from PostgreSQL's own, each as `name=value`."""

    def __init__(self, directory, settings=LOOSE):
        self.settings = settings
        self.home = pathlib.Path(directory) / "postgres"
        self.port, self.bin = free_port(), programs()
        self.log_path = self.home / "log"
        # PostgreSQL refuses to run as root, so then it runs as a user that owns nothing else here.
        self.user = None
        if os.geteuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            self.user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")

    def _run(self, program, *arguments, check=True):
        who = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
        done = subprocess.run([self.bin / program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", text=True, **who)
        if check and done.returncode:
            raise SystemExit(f"{program} failed: {done.stderr.strip()[-500:]}")

    def start(self):
        if not self.home.exists():
            self.home.parent.chmod(0o711)
            self.home.mkdir()
            if self.user:
                os.chown(self.home, self.user.pw_uid, self.user.pw_gid)
            self._run("initdb", "-D", self.home / "data", "-U", "tributary", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        settings = ("max_connections=300", "log_min_error_statement=panic", *self.settings)
        options = f"-h 127.0.0.1 -p {self.port} -k {self.home} " + " ".join(f"-c {setting}" for setting in settings)
        self._run("pg_ctl", "-D", self.home / "data", "-l", self.log_path, "-w", "-t", "60", "-o", options, "start")
        return self

    def stop(self):
        """As a crash of the server."""
        self._run("pg_ctl", "-D", self.home / "data", "-m", "immediate", "-w", "stop", check=False)

    def restart(self):
        self.stop()
        self.start()

    @contextlib.contextmanager
    def frozen(self):
        """All its processes stand still: connections stay open, and nothing answers."""
        first = int((self.home / "data/postmaster.pid").read_text().split()[0])
        stopped = [first]
        os.kill(first, signal.SIGSTOP)
        for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                if int(entry.read_text().rsplit(")", 1)[1].split()[1]) == first:
                    os.kill(int(entry.parent.name), signal.SIGSTOP)
                    stopped.append(int(entry.parent.name))
        try:
            yield
        finally:
            for process in stopped:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)

    def database(self):
        """The address of a new, empty database."""
        name = f"tributary_{secrets.token_hex(6)}"
        self.sql(f"CREATE DATABASE {name}")
        return f"postgres://tributary@127.0.0.1:{self.port}/{name}"

    def url(self, name="postgres"):
        return f"postgres://tributary@127.0.0.1:{self.port}/{name}"

    def sql(self, text, url=None):
        """What psql prints, without headings."""
        command = [self.bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", text, url or self.url()]
        return subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout.strip()

    def logged(self, words):
        """How often the log holds these words."""
        return self.log_path.read_text(errors="replace").count(words)

    def terminate_all(self):
        """Ends every connection but the one that says so. Gives how many."""
        return int(self.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"))

    def wait_connections(self, at_most, seconds=10):
        """Until no more than so many connections are left, or the time is over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if int(self.sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")) - 1 <= at_most:
                return
            time.sleep(0.1)
