"""What SQLite does without us: one writer, each transaction synchronous, through Python's own module, whose work beside a sync is small."""

import contextlib
import os
import sqlite3
import time


@contextlib.contextmanager
def _opened(path):
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        yield connection


def _rate(seconds, once):
    count, began = 0, time.monotonic()
    while (took := time.monotonic() - began) < seconds:
        once(count)
        count += 1
    return count / took


def inserts(database, body, connection, merchant, seconds):
    """Rows of events in a second, one a transaction, into the inbox of a database."""
    sql = (
        "INSERT INTO inbox_event (id, connection_id, merchant_id, livemode, source, event_id, event_type, api_version, occurred_at, body, status, attempts,"
        " next_attempt_at, received_at) VALUES (?, ?, ?, 1, 'bench', ?, 'invoice.paid', '2024-06-20', ?, ?, 'RECEIVED', 0, ?, ?)"
    )
    now = "2026-01-01 00:00:00+00:00"
    with _opened(database.path) as db:
        return _rate(seconds, lambda n: db.execute(sql, (n.to_bytes(16, "big"), connection, merchant, f"evt_bare{n}", now, body, now, now)))


def tpcb(directory, seconds, accounts=100_000):
    """Transactions in a second of the shape of pgbench's: three rows changed, one read, one added."""
    path = directory / "tpcb.sqlite3"
    with _opened(path) as db:
        db.execute("CREATE TABLE branches (id INTEGER PRIMARY KEY, balance INTEGER)")
        db.execute("CREATE TABLE tellers (id INTEGER PRIMARY KEY, balance INTEGER)")
        db.execute("CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER, filler TEXT)")
        db.execute("CREATE TABLE history (teller INTEGER, branch INTEGER, account INTEGER, delta INTEGER, at TEXT)")
        db.execute("BEGIN")
        db.execute("INSERT INTO branches VALUES (1, 0)")
        db.executemany("INSERT INTO tellers VALUES (?, 0)", ((n,) for n in range(10)))
        db.executemany("INSERT INTO accounts VALUES (?, 0, ?)", ((n, " " * 84) for n in range(accounts)))
        db.execute("COMMIT")

        def once(count):
            account, teller = count * 7919 % accounts, count % 10
            db.execute("BEGIN IMMEDIATE")
            db.execute("UPDATE accounts SET balance = balance + 1 WHERE id = ?", (account,))
            db.execute("SELECT balance FROM accounts WHERE id = ?", (account,)).fetchone()
            db.execute("UPDATE tellers SET balance = balance + 1 WHERE id = ?", (teller,))
            db.execute("UPDATE branches SET balance = balance + 1 WHERE id = 1")
            db.execute("INSERT INTO history VALUES (?, 1, ?, 1, CURRENT_TIMESTAMP)", (teller, account))
            db.execute("COMMIT")

        rate = _rate(seconds, once)
    for file in directory.glob(f"{path.name}*"):
        os.unlink(file)
    return rate
