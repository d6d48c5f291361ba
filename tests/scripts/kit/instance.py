"""Processes of Tributary: builds the binary, starts it, waits until it answers, kills it."""

import json
import os
import pathlib
import queue
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]


def binary(name="tributary"):
    """The path of a program: the one that TRIBUTARY_BIN names or one beside it, or one built now."""
    if named := os.environ.get("TRIBUTARY_BIN"):
        return named if name == "tributary" else str(pathlib.Path(named).parent / name)
    command = ["cargo", "build", "--quiet", "--bin", name, "--message-format=json"]
    built = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, text=True)
    artifacts = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    return next(a["executable"] for a in artifacts if a.get("executable") and a["target"]["name"] == name)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def wait_until(what, look, seconds=60, pause=0.05):
    """Looks again and again; gives what was seen, or fails with a sentence."""
    deadline = time.monotonic() + seconds
    while True:
        if seen := look():
            return seen
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {seconds} s in vain: {what}")
        time.sleep(pause)


class Process:
    """One process of Tributary, which can be killed and started again with the same environment."""

    def __init__(self, name, arguments, environment, log_directory, port=None):
        self.name, self.arguments, self.port = name, arguments, port
        # Nothing of the surroundings may set anything.
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("TRIBUTARY_", "DATABASE_URL", "REDIS_URL"))}
        # Nothing is pulled that a script does not ask for.
        self.environment = inherited | {"TRIBUTARY_SYNC": "manual"} | environment
        self.log_path = pathlib.Path(log_directory) / f"{name}.log"
        # What the program is started by, if not directly.
        self.by = []
        self.child = None
        self.starts = 0
        self.lines = queue.Queue()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self, wait=True):
        self.starts += 1
        log = open(self.log_path, "ab")
        self.child = subprocess.Popen(
            [*self.by, binary_once(), *self.arguments], env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, cwd=self.log_path.parent
        )
        threading.Thread(target=self._read, args=(self.child.stdout, log), daemon=True).start()
        if wait and self.port:
            self.wait_ready()
        return self

    def _read(self, pipe, log):
        for line in pipe:
            log.write(line)
            log.flush()
            self.lines.put(line.decode(errors="replace"))
        log.close()

    def wait_ready(self, seconds=60):
        def look():
            if self.child.poll() is not None:
                raise SystemExit(f"{self.name} ended with {self.child.returncode}:\n{self.tail()}")
            return answers(f"{self.url}/health/ready")

        wait_until(f"{self.name} is ready", look, seconds)

    def setup_token(self):
        """The token that the first start prints."""

        def look():
            try:
                found = re.search(r"[Ss]et-up token\s+(\S+)", self.lines.get(timeout=1))
            except queue.Empty:
                return None
            return found and found.group(1)

        return wait_until(f"{self.name} prints a set-up token", look, 10)

    def kill(self):
        """As a power cut would."""
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def stop(self):
        """As an operator would. Gives the exit status."""
        if self.child and self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        return self.child and self.child.returncode

    def tail(self, lines=30):
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])


_binary = None


def binary_once():
    global _binary
    _binary = _binary or binary()
    return _binary
