"""Visits through short links, each of which is recorded, against a server that only sends visitors on."""

import contextlib
import subprocess

from kit import instance

from . import cores, measure, tools, wrk
from .processors import Shares

LEAST = 8_000
NGINX = """\
daemon off; pid {home}/nginx.pid; error_log {home}/nginx.log; worker_processes {cores};
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; client_body_temp_path {home}; proxy_temp_path {home}; fastcgi_temp_path {home}; uwsgi_temp_path {home}; scgi_temp_path {home};
  server {{ listen 127.0.0.1:{port}; location / {{ return 302 https://shop.example/?via=p1; }} }}
}}
"""


@contextlib.contextmanager
def nginx(directory):
    port, path = instance.free_port(), directory / "nginx.conf"
    path.write_text(NGINX.format(home=directory, cores=cores(), port=port))
    child = subprocess.Popen([tools.program("nginx"), "-c", str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        instance.wait_until("nginx listens", lambda: instance.listens(port), 10)
        yield child, f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        child.wait()


@measure("visits through short links, against nginx answering 302")
def click(bench):
    with nginx(bench.ground.directory) as (child, url):
        shares = Shares({"nginx": child.pid})
        limit = wrk.run(url, "click", 200, bench.clients, bench.seconds)
        bare = shares.told()
    for kind in bench.kinds:
        with bench.ground.database(kind, bench.small) as database, bench.ground.instance(database, "serve", "--no-worker") as server:
            before = int(bench.ground.query(database, "SELECT count(*) FROM click")[0])
            links = database.shop["partners"]
            shares = Shares({"tributary": server.child.pid} | bench.postgres_share(kind))
            load = wrk.run(server.url, "click", links, bench.clients, bench.seconds)
            told = shares.told()
            recorded = int(bench.ground.query(database, "SELECT count(*) FROM click")[0]) - before
        if recorded < load.count:
            raise SystemExit(f"{load.count} visits were sent on and {recorded} recorded")
        about = {"command": load.command, "shares": f"{told}; nginx' run {bare}"}
        bench.table.add("visits through a short link", kind, load.rate, "visits/s", limit.rate, "nginx 302", least=0.3, **about)
        bench.table.add("visits through a short link", kind, load.rate, "visits/s", least=LEAST)
