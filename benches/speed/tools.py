"""The programs that measurements need, installed where that can be done, and the folder in which a run writes."""

import functools
import os
import pathlib
import shutil
import subprocess
import tempfile

from kit import cluster, instance

# The Debian package of each.
PACKAGES = {"wrk": "wrk", "nginx": "nginx-light", "npm": "npm", "pgbench": "postgresql", "redis-server": "redis-server"}
POSTGRAPHILE = instance.ROOT / "benches" / "postgraphile"
_scratch = None


def scratch():
    """The folder of this run. Its disk is the one that is measured, so it should not be in memory: `TMPDIR` chooses another."""
    global _scratch
    if _scratch is None:
        _scratch = tempfile.TemporaryDirectory(prefix="tributary-bench-")
    return pathlib.Path(_scratch.name)


def leave():
    if _scratch:
        _scratch.cleanup()


@functools.cache
def program(name):
    """The path of a program, which is installed if it is missing."""
    beside = cluster.programs() / name
    if found := beside if beside.exists() else shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin"):
        return str(found)
    package = PACKAGES[name]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise SystemExit(f"{name} is needed: install it (Debian: apt-get install {package})")
    print(f"installing {package}", flush=True)
    # Nothing that is installed for a measurement shall begin to serve by itself.
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]):
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment)
    program.cache_clear()
    return program(name)


@functools.cache
def postgraphile():
    """The directory in which PostGraphile and the Node.js that it wants are installed."""
    mark, lock = POSTGRAPHILE / "node_modules" / ".package-lock.json", POSTGRAPHILE / "package-lock.json"
    if not mark.exists() or mark.stat().st_mtime < lock.stat().st_mtime:
        command = [program("npm"), "ci", "--prefix", str(POSTGRAPHILE), "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return POSTGRAPHILE


@functools.cache
def built():
    """The programs of ours, by name: those that TRIBUTARY_BIN and TRIBUTARY_REPLAY_BIN name, or a release build made now."""
    if named := os.environ.get("TRIBUTARY_BIN"):
        return {"tributary": named, "replay": os.environ["TRIBUTARY_REPLAY_BIN"]}
    print("building the release binary", flush=True)
    found = instance.built(["--release", "--bin", "tributary", "--bench", "replay"])
    os.environ["TRIBUTARY_BIN"] = found["tributary"]
    return found
