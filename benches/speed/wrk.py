"""The load generator of everything that is asked over HTTP: wrk, with one thread and as many connections as the limit has clients."""

import dataclasses
import json
import pathlib
import subprocess

from . import tools

LUA = pathlib.Path(__file__).parent / "lua"


@dataclasses.dataclass
class Load:
    """What came out: answers with a good status in a second, and how long they took, in milliseconds."""

    rate: float
    count: int
    p50: float
    p99: float
    command: str


def run(url, script, argument, clients, seconds):
    """Asks for so long with so many connections, each of which asks again when it was answered. Anything but good answers ends the run."""
    # wrk takes one script; what it tells in the end is the same for all.
    command = [tools.program("wrk"), "-t1", f"-c{clients}", f"-d{seconds}s", "-s", str(_joined(script)), url, "--", str(argument)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    told = next((json.loads(line[2:]) for line in done.stdout.splitlines() if line.startswith("@@")), None)
    if done.returncode or not told:
        raise SystemExit(f"wrk failed: {done.stderr.strip() or done.stdout.strip()}")
    if told["refused"] or told["broken"] or told["timeouts"] or not told["requests"]:
        raise SystemExit(f"{url}: of {told['requests']} requests {told['refused']} were refused, {told['broken']} broken, {told['timeouts']} never answered")
    shown = f"wrk -t1 -c{clients} -d{seconds}s -s benches/speed/lua/{script}.lua"
    return Load(told["requests"] * 1e6 / told["micros"], told["requests"], told["p50"] / 1000, told["p99"] / 1000, shown)


def _joined(script):
    joined = tools.scratch() / f"{script}.lua"
    joined.write_text((LUA / f"{script}.lua").read_text() + (LUA / "told.lua").read_text())
    return joined
