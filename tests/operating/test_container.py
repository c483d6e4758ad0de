"""The container: what its files say, and its steps carried out as the Dockerfile writes them."""

import asyncio
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.missing import missing
from support.ports import free_port
from support.program import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "deploy" / "docker"
NOBODY = 10001


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, its continued lines joined."""
    text = re.sub(r"^#.*\n", "", (DOCKER / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [(word, rest.strip()) for line in lines if line.strip() for word, _, rest in [line.partition(" ")]]


def pinned(file: Path) -> set[str]:
    """Each package with its version and hashes, as one line."""
    text = re.sub(r"\s*\\\n\s*", " ", file.read_text("utf-8"))
    return {line for line in text.splitlines() if "==" in line}


def test_it_installs_what_is_locked() -> None:
    program, everything = pinned(DOCKER / "requirements.lock"), pinned(ROOT / "requirements.lock")
    bare = {line.split(" --hash")[0].split(" ;")[0] for line in everything}
    hashes = {line.split("==")[0]: set(re.findall(r"sha256:\w+", line)) for line in everything}
    assert {line.split(" --hash")[0].split(" ;")[0] for line in program} <= bare
    assert all(set(re.findall(r"sha256:\w+", line)) == hashes[line.split("==")[0]] for line in program)
    names = {line.split("==")[0] for line in program}
    assert {"aiohttp", "asyncpg", "aioimaplib", "cryptography", "uvloop"} <= names
    assert {"pytest", "mypy", "playwright", "hypothesis"} & names == set(), "tools stay outside"


def test_it_is_nobody_special_and_says_how_it_is() -> None:
    last = dict(instructions())
    assert last["USER"] == f"{NOBODY}:{NOBODY}"
    assert last["HEALTHCHECK"].endswith('CMD ["letterkey", "healthy"]')
    assert (last["ENTRYPOINT"], last["CMD"]) == ('["letterkey"]', '["run"]')
    bases = [rest for word, rest in instructions() if word == "FROM"]
    assert all(re.fullmatch(r"python:\$\{PYTHON\}-slim( AS build)?", base) for base in bases), "a plain name, no host"


def test_what_it_copies_is_there_and_let_in() -> None:
    let_in = re.findall(r"^!(.+)$", (DOCKER / "Dockerfile.dockerignore").read_text("utf-8"), re.MULTILINE)
    for word, rest in instructions():
        if word == "COPY" and not rest.startswith("--from"):
            source = rest.split()[0]
            assert (ROOT / source).exists()
            assert any(source == each or source.startswith(f"{each}/") for each in let_in)


def test_the_compose_file_keeps_it_small_and_gives_it_time_to_stop() -> None:
    text = (DOCKER / "compose.yaml").read_text("utf-8")
    ours = text.partition("  letterkey:")[2].partition("\n  database:")[0]
    for line in ("read_only: true", "stop_grace_period: 60s", "- ALL", "- no-new-privileges:true", "required: false"):
        assert line in ours
    assert "- 127.0.0.1:8080:8080" in ours, "the proxy's alone"
    assert "--locale=C --encoding=UTF8" in text.partition("\n  database:")[2]
    assert re.findall(r"image: (\S+)", text) == ["letterkey", "postgres:17"]


@dataclass(frozen=True, slots=True)
class Container:
    """What the Dockerfile's steps left in a folder of ours, and the environment that it sets."""

    root: Path
    environment: dict[str, str]

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        """As its user, on code that it can't write."""
        return await asyncio.create_subprocess_exec(
            "setpriv", *as_nobody(), "letterkey", *words,
            env=self.environment, cwd=self.root / "etc/letterkey", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    async def said(self, *words: str) -> tuple[int, str]:
        process = await self.start(*words)
        out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
        return process.returncode or 0, out.decode()


@pytest.fixture(scope="module")
def container() -> Iterator[Container]:
    root = Path(tempfile.mkdtemp(prefix="letterkey-container-"))  # pytest's own folders are closed to other users
    root.chmod(0o755)
    (root / "python").write_text(f'#!/bin/sh\nexec {base_python()} "$@"\n')
    (root / "python").chmod(0o755)
    environment, workdir = {"PATH": f"{root}:{os.environ['PATH']}"}, root
    for word, rest in instructions():
        told = re.sub(r"(?<![\w.}/-])/(opt|tmp|var|etc)\b", rf"{root}/\1", rest)
        if word == "RUN":
            subprocess.run(["sh", "-euc", told], env={**environment, **network()}, check=True, cwd=workdir)
        elif word == "COPY" and not told.startswith("--from"):
            source, target = told.split()
            (root / target).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
            copy(ROOT / source, target)
        elif word == "ENV":
            pairs = (pair.split("=", 1) for pair in shlex.split(told))
            environment |= {name: value.replace("$PATH", environment["PATH"]) for name, value in pairs}
        elif word == "WORKDIR":
            workdir = Path(told)
            workdir.mkdir(parents=True)
    subprocess.run(["chmod", "-R", "a-w", str(root / "opt")], check=True)
    yield Container(root, environment)
    subprocess.run(["chmod", "-R", "u+w", str(root)], check=True)
    shutil.rmtree(root)


def as_nobody() -> tuple[str, ...]:
    if os.getuid() != 0:
        return ("--no-new-privs",)
    return (f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs", "--bounding-set=-all")


def base_python() -> str:
    """A Python that everybody on this machine may run, as the one in the base image is."""
    for python in ("/usr/local/bin/python3", "/usr/bin/python3", os.path.realpath(sys.executable)):
        if Path(python).exists() and usable(python):
            return python
    return missing("a Python that others than its owner may run", "python3-venv")


def usable(python: str) -> bool:
    asked = "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))"
    return (
        subprocess.run(["setpriv", *as_nobody(), python, "-c", asked], capture_output=True, check=False).returncode == 0
    )


def network() -> dict[str, str]:
    """How this machine's pip finds packages."""
    return {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "HTTP", "http"))}


@pytest.mark.long
async def test_the_steps_make_a_program_that_runs_and_is_healthy(container: Container) -> None:
    assert await container.said("--version") == (0, "letterkey 0.1.0\n")
    hub, ops = free_port(), free_port()
    container.environment.update(
        LETTERKEY_HUB__LISTEN=f"127.0.0.1:{hub}",
        LETTERKEY_OPS__LISTEN=f"0.0.0.0:{ops}",
        LETTERKEY_MAIL__FROM="Shop <shop@example.org>",
        LETTERKEY_MAIL__SMTP_URL="smtp://127.0.0.1:1",
        LETTERKEY_BUSINESS__SUPPORT_EMAIL="help@example.org",
        LETTERKEY_DATABASE_URL="",  # as the compose file hands over what is not set
        LETTERKEY_SECRET_KEYS="",
    )
    assert (await container.said("healthy"))[0] == 1
    process = await container.start("run")
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        async for line in process.stdout:
            if b'"listening"' in line:
                break
        while (await container.said("healthy"))[0] != 0:
            assert process.returncode is None
    process.terminate()
    out = (await process.communicate())[0].decode()
    assert process.returncode == 0
    assert '"unexpected"' not in out
    assert {file.name for file in (container.root / "var/lib/letterkey").iterdir()} >= {"letterkey.db", "keys.json"}
