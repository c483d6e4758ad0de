"""The measured processes: each side runs in a fresh one, so that neither inherits the other's memory or caches."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.measured import Measured, from_json

_PATIENCE = 60.0
_ROOT = Path(__file__).parent.parent


def step(environment: Mapping[str, str], *arguments: str) -> Measured:
    """Runs `python -m …` to its end; returns the measurement that it prints."""
    return from_json(output(environment, "-m", *arguments).splitlines()[-1])


def output(environment: Mapping[str, str], *arguments: str) -> str:
    """What `python …` prints. Its journal goes into a file, as in earnest, and is shown where it fails."""
    with Path(environment["BENCH_JOURNAL"]).open("w+b") as journal:
        done = subprocess.run(
            [sys.executable, *arguments],
            check=False,
            stdout=subprocess.PIPE,
            stderr=journal,
            env=_whole(environment),
            cwd=_ROOT,
        )
        if done.returncode:
            journal.seek(0)
            sys.exit(f"{' '.join(arguments)} failed:\n{journal.read()[-2000:].decode()}")
    return done.stdout.decode()


@contextmanager
def running(environment: Mapping[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process that runs until the context ends."""
    with Path(environment["BENCH_JOURNAL"]).open("w") as journal:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdout=subprocess.PIPE,
            stderr=journal,
            env=_whole(environment),
            cwd=_ROOT,
            text=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def port_of(process: subprocess.Popen[str]) -> int:
    """The port that a server prints once it listens."""
    assert process.stdout is not None, "it was asked for"
    return int(process.stdout.readline())


def wait_until_ready(port: int, process: subprocess.Popen[str]) -> None:
    """Until `/readyz` answers 200."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz"):
                return
        except OSError:
            time.sleep(0.005)
    sys.exit("letterkey did not become ready")


def knock(environment: Mapping[str, str], port: int, requests: Path) -> dict[str, Any]:
    """Sends these requests; returns the time and how many were refused."""
    found: dict[str, Any] = json.loads(output(environment, "-m", "bench.knocking", str(port), str(requests)))
    return found


def _whole(environment: Mapping[str, str]) -> dict[str, str]:
    # Without its bytecode a program would be compiled anew at each start.
    ours = ("LETTERKEY_", "PYTHONDONTWRITEBYTECODE")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return inherited | dict(environment)
