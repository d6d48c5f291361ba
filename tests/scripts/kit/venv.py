"""A Python environment under `target/` with what requirements.txt names, made when it is first needed."""

import hashlib
import os
import pathlib
import subprocess
import sys
import venv

from .instance import ROOT

HOME = ROOT / "target" / "scripts-venv"
REQUIREMENTS = pathlib.Path(__file__).parents[1] / "requirements.txt"


def program(name):
    """The path of a program of the environment."""
    return str(HOME / "bin" / name)


def ensure():
    """Makes the environment, unless it is there with the same requirements."""
    mark, wanted = HOME / "requirements.sha256", hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if not mark.exists() or mark.read_text() != wanted:
        venv.create(HOME, with_pip=True, clear=True)
        subprocess.run([program("pip"), "install", "--quiet", "--requirement", str(REQUIREMENTS)], check=True, stdin=subprocess.DEVNULL)
        mark.write_text(wanted)


def inside():
    """Goes on in the environment: what follows may import what it holds."""
    ensure()
    if pathlib.Path(sys.prefix).resolve() != HOME.resolve():
        os.execv(program("python"), [program("python"), *sys.argv])
