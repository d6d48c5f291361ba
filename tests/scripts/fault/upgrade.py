"""A change of the schema that is killed half way."""

import random
import secrets
import sqlite3
import subprocess
import time

from kit import instance

from . import fault


class Database:
    """A new database: its address, and its schema as text."""

    def __init__(self, directory, postgres=None):
        self.postgres = postgres
        self.file = directory / f"{secrets.token_hex(4)}.sqlite3"
        self.url = postgres.database() if postgres else f"sqlite://{self.file}"

    def schema(self):
        if self.postgres:
            dump = subprocess.run([self.postgres.bin / "pg_dump", "--schema-only", "--no-owner", self.url], check=True, capture_output=True, text=True).stdout
            # The dump has a word of its own in each run.
            return [line for line in dump.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]
        with sqlite3.connect(self.file) as file:
            # What is said of how rows differ is no schema.
            return sorted(str(row) for row in file.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'"))


def killed(report, directory, make):
    """Kills `migrate` at random moments; a process that does not migrate must say so; then `migrate` goes on to the same schema."""
    dice = random.Random(7)
    secret = secrets.token_hex(32)

    def process(name, words, database, port=None):
        environment = {"TRIBUTARY_DATA_DIR": str(directory), "TRIBUTARY_SECRET": secret, "TRIBUTARY_LOG": "warn", "DATABASE_URL": database.url,
                       "TRIBUTARY_MIGRATE": "false", "TRIBUTARY_STRIPE_API": "http://127.0.0.1:9/", "TRIBUTARY_LISTEN": f"127.0.0.1:{port or 9}"}
        return instance.Process(name, words, environment, directory, port)

    def migrate(database):
        began = time.monotonic()
        one = process("migrate", ["migrate"], database).start(wait=False)
        status = one.child.wait(120)
        report.must(status == 0, f"migrate ended with {status}: {one.tail(3)}")
        return time.monotonic() - began

    whole = make()
    lasts = migrate(whole)
    rounds, half, longest = report.size(3, 20), 0, 0.0
    for _ in range(rounds):
        database = make()
        one = process("migrate", ["migrate"], database).start(wait=False)
        time.sleep(dice.uniform(0.1, 1.0) * lasts)
        one.kill()
        asked = process("early", ["serve"], database, instance.free_port())
        asked.start(wait=False)
        half += truthful(report, asked)
        asked.kill()
        longest = max(longest, migrate(database))
        report.must(database.schema() == whole.schema(), "the schema is another one than that of an undisturbed run")
    report.say(f"{'PostgreSQL' if whole.postgres else 'SQLite'}: {rounds} kills within the {lasts:.1f} s that it takes, {half} of them half way; gone on in {longest:.1f} s at most")


def truthful(report, process):
    """Whether the process found the schema unfinished, and said so."""
    for _ in range(200):
        if process.child.poll() is not None:
            said = process.tail(5)
            report.must("migrate" in said, f"it refused to start and said: {said[-300:]}")
            return True
        if instance.answers(f"{process.url}/health/live"):
            return not instance.answers(f"{process.url}/health/ready")
        time.sleep(0.05)
    report.must(False, "a process on a half changed schema neither listened nor ended")
    return True


@fault("bare", "a migration killed half way: the start refuses or is not ready, and the next one goes on to the same schema", short=False, lasts=5)
def migration_killed(rig, report):
    killed(report, rig.directory, lambda: Database(rig.directory))
    killed(report, rig.directory, lambda: Database(rig.directory, rig.postgres))
