"""`letterkey check` in front of set-ups that are broken on purpose: each fault is named, with what to do about it.

The set-up that is well has a real relay, mailbox, DNS zone, proxy with TLS, and a `letterkey run`; a test breaks one
thing. `pytest -s` prints a line for each.
"""

import asyncio
import base64
import io
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, redirect_stdout
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import cast

import asyncpg
import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from support.certificate import Certificate, self_signed
from support.dovecot import PASSWORD, Dovecot
from support.name_server import NameServer, name_server
from support.paypal_api import KEY, running_paypal_api
from support.paypal_chain import WEBHOOK_ID
from support.ports import free_port
from support.postfix import start_postfix
from support.postgres import Postgres
from support.program import PATIENCE, Program
from support.proxy import proxy
from support.scripted_relay import Script, scripted_relay
from support.sink import Sink, SinkRules, running_sink
from worker.actions.make_settings import Wish, make_settings
from worker.checks.names import check_names
from worker.checks.scene import Scene
from worker.clock import system_clock
from worker.commands.check_options import How
from worker.commands.checking import check_all
from worker.core.fresh import Fresh
from worker.mail.dkim import load_dkim_key
from worker.mail.dns_records import dkim_text
from worker.net.dns import Resolver
from worker.net.web_call import calling
from worker.settings import Settings
from worker.store.condition import Condition
from worker.store.opening import open_store

HOST = "purchases.shop.example"
USER, RELAY_PASSWORD = "shop", "right-password"
TLS_SINK = SinkRules(tls="starttls", user=USER, password=RELAY_PASSWORD)


@dataclass(frozen=True)
class Found:
    """What check said, and its exit code."""

    code: int
    findings: list[dict[str, object]]

    def of(self, area: str, what: str = "") -> dict[str, object]:
        """The finding of that area (and of that part of it)."""
        [found] = [each for each in self.findings if each["area"] == area and what in str(each["what"])]
        return found

    def wrong(self) -> list[str]:
        return [f"{each['area']}, {each['what']}" for each in self.findings if each["verdict"] == "wrong"]


@dataclass
class Shop:
    """A set-up that is well until a test breaks it."""

    folder: Path
    stack: AsyncExitStack
    names: NameServer
    sink: Sink
    certificate: Certificate
    key: Path
    settings: dict[str, str]
    program: Program = field(init=False)

    def __post_init__(self) -> None:
        self.program = Program(self.settings)

    @property
    def zone(self) -> dict[tuple[str, str], object]:
        return self.names.zone  # type: ignore[return-value]

    def trust(self, *certificates: Certificate) -> None:
        """These alone: of two with one name OpenSSL would take the first."""
        bundle = self.folder / "trusted.pem"
        bundle.write_text("".join(each.cert_file.read_text() for each in certificates))
        self.settings["SSL_CERT_FILE"] = str(bundle)

    async def relay(self, rules: SinkRules, host: str = "localhost") -> Sink:
        """Another relay than before."""
        sink = await self.stack.enter_async_context(running_sink(rules))
        login = f"{rules.user}:{rules.password}@" if rules.user else ""
        scheme = "smtp+starttls" if rules.tls == "starttls" else "smtp"
        self.settings["LETTERKEY_MAIL__SMTP_URL"] = f"{scheme}://{login}{host}:{sink.port}"
        return sink

    async def runs(self, *, keeps_host: bool = True) -> None:
        """`letterkey run`, and the proxy before it."""
        await self.stack.enter_async_context(self.program.running())
        port = int(self.settings["LETTERKEY_BASE_URL"].rpartition(":")[2])
        await self.stack.enter_async_context(proxy(self.certificate, self.program.url, port, keeps_host=keeps_host))

    async def check(self, *, deep: bool = False, test_receipt: bool = False) -> Found:
        """Without a process of its own, which would take most of the time."""
        how, said = How(deep=deep, test_receipt=test_receipt, json=True), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(said):
            for name, value in self.program.environment.items():
                patch.setenv(name, value)
            code = await check_all(None, how)
        return Found(code, json.loads(said.getvalue())["findings"])

    async def check_by_program(self, *words: str) -> Found:
        """As a merchant's script does."""
        code, out, err = await self.letterkey("check", "--json", *words)
        assert err == "", err
        return Found(code, json.loads(out)["findings"])

    async def letterkey(self, *words: str) -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "worker", *words, env=self.program.environment, cwd=self.folder,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
        return process.returncode or 0, out.decode(), err.decode()


def _zone(dkim: str) -> Mapping[tuple[str, str], list[str]]:
    return {
        (HOST, "A"): ["127.0.0.1"],
        ("shop.example", "TXT"): ["other=1", f"v=spf1 a:{HOST} -all"],
        ("k1._domainkey.shop.example", "TXT"): [dkim],
        ("_dmarc.shop.example", "TXT"): ["v=DMARC1; p=reject"],
        ("shop.example", "MX"): ["10 mail.shop.example."],
    }


@pytest.fixture(scope="module")
def dkim_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("dkim") / "dkim.pem"
    file.write_bytes(_pem())
    return file


def _pem() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.fixture
async def shop(tmp_path: Path, certificate: Certificate, dovecot: Dovecot, dkim_key: Path) -> AsyncIterator[Shop]:
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "proxy").mkdir()
    public = self_signed(tmp_path / "proxy", HOST, 60)
    published = dkim_text(load_dkim_key(dkim_key.read_bytes(), "shop.example", "k1"))
    async with AsyncExitStack() as stack:
        names = await stack.enter_async_context(name_server(_zone(published)))
        settings = {
            "LETTERKEY_STATE_DIR": str(tmp_path / "state"),
            "LETTERKEY_BASE_URL": f"https://{HOST}:{free_port()}",
            "LETTERKEY_BUSINESS__NAME": "Ada",
            "LETTERKEY_BUSINESS__SUPPORT_EMAIL": "help@shop.example",
            "LETTERKEY_MAIL__FROM": "shop@shop.example",
            "LETTERKEY_MAIL__ACCESS_ADDRESS": "access@shop.example",
            "LETTERKEY_MAIL__BOUNCE_ADDRESS": "bounces@shop.example",
            "LETTERKEY_MAIL__DKIM_KEY": str(dkim_key),
            "LETTERKEY_MAIL__DKIM_SELECTOR": "k1",
            "LETTERKEY_INBOUND__IMAP_URL": dovecot.url("check"),
            "LETTERKEY_RECEIPTS__STYLE": "none",
            "LETTERKEY_SOURCES__STRIPE__SECRETS": "whsec_" + "a" * 32,
            "LETTERKEY_SOURCES__STRIPE__ISSUER": "provider",
            "LETTERKEY_DNS__SERVERS": f"127.0.0.1:{names.port}",
        }
        rules = SinkRules(tls="starttls", certificate=certificate, user=USER, password=RELAY_PASSWORD)
        made = Shop(tmp_path, stack, names, Sink(rules), public, dkim_key, settings)
        made.trust(certificate, public)
        made.sink = await made.relay(rules)
        yield made


def tell(broken: str, found: dict[str, object]) -> None:
    print(f"{broken:<36}{found['verdict']:<10}{found['area']}, {found['what']}: {found['text']}")  # noqa: T201
    print(f"{'':<46}→ {found['remedy']}")  # noqa: T201
    for record in found["records"]:  # type: ignore[attr-defined]
        print(f"{'':<48}{record}")  # noqa: T201


def named(broken: str, found: dict[str, object], text: str, remedy: str) -> None:
    """The fault is named, and what to do."""
    tell(broken, found)
    assert text in str(found["text"])
    assert remedy in str(found["remedy"])


async def test_a_set_up_that_is_well(shop: Shop) -> None:
    await shop.runs()
    found = await shop.check_by_program("--deep")
    assert (found.code, found.wrong()) == (0, [])
    rest = [each for each in found.findings if each["verdict"] not in ("works", "not tried")]
    assert [(each["what"], each["verdict"]) for each in rest] == [("sources.stripe.api_key", "look")]
    assert found.of("base_url", "pages")["verdict"] == "works"
    assert found.of("listeners", "hub.listen")["text"] == f"letterkey run answers at 127.0.0.1:{shop.program.port}"
    assert [found.of("DNS", what)["verdict"] for what in ("SPF", "DKIM", "DMARC", "MX of mail.access")] == ["works"] * 4
    assert found.of("relay", "mail.bounce_address")["verdict"] == "works"
    assert shop.sink.mails == []


async def test_before_the_first_start(shop: Shop) -> None:
    """Only what needs a running worker is left untried."""
    found = await shop.check_by_program()
    assert found.wrong() == ["base_url, address"]
    assert "start a proxy there" in str(found.of("base_url")["remedy"])
    assert found.of("listeners", "hub.listen")["verdict"] == "works"
    assert not (shop.folder / "state" / "letterkey.db").exists()
    assert list((shop.folder / "state").iterdir()) == []


async def test_a_wrong_password_at_the_relay(shop: Shop) -> None:
    url = shop.settings["LETTERKEY_MAIL__SMTP_URL"].replace(RELAY_PASSWORD, "wrong-password")
    shop.settings["LETTERKEY_MAIL__SMTP_URL"] = url
    found = await shop.check()
    assert found.code == 1
    named("wrong relay password", found.of("relay", "login"), "refuses shop: 535", "app password")
    assert "wrong-password" not in str(found)


async def test_a_relay_that_is_not_there(shop: Shop) -> None:
    shop.settings["LETTERKEY_MAIL__SMTP_URL"] = f"smtp://127.0.0.1:{free_port()}"
    named("relay unreachable", (await shop.check()).of("relay"), "nobody answers at 127.0.0.1", "firewalls")


@pytest.mark.parametrize(
    ("name", "days", "text", "remedy"),
    [("localhost", -3, "expired", "have localhost renew it"), ("relay.example", 30, "not valid for", "another name")],
)
async def test_a_bad_certificate_at_the_relay(name: str, days: int, text: str, remedy: str, shop: Shop) -> None:
    (shop.folder / "bad").mkdir()
    bad = self_signed(shop.folder / "bad", name, days)
    shop.trust(bad)
    await shop.relay(SinkRules(tls="starttls", certificate=bad, user=USER, password=RELAY_PASSWORD))
    named(f"relay's certificate: {text}", (await shop.check()).of("relay"), text, remedy)


async def test_a_certificate_that_ends_soon(shop: Shop) -> None:
    (shop.folder / "soon").mkdir()
    soon = self_signed(shop.folder / "soon", "localhost", 5)
    shop.trust(soon)
    await shop.relay(SinkRules(tls="starttls", certificate=soon, user=USER, password=RELAY_PASSWORD))
    found = (await shop.check()).of("relay", "certificate")
    assert found["verdict"] == "look"
    named("relay's certificate ends soon", found, "days more", "renew it")


async def test_a_sender_that_the_relay_refuses(shop: Shop) -> None:
    with start_postfix({}, smtpd_sender_restrictions="check_sender_access static:REJECT") as postfix:
        shop.settings["LETTERKEY_MAIL__SMTP_URL"] = postfix.url
        found = await shop.check()
    named("sender refused", found.of("relay", "mail.from"), "Sender address rejected", "confirm the address or domain")
    assert found.of("relay", "mail.bounce_address")["verdict"] == "wrong"


async def test_a_wrong_password_at_the_mailbox(shop: Shop, dovecot: Dovecot) -> None:
    shop.settings["LETTERKEY_INBOUND__IMAP_URL"] = f"imap://check:wrong@127.0.0.1:{dovecot.port}/INBOX"
    named("wrong mailbox password", (await shop.check()).of("mailbox"), "refuses check", "app password or a token")


async def test_a_folder_that_is_not_there(shop: Shop, dovecot: Dovecot) -> None:
    shop.settings["LETTERKEY_INBOUND__IMAP_URL"] = dovecot.url("check").replace("/INBOX", "/Nowhere")
    named("missing folder", (await shop.check()).of("mailbox"), "there is no folder Nowhere", "make it there")


async def test_a_port_that_another_program_has(shop: Shop) -> None:
    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(other, "127.0.0.1", shop.program.port):
        found = (await shop.check()).of("listeners", "hub.listen")
    named("port taken", found, "another program listens", f"ss -ltnp 'sport = :{shop.program.port}'")


async def test_a_port_for_mail_that_another_program_has(shop: Shop) -> None:
    async with running_sink(SinkRules()) as other:
        shop.settings["LETTERKEY_INBOUND__SMTP_LISTEN"] = f"127.0.0.1:{other.port}"
        found = (await shop.check()).of("listeners", "inbound.smtp_listen")
    named("mail port taken", found, "another program listens", "or set inbound.smtp_listen to another")


@pytest.mark.parametrize(
    ("base_url", "text"),
    [("http://127.0.0.1:8080", "is this machine alone"), ("http://purchases.shop.example", "is plain http")],
)
async def test_an_address_that_customers_can_not_use(base_url: str, text: str, shop: Shop) -> None:
    shop.settings["LETTERKEY_BASE_URL"] = base_url
    shop.settings["LETTERKEY_MAIL__SMTP_URL"] = "smtp+starttls://u:p@relay.invalid"
    found = (await shop.check()).of("settings", "letterkey run")
    named(f"base_url {base_url[:21]}", found, text, "https://")


async def test_an_address_that_leads_elsewhere(shop: Shop) -> None:
    await shop.runs()
    port = free_port()
    async with await asyncio.start_server(_hello, "127.0.0.1", 0) as server:
        elsewhere = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with proxy(shop.certificate, elsewhere, port):
            shop.settings["LETTERKEY_BASE_URL"] = f"https://{HOST}:{port}"
            found = (await shop.check()).of("base_url")
    named("base_url leads elsewhere", found, "another server answers", "have the name lead to this machine")


async def _hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
    writer.close()


async def test_a_proxy_that_reaches_nobody(shop: Shop) -> None:
    await shop.runs()
    port = free_port()
    async with proxy(shop.certificate, f"http://127.0.0.1:{free_port()}", port):
        shop.settings["LETTERKEY_BASE_URL"] = f"https://{HOST}:{port}"
        found = (await shop.check()).of("base_url")
    named("proxy reaches nobody", found, "answers 502", "have the proxy pass it on to hub.listen")


async def test_a_proxy_that_hides_the_name(shop: Shop) -> None:
    await shop.runs(keeps_host=False)
    found = (await shop.check()).of("base_url", "pages")
    named("proxy drops Host", found, "hides the name", "proxy_set_header Host $host;")


async def test_a_bad_certificate_at_the_public_address(shop: Shop) -> None:
    (shop.folder / "old").mkdir()
    shop.certificate = self_signed(shop.folder / "old", HOST, -1)
    shop.trust(shop.certificate)
    await shop.runs()
    named("base_url's certificate expired", (await shop.check()).of("base_url"), "expired", f"have {HOST} renew it")


async def test_a_public_name_that_is_not_there(shop: Shop) -> None:
    del shop.zone[HOST, "A"]
    found = (await shop.check()).of("base_url")
    named("base_url's name unknown", found, "isn't found", "publish the address of this machine")


async def test_a_signature_of_another_key(shop: Shop) -> None:
    other = shop.folder / "other.pem"
    other.write_bytes(_pem())
    shop.settings["LETTERKEY_MAIL__DKIM_KEY"] = str(other)
    found = (await shop.check()).of("DNS", "DKIM")
    named("DKIM key mismatch", found, "is of another key", "publish this instead")
    [line] = cast(list[str], found["records"])
    assert dkim_text(load_dkim_key(other.read_bytes(), "shop.example", "k1")) == _text_of(line)


def _text_of(record: str) -> str:
    """What a name server would publish for this line of a zone file."""
    assert record.startswith("k1._domainkey.shop.example. 3600 IN TXT ")
    pieces = record.partition(" TXT ")[2].removeprefix('"').removesuffix('"').split('" "')
    assert all(len(piece) <= 255 for piece in pieces)
    return "".join(pieces)


async def test_a_key_that_can_not_be_read(shop: Shop) -> None:
    broken = shop.folder / "broken.pem"
    broken.write_text("-----BEGIN PRIVATE KEY-----\n")
    shop.settings["LETTERKEY_MAIL__DKIM_KEY"] = str(broken)
    found = (await shop.check()).of("settings", "letterkey run")
    named("DKIM key broken", found, "not an unencrypted private key", "openssl genrsa")


async def test_spf_that_is_missing(shop: Shop) -> None:
    shop.zone["shop.example", "TXT"] = ["other=1"]
    found = (await shop.check()).of("DNS", "SPF")
    named("SPF missing", found, "has no SPF record", "publish this")
    assert found["records"] == [f'shop.example. 3600 IN TXT "v=spf1 a:{HOST} ~all"']


async def test_trying_out_on_one_machine_needs_no_dns(shop: Shop) -> None:
    shop.settings["LETTERKEY_BASE_URL"] = shop.program.url
    found = await shop.check()
    assert (found.of("DNS")["verdict"], found.wrong()) == ("not tried", [])


async def spf(shop: Shop, host: str) -> dict[str, object]:
    """What is said of SPF with a relay elsewhere, which nobody connects to."""
    mail = {"from": "shop@shop.example", "smtp_url": f"smtp+starttls://u:p@{host}"}
    settings = Settings.model_validate({"base_url": f"https://{HOST}", "mail": mail})
    resolver = Resolver([("127.0.0.1", shop.names.port)])
    async with calling() as call:
        scene = Scene(settings, (), Condition(), None, None, system_clock(), call, resolver)
        [found] = [each for each in await check_names(scene) if each.what == "SPF"]
    return asdict(found)


async def test_spf_for_an_address(shop: Shop) -> None:
    shop.zone["shop.example", "TXT"] = []
    assert (await spf(shop, "192.0.2.7"))["records"] == ('shop.example. 3600 IN TXT "v=spf1 ip4:192.0.2.7 ~all"',)
    shop.zone["shop.example", "TXT"] = ["v=spf1 ip4:192.0.2.0/24 -all"]
    assert (await spf(shop, "192.0.2.7"))["verdict"] == "works"


async def test_spf_that_does_not_name_the_relay(shop: Shop) -> None:
    relay = "email-smtp.eu-west-1.amazonaws.com"
    shop.zone["shop.example", "TXT"] = ["v=spf1 include:_spf.other.example -all"]
    found = await spf(shop, relay)
    named("SPF without the relay", found, "doesn't name the relay", "publish this")
    assert found["records"] == (
        'shop.example. 3600 IN TXT "v=spf1 include:_spf.other.example include:amazonses.com -all"',
    )
    shop.zone["_spf.other.example", "TXT"] = ["v=spf1 include:amazonses.com -all"]
    assert (await spf(shop, relay))["verdict"] == "works"
    shop.zone["shop.example", "TXT"] = ["v=spf1 a -all", "v=spf1 mx -all"]
    named("SPF twice", await spf(shop, relay), "has 2 SPF records", "make one of them")


async def test_dmarc_that_is_missing_or_broken(shop: Shop) -> None:
    shop.zone["_dmarc.shop.example", "TXT"] = ["v=DMARC1; p=sometimes"]
    found = (await shop.check()).of("DNS", "DMARC")
    assert found["verdict"] == "wrong"
    named("DMARC broken", found, "can't be understood", "publish this one instead")
    del shop.zone["_dmarc.shop.example", "TXT"]
    found = (await shop.check()).of("DNS", "DMARC")
    named("DMARC missing", found, "has no DMARC record", "publish this")
    assert found["records"] == ['_dmarc.shop.example. 3600 IN TXT "v=DMARC1; p=none"']


async def test_a_domain_that_no_mail_comes_to(shop: Shop) -> None:
    shop.settings["LETTERKEY_INBOUND__SMTP_LISTEN"] = f"127.0.0.1:{free_port()}"
    shop.settings["LETTERKEY_MAIL__ACCESS_ADDRESS"] = "access@mail.shop.example"
    found = (await shop.check()).of("DNS", "mail.access_address")
    named("MX missing", found, "mail.shop.example has no MX record", "publish this")
    assert found["records"] == [f"mail.shop.example. 3600 IN MX 10 {HOST}."]


async def test_no_name_server(shop: Shop) -> None:
    shop.settings["LETTERKEY_DNS__SERVERS"] = f"127.0.0.1:{free_port()}"
    found = (await shop.check()).of("DNS", "SPF")
    assert found["verdict"] == "not tried"
    named("no DNS server", found, "no DNS server tells", "dns.servers")


async def test_a_folder_that_can_not_be_written(shop: Shop) -> None:
    (shop.folder / "file").write_text("")
    shop.settings["LETTERKEY_STATE_DIR"] = str(shop.folder / "file" / "state")
    named("unwritable state_dir", (await shop.check()).of("database", "state_dir"), "is a file", "mkdir -p")


async def test_keys_that_can_not_be_used(shop: Shop) -> None:
    (shop.folder / "state" / "keys.json").write_text("{}")
    found = await shop.check()
    named("damaged keys", found.of("settings", "run"), "holds no usable keys", "restore it from a backup")
    assert found.of("relay", "mail.from")["verdict"] == "works"


async def test_a_damaged_database(shop: Shop) -> None:
    assert (await shop.letterkey("migrate"))[0] == 0
    file = shop.folder / "state" / "letterkey.db"
    content = bytearray(file.read_bytes())
    content[4096 * 3 : 4096 * 9] = b"\x5a" * (4096 * 6)
    file.write_bytes(content)
    found = (await shop.check()).of("database", "sqlite")
    named("damaged database", found, "damaged: ", "restore the last backup")
    assert "\n" not in str(found["text"])


async def test_keys_that_others_may_read(shop: Shop) -> None:
    await shop.stack.enter_async_context(shop.program.running())
    (shop.folder / "state").chmod(0o755)
    (shop.folder / "state" / "letterkey.db").chmod(0o644)
    found = (await shop.check()).of("database", "permissions")
    named("database readable by all", found, "others may read", "chmod 600")


async def test_a_wrong_password_at_the_database(shop: Shop, postgres: Postgres) -> None:
    admin = await asyncpg.connect(postgres.url("postgres"))
    try:
        rules = Path(await admin.fetchval("SHOW hba_file"))
        rules.write_text("host all locked 127.0.0.1/32 scram-sha-256\n" + rules.read_text())
        await admin.execute("CREATE ROLE locked LOGIN PASSWORD 'right'")
        await admin.execute("SELECT pg_reload_conf()")
        url = f"postgresql://locked:wrong@127.0.0.1:{postgres.port}/postgres"
        shop.settings |= {"LETTERKEY_DATABASE_URL": url, "LETTERKEY_SECRET_KEYS": "k" * 32}
        found = (await shop.check()).of("database")
        named("wrong database password", found, "login refused", "user and password in database_url")
        shop.settings["LETTERKEY_DATABASE_URL"] = postgres.url("nowhere")
        named("no such database", (await shop.check()).of("database"), "no such database", "CREATE DATABASE")
    finally:
        await admin.execute("DROP ROLE locked")
        await admin.close()


async def test_a_clock_that_is_wrong(shop: Shop) -> None:
    told = format_datetime(datetime.now(UTC) + timedelta(minutes=10))
    greeting = Script(step="banner", act=f"220 relay.example.org ESMTP Exim 4.96 {told}")
    relay = await shop.stack.enter_async_context(scripted_relay(greeting))
    shop.settings["LETTERKEY_MAIL__SMTP_URL"] = f"smtp://127.0.0.1:{relay.port}"
    named("clock skew", (await shop.check()).of("clock"), "seconds behind the relay", "timedatectl set-ntp true")


@pytest.mark.parametrize(
    ("says", "verdict", "text"),
    [("echo yes", "works", "kept by NTP"), ("echo no", "look", "nothing keeps"), ("exit 1", "not tried", "nobody who")],
)
async def test_a_clock_of_which_only_the_system_tells(says: str, verdict: str, text: str, shop: Shop) -> None:
    program = shop.folder / "timedatectl"
    program.write_text(f"#!/bin/sh\n{says}\n")
    program.chmod(0o755)
    shop.settings["PATH"] = f"{shop.folder}:{os.environ['PATH']}"
    found = (await shop.check()).of("clock")
    assert found["verdict"] == verdict
    assert text in str(found["text"])


async def test_a_database_that_is_well_on_postgresql(shop: Shop, postgres_url: str) -> None:
    shop.settings |= {"LETTERKEY_DATABASE_URL": postgres_url, "LETTERKEY_SECRET_KEYS": "k" * 32}
    assert "the next letterkey run brings them" in str((await shop.check()).of("database")["text"])
    await shop.runs()
    found = await shop.check(deep=True)
    assert (found.code, found.of("database")["verdict"]) == (0, "works")
    assert found.of("base_url", "address")["verdict"] == "works"


async def test_a_setting_that_is_unknown(shop: Shop) -> None:
    shop.settings["LETTERKEY_MAIL__SMPT_URL"] = "smtp://127.0.0.1"
    found = await shop.check()
    assert (found.code, len(found.findings)) == (1, 1)
    named("unknown setting", found.of("settings"), "mail.smpt_url is unknown", "did you mean LETTERKEY_MAIL__SMTP_URL?")


async def test_secrets_of_another_kind(shop: Shop) -> None:
    shop.settings["LETTERKEY_SOURCES__STRIPE__SECRETS"] = "we_1MqQWQ2eZvKYlo2C"
    shop.settings["LETTERKEY_SOURCES__STRIPE__API_KEY"] = "pk_live_51MqQWQ2eZvKYlo2C"
    found = await shop.check()
    named("Stripe endpoint id as secret", found.of("providers", "secrets"), "is the endpoint's id", "whsec_")
    named("publishable key as API key", found.of("providers", "api_key"), "is a publishable key", "rk_")


@pytest.mark.parametrize(
    ("status", "verdict", "text"),
    [
        (200, "works", "lets it read what letterkey import needs"),
        (401, "wrong", "doesn't let it read customers"),
        (500, "not tried", "can't say now"),
    ],
)
async def test_what_the_provider_says_of_a_key(status: int, verdict: str, text: str, shop: Shop) -> None:
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.path, request.headers["Authorization"]))
        found = {"data": [], "has_more": False} if status == 200 else {"error": {"message": "no"}}
        return web.json_response(found, status=status)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with serving(app) as port:
        key = "rk_live_51MqQWQ2eZvKYlo2C"
        shop.settings["LETTERKEY_SOURCES__STRIPE__API_KEY"] = key
        shop.settings["LETTERKEY_SOURCES__STRIPE__API_URL"] = f"http://127.0.0.1:{port}"
        assert (await shop.check()).of("providers", "api_key")["verdict"] == "works"
        assert asked == []
        found = (await shop.check(deep=True)).of("providers", "asked")
    assert found["verdict"] == verdict
    assert text in str(found["text"])
    assert asked[0] == ("/v1/customers", "Basic " + base64.b64encode(f"{key}:".encode()).decode())
    assert key not in str(found)


async def test_a_key_that_logs_in_first_is_tried_as_an_import_uses_it(shop: Shop) -> None:
    async with running_paypal_api() as api:
        shop.settings["LETTERKEY_SOURCES__PAYPAL__SECRETS"] = WEBHOOK_ID
        shop.settings["LETTERKEY_SOURCES__PAYPAL__API_KEY"] = KEY
        shop.settings["LETTERKEY_SOURCES__PAYPAL__API_URL"] = api.url
        works = (await shop.check(deep=True)).of("providers", "paypal.api_key, asked")
        shop.settings["LETTERKEY_SOURCES__PAYPAL__API_KEY"] = "another:secret"
        wrong = (await shop.check(deep=True)).of("providers", "paypal.api_key, asked")
    assert (works["verdict"], wrong["verdict"]) == ("works", "wrong")
    assert [path.partition("?")[0] for _, path, _ in api.seen] == [
        "/v1/reporting/balances",
        "/v1/reporting/transactions",
    ]


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[int]:
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield port
    finally:
        await runner.cleanup()


async def test_an_endpoint_that_nobody_tells_or_hears(shop: Shop) -> None:
    shop.settings["LETTERKEY_ENDPOINTS__CRM__URL"] = f"http://127.0.0.1:{free_port()}/hook"
    shop.settings["LETTERKEY_ENDPOINTS__CRM__SECRETS"] = "whsec_c2hvcnQ="
    found = await shop.check(deep=True)
    [name] = [each for each in found.findings if each["what"] == "endpoints.crm"]
    named("an endpoint of another name", name, "no source is called so", "stripe, api")
    secret = found.of("providers", "endpoints.crm.secrets")
    named("a secret that is too short", secret, "spells a key of 5 bytes", "openssl rand")
    url = found.of("providers", "endpoints.crm.url")
    named("an endpoint that is not there", url, "nobody answers", "correct the address")


async def test_a_test_receipt_goes_out_where_it_is_asked_for(shop: Shop) -> None:
    found = (await shop.check(test_receipt=True)).of("receipt")
    assert (found["verdict"], found["text"]) == ("not tried", "letterkey run isn't running")
    await shop.runs()
    found = (await shop.check(test_receipt=True)).of("receipt")
    assert found["verdict"] == "works"
    [mail] = shop.sink.mails_to("help@shop.example")
    assert "test" in str(mail.message()["Subject"]).lower()


@pytest.mark.parametrize(
    ("days", "text", "remedy"), [(-2, "expired", "renew it"), (3, "days more", "renew it"), (60, "good until", "")]
)
async def test_the_certificate_of_the_mail_door(days: int, text: str, remedy: str, shop: Shop) -> None:
    (shop.folder / "door").mkdir()
    own = self_signed(shop.folder / "door", "mail.shop.example", days)
    shop.settings |= {
        "LETTERKEY_INBOUND__SMTP_LISTEN": f"127.0.0.1:{free_port()}",
        "LETTERKEY_INBOUND__TLS_CERT": str(own.cert_file),
        "LETTERKEY_INBOUND__TLS_KEY": str(own.key_file),
    }
    named(f"mail door's certificate, {days} days", (await shop.check()).of("listeners", "cert"), text, remedy)


async def test_a_key_of_another_certificate(shop: Shop, certificate: Certificate) -> None:
    shop.settings |= {
        "LETTERKEY_INBOUND__SMTP_LISTEN": f"127.0.0.1:{free_port()}",
        "LETTERKEY_INBOUND__TLS_CERT": str(certificate.cert_file),
        "LETTERKEY_INBOUND__TLS_KEY": str(shop.certificate.key_file),
    }
    found = (await shop.check()).of("listeners", "cert")
    named("mail door's key of another", found, "can't be used", "inbound.tls_key its unencrypted key")


async def test_mail_that_goes_to_another_machine(shop: Shop) -> None:
    shop.settings["LETTERKEY_INBOUND__SMTP_LISTEN"] = f"0.0.0.0:{free_port()}"
    shop.zone["mail.shop.example", "A"] = ["192.0.2.7"]
    found = (await shop.check()).of("DNS", "mail.access_address")
    assert found["verdict"] == "look"
    named("MX leads elsewhere", found, "which is another machine", "docs/postfix.md")
    shop.zone["mail.shop.example", "A"] = ["127.0.0.1"]
    assert (await shop.check()).of("DNS", "mail.access_address")["verdict"] == "works"


async def test_invoices_twice(shop: Shop) -> None:
    shop.settings["LETTERKEY_SOURCES__THRIVECART__SECRETS"] = "ABCDEF123456"
    shop.settings["LETTERKEY_SOURCES__THRIVECART__ISSUER"] = "us"
    found = await shop.check()
    named("issuer us at rung 1", found.of("settings", "receipts.style"), "take numbers", 'issuer = "provider"')


async def test_it_looks_again_until_the_records_are_seen(shop: Shop) -> None:
    published = shop.zone.pop(("k1._domainkey.shop.example", "TXT"))
    await shop.runs()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "worker", "check", "--wait", env=shop.program.environment, cwd=shop.folder,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    async with asyncio.timeout(PATIENCE):
        async for line in process.stdout:
            if line.startswith(b"Looks again"):
                shop.zone["k1._domainkey.shop.example", "TXT"] = published
        assert await process.wait() == 0


async def test_what_was_made_in_the_console_counts(shop: Shop) -> None:
    clock = system_clock()
    store = await open_store(f"sqlite:///{shop.folder}/state/letterkey.db", clock.now)
    made = {"receipts.style": "invoice", "receipts.reply_to": "nobody"}
    wish = Wish(made, 0, "ada@shop.example", {})
    await store.write(lambda tx: make_settings(tx, wish, Fresh(clock.now(), clock.new_id, clock.secret_id)))
    await store.close()
    found = await shop.check()
    assert "receipts go out (invoice)" in str(found.of("settings", "read")["text"])
    assert "receipts.reply_to, made there, is left out" in str(found.of("settings", "console")["text"])


EXTRAS = ("dns", "spf", "dkim", "authheaders", "cryptography", "aioimaplib", "asyncpg", "uvloop")


async def test_without_any_extra(shop: Shop) -> None:
    """What is missing is said, with the package; no command needs what it doesn't use."""
    missing = "".join(f"sys.modules['{name}'] = None; " for name in EXTRAS)
    code = f"import sys; {missing}from worker.cli import main; sys.exit(main())"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, "check", "--json", env=shop.program.environment, cwd=shop.folder,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    found = Found(process.returncode or 0, json.loads(out)["findings"])
    named("extra imap missing", found.of("mailbox"), "a library that isn't installed", "letterkey[imap]")
    named("extra dkim missing", found.of("settings", "run"), "needs one more package", "letterkey[dkim]")
    named("extra mailauth missing", found.of("DNS"), "needs more packages", "letterkey[mailauth]")


async def test_words_for_a_person(shop: Shop) -> None:
    """One line each, aligned, without colour in a pipe; records stand alone, to copy."""
    shop.zone["shop.example", "TXT"] = []
    code, out, err = await shop.letterkey("check")
    assert (code, err) == (1, "")
    lines = out.splitlines()
    assert "\x1b" not in out
    assert "✗ wrong      DNS, SPF: shop.example has no SPF record, so mails go to spam" in lines
    assert "             → publish this; where the relay's manual says otherwise, do as it says" in lines
    assert f'shop.example. 3600 IN TXT "v=spf1 a:{HOST} ~all"' in lines
    assert lines[-1].startswith("2 things are wrong.")
    assert RELAY_PASSWORD not in out
    assert PASSWORD not in out
