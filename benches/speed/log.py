"""What PostgreSQL is asked, by its own log."""

import contextlib
import csv
import re
import secrets

from kit import instance


@contextlib.contextmanager
def logged(ground, database):
    """A list that holds, in the end, what was asked of the database meanwhile: each statement with its values set in."""
    postgres, found = ground.postgres, []
    log = postgres.home / "data/log/statements.csv"
    postgres.sql("ALTER SYSTEM SET log_statement = 'all'")
    postgres.sql("SELECT pg_reload_conf()")
    instance.wait_until("statements are logged", lambda: postgres.sql("SHOW log_statement") == "all", 10)
    began, mark = log.stat().st_size, f"mark_{secrets.token_hex(8)}"
    yield found
    postgres.sql(f"SELECT '{mark}'", database.url)
    instance.wait_until("the log is written", lambda: mark in log.read_bytes()[began:].decode(errors="replace"), 10)
    postgres.sql("ALTER SYSTEM RESET log_statement")
    postgres.sql("SELECT pg_reload_conf()")
    name = database.url.rsplit("/", 1)[1]
    with open(log, newline="") as file:
        file.seek(began)
        for row in csv.reader(file):
            told = re.match(r"(?:execute [^:]*|statement): (.*)", row[13], re.DOTALL) if len(row) > 14 and row[2] == name else None
            if told and mark not in told.group(1) and row[22] != "psql":
                values = dict(re.findall(r"\$(\d+) = ('(?:[^']|'')*'|NULL)", row[14]))
                found.append(re.sub(r"\$(\d+)", lambda place: values.get(place.group(1), place.group(0)), told.group(1)))
