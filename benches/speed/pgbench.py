"""What PostgreSQL does without us: pgbench, which comes with it, over the same server."""

import os
import re
import subprocess

from . import tools

# A row of an event as the inbox takes it, one a transaction. Ids grow, as ours do.
INSERT = """\
INSERT INTO inbox_event (id, connection_id, merchant_id, livemode, source, event_id, event_type, account, api_version, occurred_at, body,
 status, attempts, next_attempt_at, received_at)
VALUES (lpad(to_hex(nextval('bench_ids')), 32, '0')::uuid, {connection}, {merchant}, true, {connection}::text, 'evt_' || currval('bench_ids'),
 'invoice.paid', NULL, '2024-06-20', now(), '\\x{body}', 'RECEIVED', 0, now(), now());
"""


def run(url, clients, seconds, script=None, scale=None):
    """Transactions in a second of a script, or of the TPC-B-like one that is built in; and the command."""
    words = ["-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(seconds)]
    if script:
        path = tools.scratch() / "pgbench.sql"
        path.write_text(script)
        words += ["-f", str(path)]
    else:
        _pgbench(["-i", "-q", "-s", str(scale), url])
    told = _pgbench([*words, url])
    failed = re.search(r"number of failed transactions: (\d+)", told)
    if failed and int(failed.group(1)):
        raise SystemExit(f"pgbench: {failed.group(0)}")
    kind = "-f <the script>" if script else f"the built-in TPC-B-like script, scale {scale}"
    return float(re.search(r"tps = ([\d.]+) \(without", told).group(1)), f"pgbench {' '.join(words[:9])}, {kind}"


def _pgbench(words):
    # Programs of ours may be run as root; the server is not.
    done = subprocess.run([tools.program("pgbench"), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"})
    if done.returncode:
        raise SystemExit(f"pgbench failed: {done.stderr.strip()[-500:]}")
    return done.stdout
