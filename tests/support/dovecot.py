"""A private Dovecot in a temporary folder, on loopback, as root and as a plain user: a real mailbox host for tests.

Its users log in with `PASSWORD`, or with `TOKEN` by XOAUTH2. A proxy in front of it can cut its connections.
"""

import asyncio
import grp
import imaplib
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from support.certificate import Certificate
from support.missing import missing
from support.ports import free_port

PASSWORD = "secret:@words"
TOKEN = "ya29.token-of-the-test"
_PATIENCE = 10.0
_LONG = 60.0  # seconds: for many mails on a loaded machine
_FLAGS = re.compile(rb"FLAGS \(([^)]*)\)")
_TRIES = 3  # a free port may be taken before Dovecot listens on it
_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
instance_name = letterkey-tests
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate.cert_file}
ssl_key = <{certificate.key_file}
ssl_dh =
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 100
first_valid_uid = 1
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={{PLAIN}}{password}
}}
passdb {{
  driver = static
  mechanisms = xoauth2
  args = password={{PLAIN}}{token}
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={folder}/mail/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
}}
service imap-login {{
  chroot =
  process_min_avail = 0
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A running one; every user has a mailbox."""

    port: int
    tls_port: int
    certificate: Certificate

    def url(self, user: str, *, port: int | None = None) -> str:
        """Of the user's INBOX, as a setting has it; `port` is a proxy's."""
        return f"imap://{quote(user)}:{quote(PASSWORD)}@127.0.0.1:{self.port if port is None else port}/INBOX"

    @contextmanager
    def session(self, user: str) -> Iterator[imaplib.IMAP4]:
        """As the user's own mail program."""
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=_PATIENCE) as session:
            session.login(f'"{user}"', PASSWORD)
            yield session

    def deliver(self, user: str, *mails: EmailMessage | bytes, folder: str = "INBOX") -> None:
        """Put mails into a folder, as a mail host does: unread."""
        with self.session(user) as session:
            for mail in mails:
                raw = mail if isinstance(mail, bytes) else mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))
                answer, _ = session.append(folder, "", "", raw)
                assert answer == "OK"

    def mails(self, user: str, folder: str = "INBOX") -> list[tuple[str, bytes]]:
        """What lies in a folder: flags and bytes of each; nothing where there is no such folder."""
        with self.session(user) as session:
            opened, counted = session.select(f'"{folder}"', readonly=True)
            if opened != "OK" or counted == [b"0"]:
                return []
            answer: list[Any] = session.fetch("1:*", "(FLAGS BODY.PEEK[])")[1]
            found = [(_FLAGS.findall(each[0])[0].split(), each[1]) for each in answer if isinstance(each, tuple)]
            return [(" ".join(sorted({*map(bytes.decode, flags)} - {"\\Recent"})), raw) for flags, raw in found]

    def count(self, user: str, folder: str = "INBOX") -> int:
        """How many mails lie in a folder."""
        with self.session(user) as session:
            opened, counted = session.select(f'"{folder}"', readonly=True)
            return int(counted[0] or 0) if opened == "OK" else 0

    async def until(self, user: str, count: int, folder: str = "Letterkey") -> list[tuple[str, bytes]]:
        """What lies in a folder, once it is so much."""
        async with asyncio.timeout(_LONG):
            while await asyncio.to_thread(self.count, user, folder) < count:
                pass
        return await asyncio.to_thread(self.mails, user, folder)


@contextmanager
def start_dovecot(certificate: Certificate, prefix: str = "") -> Iterator[Dovecot]:
    """`prefix` is what own folders' names begin with, as `INBOX.` at some hosts."""
    program = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        missing("Dovecot", "dovecot-imapd")
    folder = Path(tempfile.mkdtemp(prefix="letterkey-dovecot-"))
    try:
        for attempt in range(1, _TRIES + 1):
            dovecot = Dovecot(free_port(), free_port(), certificate)
            _write(folder, dovecot, prefix)
            process = subprocess.Popen(
                [program, "-F", "-c", folder / "dovecot.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            try:
                if _listens(dovecot, process):
                    yield dovecot
                    return
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(_PATIENCE)
            if attempt == _TRIES:
                pytest.fail(f"Dovecot does not start:\n{(folder / 'log').read_text()}", pytrace=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(folder: Path, dovecot: Dovecot, prefix: str) -> None:
    root, me = os.getuid() == 0, pwd.getpwuid(os.getuid()).pw_name
    internal, owner = ("dovecot", pwd.getpwnam("dovecot")) if root else (me, pwd.getpwnam(me))
    for name in ("run", "state", "mail"):
        (folder / name).mkdir(exist_ok=True)
    if root:
        folder.chmod(0o755)
        os.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
    text = _CONFIG.format(
        folder=folder,
        certificate=dovecot.certificate,
        internal=internal,
        internal_group=grp.getgrgid(pwd.getpwnam(internal).pw_gid).gr_name,
        login="dovenull" if root else me,
        owner=owner,
        password=PASSWORD,
        token=TOKEN,
        port=dovecot.port,
        tls_port=dovecot.tls_port,
        prefix=prefix,
        separator="." if prefix else "/",
    )
    (folder / "dovecot.conf").write_text(text)


def _listens(dovecot: Dovecot, process: "subprocess.Popen[bytes]") -> bool:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError, imaplib.IMAP4.error), imaplib.IMAP4("127.0.0.1", dovecot.port, timeout=1):
            return True
        time.sleep(0.02)
    return False


@dataclass(eq=False)
class Proxy:
    """A line to a server that can be cut; `frozen` lets nothing through any more."""

    port: int = 0
    connections: int = 0
    frozen: bool = False
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        """Break every connection, as a network does."""
        for writer in self._writers:
            writer.transport.abort()

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with suppress(OSError):
            while data := await reader.read(65536):
                if not self.frozen:
                    writer.write(data)
                    await writer.drain()
        writer.transport.abort()
        self._writers.discard(writer)


@asynccontextmanager
async def proxy_to(target: int) -> AsyncIterator[Proxy]:
    """A line to that port on loopback."""
    proxy = Proxy()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        proxy.connections += 1
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(proxy.pass_on(reader, far_writer), proxy.pass_on(far_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()
        await server.wait_closed()
