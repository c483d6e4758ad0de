"""TLS at the mail door: no connection stays for ever, none negotiates without end, and certificates can be renewed."""

import asyncio
import os
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from support.certificate import Certificate, self_signed
from support.mail_door import MAIL, Caller, Open, opened
from support.missing import missing
from support.noted import Noted
from worker.net.server_tls import ServerCertificate
from worker.net.smtp_room import MOST_FROM_ONE_PEER


async def until_tls(at: Open) -> Caller:
    caller = await at.call()
    assert b"STARTTLS" in await caller.say(b"EHLO mail.example.com\r\n")
    assert (await caller.say(b"STARTTLS\r\n")).startswith(b"220 ")
    return caller


async def shown_to(at: Open, trusted: Certificate) -> None:
    """A caller who trusts only this certificate brings a mail by TLS."""
    caller = await until_tls(at)
    await caller.writer.start_tls(trusted.client_context(), server_hostname="localhost")
    await caller.until_data()
    assert (await caller.say(MAIL + b".\r\n")).startswith(b"250 ")
    assert (await caller.say(b"QUIT\r\n")).startswith(b"221 ")


async def test_who_vanishes_in_the_handshake_gives_the_place_back(certificate: Certificate) -> None:
    async with opened(tls=certificate.server_context) as at:
        for _ in range(3 * MOST_FROM_ONE_PEER):
            caller = await until_tls(at)
            caller.vanish()
            await asyncio.sleep(0)
        assert await at.served() < 1


async def test_who_says_nothing_in_the_handshake_is_cut_off(certificate: Certificate) -> None:
    async with opened(tls=certificate.server_context, seconds=(0.3, 600)) as at:
        silent = [await until_tls(at) for _ in range(MOST_FROM_ONE_PEER)]
        for caller in silent:
            async with asyncio.timeout(5):
                await caller.reader.read()
        await shown_to(at, certificate)


async def test_tls_is_offered_once(certificate: Certificate) -> None:
    async with opened(tls=certificate.server_context) as at:
        caller = await until_tls(at)
        await caller.writer.start_tls(certificate.client_context(), server_hostname="localhost")
        await caller.say(b"EHLO mail.example.com\r\n")
        assert (await caller.say(b"STARTTLS\r\n")).startswith(b"503 ")
    async with opened() as at:
        caller = await at.call()
        assert b"STARTTLS" not in await caller.say(b"EHLO mail.example.com\r\n")
        assert (await caller.say(b"STARTTLS\r\n")).startswith(b"503 ")


async def test_nobody_renegotiates(certificate: Certificate) -> None:
    openssl = shutil.which("openssl") or missing("openssl", "openssl")
    async with opened(tls=ServerCertificate(certificate.cert_file, certificate.key_file).context) as at:
        client = await asyncio.create_subprocess_exec(
            openssl, "s_client", "-starttls", "smtp", "-tls1_2", "-connect", f"127.0.0.1:{at.port}",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        async with asyncio.timeout(20):
            said, _ = await client.communicate(b"R\n")  # its command for a renegotiation
        assert b"RENEGOTIATING" in said
        assert b"no renegotiation" in said
        await shown_to(at, certificate)


async def test_a_renewed_certificate_is_shown_to_the_next_caller(
    tmp_path: Path, certificate: Certificate, noted: Noted
) -> None:
    held = Certificate(tmp_path / "cert.pem", tmp_path / "key.pem")
    shutil.copy(certificate.cert_file, held.cert_file)
    shutil.copy(certificate.key_file, held.key_file)
    (tmp_path / "new").mkdir()
    new = self_signed(tmp_path / "new")
    async with opened(tls=ServerCertificate(held.cert_file, held.key_file).context) as at:
        await shown_to(at, certificate)
        held.cert_file.write_bytes(b"half a certif")
        await shown_to(at, certificate)
        os.replace(new.cert_file, held.cert_file)  # still with the old key
        await shown_to(at, certificate)
        held.key_file.unlink()
        for _ in range(3):
            await shown_to(at, certificate)
        os.replace(new.key_file, held.key_file)
        await shown_to(at, Certificate(held.cert_file, held.key_file))
    assert noted.whats == ["certificate_refused"] * 3 + ["certificate_renewed"]
    assert len(at.shelf.mails) == 7


def test_a_key_with_a_password_is_refused_and_not_asked_about(tmp_path: Path) -> None:
    made, locked = self_signed(tmp_path), tmp_path / "locked.pem"
    key = load_pem_private_key(made.key_file.read_bytes(), None)
    locked.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))
    with pytest.raises(ssl.SSLError):
        ServerCertificate(made.cert_file, locked)
