"""A list of partners with what each has earned and where they take part: against the same SQL without us, and against PostGraphile."""

import contextlib
import http.client
import json
import os
import subprocess

from kit import graphql, instance

from . import cores, measure, pgbench, tools, wrk
from .log import logged
from .processors import Shares

PAGE = 50
LEAST, MOST_MS = 1_000, 50
WITH_SUMS = f"list of {PAGE} partners with sums and enrollments"
PLAIN = f"{{ partners(first: {PAGE}) {{ nodes {{ id name email status createdAt }} pageInfo {{ hasNextPage endCursor }} }} }}"
DOCUMENT = f"{{ partners(first: {PAGE}) {{ nodes {{ id name email status balances {{ pending {{ amount currency }} payable {{ amount currency }} }} enrollments(first: 5) {{ nodes {{ id status createdAt }} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
# The same of PostGraphile, with the sums by a function of ours beside each partner.
THEIRS = """{ allPartners(first: %d, orderBy: [CREATED_AT_DESC, PRIMARY_KEY_DESC], condition: {merchantId: "%s", livemode: true}) { nodes { id name email status
 standing { nodes { pending payable currency } } enrollmentsByPartnerId(first: 5, orderBy: [PRIMARY_KEY_DESC]) { nodes { id status createdAt } } }
 pageInfo { hasNextPage endCursor } } }"""


def request(path, document, **headers):
    body = json.dumps({"query": document}).encode()
    lines = {"Host": "127.0.0.1", "Content-Type": "application/json", "Accept": "application/json", "Content-Length": len(body)} | headers
    return f"POST {path} HTTP/1.1\r\n".encode() + "".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode() + b"\r\n" + body


def asked(bench, url, path, document, **headers):
    """Asks once and gives the answer; then again and again."""
    host, port = url.removeprefix("http://").split(":")
    with contextlib.closing(http.client.HTTPConnection(host, int(port), timeout=30)) as connection:
        connection.request("POST", path, json.dumps({"query": document}), {"content-type": "application/json", "accept": "application/json"} | headers)
        answer = json.loads(connection.getresponse().read())
    if answer.get("errors"):
        raise SystemExit(f"{url}{path}: {str(answer['errors'])[:500]}")
    file = bench.ground.directory / "request"
    file.write_bytes(request(path, document, **headers))
    # The first seconds warm up what has to be compiled or planned once.
    wrk.run(url, "post", file, bench.clients, bench.size(1, 5))
    return answer["data"], lambda: wrk.run(url, "post", file, bench.clients, bench.seconds)


@contextlib.contextmanager
def postgraphile(database):
    """PostGraphile over the database, with a process for each core."""
    home, port = tools.postgraphile(), instance.free_port()
    node = next((str(path) for path in home.glob("node_modules/node-linux-*/bin/node")), "node")
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "NODE_ENV": "production", "GRAPHILE_ENV": "production", "DATABASE_URL": database.url, "PORT": str(port), "PROCESSES": str(cores())}
    child = subprocess.Popen([node, str(home / "serve.mjs")], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment, cwd=home)
    try:
        instance.wait_until("PostGraphile listens", lambda: child.poll() is not None or instance.listens(port), 60)
        yield child, f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        child.wait()


def sums(ours, theirs):
    """Whether both lists tell the same of the same partners, in the same order."""
    one = [(node["name"], sorted((row["pending"]["currency"], int(row["pending"]["amount"])) for row in node["balances"])) for node in ours["partners"]["nodes"]]
    other = [(node["name"], sorted((row["currency"], int(row["pending"])) for row in node["standing"]["nodes"])) for node in theirs["allPartners"]["nodes"]]
    return one == other and len(one) == PAGE and any(rows for _, rows in one)


@measure("a list of 50 partners with sums and enrollments, against its SQL and against PostGraphile")
def listing(bench):
    for kind in bench.kinds:
        with bench.ground.database(kind, bench.small, 1) as database:
            with bench.ground.instance(database, "serve", "--no-worker") as server:
                headers = {"Authorization": f"Bearer {database.shop['apiKey']}"}
                _, again = asked(bench, server.url, "/graphql", PLAIN, **headers)
                shares = Shares({"tributary": server.child.pid} | bench.postgres_share(kind))
                plain, told = again(), shares.told()
                bench.table.add(f"plain list of {PAGE} partners", kind, plain.rate, "lists/s", least=LEAST, command=plain.command, shares=told)
                bench.table.add(f"plain list of {PAGE} partners, p99", kind, plain.p99, "ms", most=MOST_MS)
                ours, again = asked(bench, server.url, "/graphql", DOCUMENT, **headers)
                shares = Shares({"tributary": server.child.pid} | bench.postgres_share(kind))
                load, told = again(), shares.told()
                client = graphql.Client(server.url, database.shop["apiKey"], mode="live")
                with logged(bench.ground, database) if kind == "PostgreSQL" else contextlib.nullcontext([]) as sql:
                    client.ask(DOCUMENT)
            if kind == "SQLite":
                bench.table.add(WITH_SUMS, kind, load.rate, "lists/s", command=load.command, shares=told)
            else:
                _against_sql(bench, database, sql, load, told)
                _against_postgraphile(bench, database, ours, load)


def _against_sql(bench, database, sql, load, told):
    script = ";\n".join(" ".join(one.split()) for one in sql) + ";\n"
    limit, command = pgbench.run(database.url, bench.clients, bench.seconds, script)
    about = {"command": f"{load.command}; {command}", "shares": told}
    bench.table.add(WITH_SUMS, "PostgreSQL", load.rate, "lists/s", limit, f"pgbench, the same {len(sql)} statements,", least=0.5, **about)


def _against_postgraphile(bench, database, ours, load):
    bench.ground.postgres.sql((tools.POSTGRAPHILE / "standing.sql").read_text(), database.url)
    merchant = bench.ground.query(database, "SELECT merchant_id FROM stripe_connection")[0]
    with postgraphile(database) as (child, url):
        theirs, again = asked(bench, url, "/graphql", THEIRS % (PAGE, merchant))
        if not sums(ours, theirs):
            raise SystemExit("PostGraphile tells other sums than we do")
        shares = Shares({"postgraphile": child.pid} | bench.postgres_share("PostgreSQL"))
        other, told = again(), shares.told()
    about = {"command": f"{other.command} against PostGraphile, {cores()} processes", "shares": told}
    bench.table.add(WITH_SUMS, "PostgreSQL", load.rate, "lists/s", other.rate, "PostGraphile", least=3.0, **about)
