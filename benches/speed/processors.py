"""Who takes the processors, and how much memory: asked of the system, as a program that measures itself says what it likes."""

import os
import pathlib
import re
import resource
import time

from . import cores

TICK = os.sysconf("SC_CLK_TCK")


def _status(pid):
    """The parent of a process and the seconds that it has run; nothing when it is gone."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return int(fields[1]), (int(fields[11]) + int(fields[12])) / TICK


def family(pid):
    """A process and all below it, each with the seconds that it has run."""
    every = {int(entry.name): status for entry in pathlib.Path("/proc").glob("[0-9]*") if (status := _status(entry.name))}
    found, grown = {pid}, True
    while grown:
        more = {child for child, (parent, _) in every.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return {one: every[one][1] for one in found if one in every}


class Shares:
    """What part of all processors each of some families of processes takes, from now on. What was reaped counts as the generator's."""

    def __init__(self, families):
        self.families = families
        self.began = time.monotonic()
        self.before = {name: family(pid) for name, pid in families.items()}
        self.children = self._generator()

    @staticmethod
    def _generator():
        own, reaped = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        return sum(usage.ru_utime + usage.ru_stime for usage in (own, reaped))

    def told(self):
        whole = (time.monotonic() - self.began) * cores()
        taken = {}
        for name, pid in self.families.items():
            before = self.before[name]
            taken[name] = sum(max(0.0, seconds - before.get(one, 0.0)) for one, seconds in family(pid).items())
        taken["generator"] = self._generator() - self.children
        return f"of {cores()} cores: " + ", ".join(f"{name} {seconds / whole:.0%}" for name, seconds in taken.items())


def memory(pid, what="VmRSS"):
    """Resident memory of a process in MB, now or, with `VmHWM`, at most so far."""
    return int(re.search(rf"{what}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024
