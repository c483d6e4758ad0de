"""The unit for systemd: well written, hardened, and no tighter than the program can live with."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from support.missing import missing
from support.notify_socket import notify_socket
from support.program import Program
from support.sales import sale

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "deploy" / "systemd" / "letterkey.service"
PORT_25 = ROOT / "deploy" / "systemd" / "port-25.conf"
ONLY_AS_ROOT = {"fchown"}  # SQLite's, where the tests run as root; the unit has a user
MOST_EXPOSED = 20
"""Tenths: 2.0 of 10 is what systemd calls well protected."""


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze") or missing("systemd-analyze", "systemd")
    return subprocess.run([program, *words], capture_output=True, text=True, check=False)


def unit_in(folder: Path) -> Path:
    """The unit with a program that is there, and its drop-in beside it."""
    unit = folder / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/letterkey/bin/letterkey", sys.executable), "utf-8")
    return unit


def with_port_25(folder: Path) -> Path:
    unit = unit_in(folder)
    (folder / f"{UNIT.name}.d").mkdir()
    shutil.copy(PORT_25, folder / f"{UNIT.name}.d")
    return unit


def value(name: str) -> str:
    (found,) = re.findall(rf"^{name}=(.*)$", UNIT.read_text("utf-8"), re.MULTILINE)
    return str(found)


def test_it_is_well_written(tmp_path: Path) -> None:
    checked = analyze("verify", str(unit_in(tmp_path)))
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("unit", [unit_in, with_port_25])
def test_little_is_exposed(tmp_path: Path, unit: Callable[[Path], Path]) -> None:
    checked = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(unit(tmp_path)))
    assert checked.returncode == 0, checked.stdout


def test_the_backup_s_timer_and_service_are_well_written(tmp_path: Path) -> None:
    for name in ("letterkey-backup.service", "letterkey-backup.timer"):
        text = (UNIT.parent / name).read_text("utf-8").replace("/opt/letterkey/bin/letterkey", sys.executable)
        (tmp_path / name).write_text(text, "utf-8")
    checked = analyze("verify", str(tmp_path / "letterkey-backup.service"), str(tmp_path / "letterkey-backup.timer"))
    assert (checked.returncode, checked.stderr) == (0, "")


@cache
def calls_in(group: str) -> frozenset[str]:
    """The system calls of a group, those of the groups in it too."""
    listed = analyze("syscall-filter", group)
    assert listed.returncode == 0, listed.stderr
    names = [line.strip() for line in listed.stdout.splitlines()[1:] if line.strip() and "# " not in line]
    return frozenset[str]().union(*(calls_in(name) if name.startswith("@") else {name} for name in names))


def allowed_calls() -> frozenset[str]:
    wanted, denied = re.findall(r"^SystemCallFilter=(.*)$", UNIT.read_text("utf-8"), re.MULTILINE)
    refused = denied.removeprefix("~").split()
    return frozenset().union(*map(calls_in, wanted.split())) - frozenset().union(*map(calls_in, refused))


async def test_what_the_program_does_is_allowed(tmp_path: Path) -> None:
    """Traced through a start, a sale and a stop: each system call, and no memory to write and to run."""
    strace, trace = shutil.which("strace") or missing("strace", "strace"), tmp_path / "trace"
    with notify_socket(tmp_path) as supervisor:
        program = Program(
            {
                "LETTERKEY_STATE_DIR": str(tmp_path),
                "LETTERKEY_MAIL__FROM": "Shop <shop@example.org>",
                "LETTERKEY_MAIL__SMTP_URL": "smtp://127.0.0.1:1",
                "LETTERKEY_MAIL__ACCESS_ADDRESS": "access@shop.example",
                "LETTERKEY_INBOUND__SMTP_LISTEN": "127.0.0.1:0",
                "LETTERKEY_BUSINESS__SUPPORT_EMAIL": "help@example.org",
                "NOTIFY_SOCKET": supervisor.address,
            },
            before=(strace, "-D", "-f", "-qq", "-o", str(trace), "-e", "signal=none"),
        )
        async with program.running() as running:
            assert await running.tell([sale(1)]) == ["T-1"]
            await supervisor.hear_of("READY")
            assert await running.stop() == 0
    lines = trace.read_text("utf-8", "replace").splitlines()
    called = {found[1] for line in lines if (found := re.match(r"\d+ +(\w+)\(", line))}
    assert {"sendto", "fdatasync", "listen"} <= called
    assert called - allowed_calls() - ONLY_AS_ROOT == set()
    code = [line for line in lines if re.search(r"\b(mmap|mprotect|pkey_mprotect)\(", line) and "PROT_EXEC" in line]
    assert code
    assert [line for line in code if "mprotect" in line or "PROT_WRITE" in line] == []


def test_it_waits_as_long_as_a_stop_may_take() -> None:
    assert int(value("TimeoutStopSec")) >= 40
    assert value("Type") == "notify"
    assert int(value("WatchdogSec")) >= 60
    assert value("StateDirectory") == "letterkey"
