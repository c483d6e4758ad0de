"""A private Postfix in a temporary folder: on loopback, with routes and settings that a test gives, gone at the end.

It asks no DNS: each address or domain that it should hand on has a route, such as `smtp:[127.0.0.1]:2525`. Its queue is
looked at every second, so that what is deferred is tried again, or given up, while a test waits.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.missing import missing
from support.ports import free_port

HOSTNAME = "mta.example.net"
"""What it calls itself, and the domain of its own notices."""
_DAEMONS = ("/usr/lib/postfix/sbin", "/usr/libexec/postfix")
_TRIES = 3  # a free port may be taken before Postfix listens on it
_MAIN = {
    "compatibility_level": "3.6",
    "mail_owner": "postfix",
    "setgid_group": "postdrop",
    "inet_interfaces": "127.0.0.1",
    "inet_protocols": "ipv4",
    "mynetworks": "127.0.0.0/8",
    "myhostname": HOSTNAME,
    "mydestination": "",
    "local_recipient_maps": "",
    "alias_maps": "",
    "alias_database": "",
    "smtpd_relay_restrictions": "permit_mynetworks, reject",
    "transport_maps": "regexp:{folder}/routes",
    "disable_dns_lookups": "yes",
    "smtp_host_lookup": "native",
    "smtp_tls_security_level": "may",
    "biff": "no",
    "queue_run_delay": "1s",
    "minimal_backoff_time": "1s",
    "maximal_backoff_time": "1s",
}
_SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Postfix:
    """It listens on 127.0.0.1:port and relays for whoever is on loopback."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        """As a setting names a relay."""
        return f"smtp://127.0.0.1:{self.port}"

    def log(self) -> str:
        """What it logged so far."""
        file = self.folder / "maillog"
        return file.read_text(errors="replace") if file.exists() else ""


@contextmanager
def start_postfix(routes: Mapping[str, str], **settings: str) -> Iterator[Postfix]:
    """`routes` maps regular expressions over recipients to transports; `settings` win over those in `main.cf`."""
    program, daemons = _found()
    folder = Path(tempfile.mkdtemp(prefix="letterkey-postfix-"))
    try:
        folder.chmod(0o755)  # its own user looks for queue and routes here
        for name in ("queue", "data"):
            (folder / name).mkdir()
        shutil.chown(folder / "data", "postfix")
        (folder / "routes").write_text("".join(f"/^{pattern}$/ {route}\n" for pattern, route in routes.items()))
        paths = {
            "queue_directory": f"{folder}/queue",
            "data_directory": f"{folder}/data",
            "daemon_directory": str(daemons),
            "command_directory": str(program.parent),
            "maillog_file": f"{folder}/maillog",
            "maillog_file_prefixes": str(folder),
        }
        main = paths | {name: value.format(folder=folder) for name, value in (_MAIN | settings).items()}
        (folder / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in main.items()))
        postfix = Postfix(_start(program, folder), folder)
        try:
            yield postfix
        finally:
            _run(program, folder, "abort")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _found() -> tuple[Path, Path]:
    """The command and the folder of its daemons."""
    if os.getuid() != 0:
        pytest.skip("Postfix starts only as root")
    program = shutil.which("postfix") or shutil.which("postfix", path="/usr/sbin")
    daemons = next((Path(each) for each in _DAEMONS if (Path(each) / "master").exists()), None)
    if program is None or daemons is None:
        missing("Postfix", "postfix")
    return Path(program), daemons


def _start(program: Path, folder: Path) -> int:
    for attempt in range(1, _TRIES + 1):
        port = free_port()
        (folder / "master.cf").write_text(_SERVICES.format(port=port).lstrip())
        if _run(program, folder, "start") == 0:
            return port
        if attempt == _TRIES:
            pytest.fail(f"Postfix does not start:\n{Postfix(port, folder).log()}", pytrace=False)
    raise AssertionError("unreachable")


def _run(program: Path, folder: Path, command: str) -> int:
    # Output goes to no pipe: its daemons would hold it open for ever.
    done = subprocess.run(
        [program, "-c", folder, command],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return done.returncode
