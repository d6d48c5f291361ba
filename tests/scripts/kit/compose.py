"""docker-compose.yml without Docker: the same commands with the same environment, as processes on this machine."""

import re
import subprocess

import yaml

from . import instance

# Services of others; everything else is Tributary.
STORES = {"postgres", "redis"}


def read(path=instance.ROOT / "docker-compose.yml"):
    return yaml.safe_load(path.read_text())


def image_environment():
    """What the Dockerfile sets: `ENV` with its continued lines."""
    text = (instance.ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return dict(re.findall(r"(\w+)=(\S+)", " ".join(re.findall(r"^ENV (.*)$", text, re.M))))


def filled(text, given):
    """Puts values in the place of `${NAME:-default}` and `${NAME:?message}`."""

    def value(match):
        name, kind, rest = match.groups()
        if given.get(name):
            return given[name]
        if kind == "?":
            raise SystemExit(f"docker-compose.yml wants {name}: {rest}")
        return rest

    return re.sub(r"\$\{(\w+):([-?])([^}]*)\}", value, str(text))


class Composed:
    """The services of Tributary as processes. `given` is what `.env` would hold; `stores` says where the two stores really are."""

    def __init__(self, directory, given, stores, more):
        self.services = {name: service for name, service in read()["services"].items() if name not in STORES}
        self.processes = {}
        for name, service in self.services.items():
            environment = image_environment() | {key: filled(value, given) for key, value in service["environment"].items()}
            # Only what a container would have to itself is different: port, directory, and where the stores are.
            port = instance.free_port() if service["command"][0] == "serve" else None
            environment |= {"TRIBUTARY_DATA_DIR": str(directory), "TRIBUTARY_LISTEN": f"127.0.0.1:{port or 9}"} | stores | more
            environment["TRIBUTARY_WORKER_LISTEN"] = f"127.0.0.1:{instance.free_port()}"
            self.processes[name] = instance.Process(name, service["command"], environment, directory, port)

    def start(self):
        """In the order of `depends_on`: first the job that changes the schema, to its end, then the rest at once."""
        migrate = self.processes.pop("migrate").start(wait=False)
        if migrate.child.wait(120) != 0:
            raise SystemExit(f"migrate ended with {migrate.child.returncode}:\n{migrate.tail()}")
        for process in self.processes.values():
            process.start(wait=False)
        for process in self.servers:
            process.wait_ready()
        return self

    @property
    def servers(self):
        return [process for process in self.processes.values() if process.port]

    @property
    def workers(self):
        return [process for process in self.processes.values() if not process.port]

    def stop(self):
        """Gives the exit status of each."""
        return {name: process.stop() for name, process in self.processes.items()}


def healthcheck(process):
    """The command of the image's health check, run in the environment of a service. Gives the exit status."""
    text = (instance.ROOT / "Dockerfile").read_text()
    words = re.search(r"^HEALTHCHECK .* CMD \[(.*)\]$", text, re.M).group(1)
    arguments = [word.strip(' "') for word in words.split(",")][1:]
    return subprocess.run([instance.binary_once(), *arguments], env=process.environment, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def faults():
    """What is wrong with the file by itself."""
    found, document = [], read()
    helped = subprocess.run([instance.binary_once(), "--help"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
    settings = set(re.findall(r"\[env: (\w+)=?", helped))
    own = {name: service for name, service in document["services"].items() if name not in STORES}
    for name, service in own.items():
        unknown = set(service["environment"]) | set(image_environment())
        found += [f"{name}: {setting} is no setting of Tributary" for setting in sorted(unknown - settings)]
        if service["environment"] != own["migrate"]["environment"]:
            found.append(f"{name}: has another environment than migrate")
        for other in service.get("depends_on", {}):
            found += [f"{name}: depends on {other}, which is not there"] * (other not in document["services"])
    kinds = [tuple(service["command"]) for service in own.values()]
    if sorted(kinds) != [("migrate",), ("serve", "--no-worker"), ("serve", "--no-worker"), ("worker",), ("worker",)]:
        found.append(f"the commands are {kinds}")
    user = re.findall(r"^USER (.*)$", (instance.ROOT / "Dockerfile").read_text(), re.M)
    if not user or user[-1].split(":")[0] in ("root", "0"):
        found.append("the image runs as root")
    return found
