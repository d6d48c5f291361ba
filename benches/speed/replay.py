"""Counting a long history anew, against a bare read of the rows that it gathers."""

import re
import subprocess

from . import measure, tools


@measure("counting a history anew, against a bare read of its rows")
def replay(bench):
    purchases = bench.size(2_000, 100_000)
    for kind in bench.kinds:
        rates = {}
        if kind == "PostgreSQL":
            bench.ground.postgres.sql("CREATE DATABASE replayed")
            url = bench.ground.postgres.url("replayed")
        else:
            url = f"sqlite://{bench.ground.directory}/replayed.sqlite3"
        for words in (["seed", url, str(purchases)], ["read", url], ["replay", url], ["simulate", url]):
            done = subprocess.run([tools.built()["replay"], *words], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
            told = re.search(r"(\d+) purchases/s\s+at most (\d+) MiB", done.stdout)
            rates[words[0]] = (int(told.group(1)), int(told.group(2)))
        if kind == "PostgreSQL":
            bench.ground.postgres.sql("DROP DATABASE replayed WITH (FORCE)")
        read = rates["read"][0]
        for what, name in (("replay", "counting anew by the terms in force"), ("simulate", "working out other terms")):
            rate, most = rates[what]
            command = f"cargo bench --bench replay -- {what}, {purchases} purchases, at most {most} MiB"
            bench.table.add(name, kind, rate, "purchases/s", read, "bare read", command=command)
