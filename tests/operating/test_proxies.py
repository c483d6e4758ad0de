"""The snippets for nginx and Caddy, walked through with TLS: names, addresses, bodies arrive, tokens stay unlogged."""

import asyncio
import hashlib
import hmac
import io
import json
import os
import re
import sqlite3
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from support.certificate import Certificate
from support.ports import free_port
from support.program import API_KEY, PATIENCE, Program, Running
from support.sales import sale
from support.sink import Sink
from support.unpacked import program_of

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
CLIENT, FORGED = "127.0.0.9", "203.0.113.9"
STRIPE, PATH_SECRET = "whsec_of_the_proxy_test", "path-secret-of-the-proxy-test"
BUYER = "buyer7@example.com"


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy's folder, where it listens, and how it is started."""

    folder: Path
    port: int
    command: tuple[str, ...]

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def logs(self) -> str:
        return "\n".join(file.read_text("utf-8", "replace") for file in sorted(self.folder.glob("*.log")))


def nginx(folder: Path, behind: int, certificate: Certificate) -> Proxy:
    """The snippet with the marked lines changed, within a minimal configuration as Debian's."""
    port, plain = free_port(), free_port()
    text = (DEPLOY / "nginx" / "letterkey.conf").read_text("utf-8")
    for old, new in (
        ("127.0.0.1:8080", f"127.0.0.1:{behind}"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;"),
        ("    listen [::]:80;\n", ""),
        ("    listen [::]:443 ssl http2;\n", ""),
        ("receipts.shop.example;", "localhost;"),
        ("/etc/letsencrypt/live/receipts.shop.example/fullchain.pem", str(certificate.cert_file)),
        ("/etc/letsencrypt/live/receipts.shop.example/privkey.pem", str(certificate.key_file)),
        ("/var/log/nginx", str(folder)),
    ):
        assert old in text, old
        text = text.replace(old, new)
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root; " if os.getuid() == 0 else ""  # the test's folders are closed to others
    whole = folder / "nginx.conf"
    # What Debian's own file has below; its error log would hold requests that came to no server of ours.
    whole.write_text(
        f"{user}daemon off; pid {folder}/pid; error_log {folder}/main.log;\nevents {{}}\nhttp {{\n{places}{text}}}\n"
    )
    command = (program_of("nginx", "nginx"), "-p", str(folder), "-e", f"{folder}/start.log", "-c", str(whole))
    return Proxy(folder, port, command)


def caddy(folder: Path, behind: int, certificate: Certificate) -> Proxy:
    port = free_port()
    text = (DEPLOY / "caddy" / "Caddyfile").read_text("utf-8")
    tls = f"\n\ttls {certificate.cert_file} {certificate.key_file}"
    for old, new in (
        ("127.0.0.1:8080", f"127.0.0.1:{behind}"),
        ("\nreceipts.shop.example {", f"\nhttps://localhost:{port} {{\n\tbind 127.0.0.1{tls}"),
        ("\n{\n\t#", f"\n{{\n\tadmin off\n\tauto_https off\n\tstorage file_system {folder}/storage\n\t#"),
        ("/var/log/caddy", str(folder)),
    ):
        assert old in text, old
        text = text.replace(old, new, 1)
    whole = folder / "Caddyfile"
    whole.write_text(text)
    command = (program_of("caddy", "caddy"), "run", "--adapter", "caddyfile", "--config", str(whole))
    return Proxy(folder, port, command)


KINDS = {"nginx": nginx, "caddy": caddy}


@asynccontextmanager
async def open_proxy(proxy: Proxy) -> AsyncIterator[Proxy]:
    """Once it takes connections; stopped at the end."""
    home = {"HOME": str(proxy.folder), "XDG_DATA_HOME": str(proxy.folder), "XDG_CONFIG_HOME": str(proxy.folder)}
    with (proxy.folder / "errors.log").open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *proxy.command, env={"PATH": os.environ["PATH"], **home}, stdout=errors, stderr=errors
        )
        try:
            async with asyncio.timeout(PATIENCE):
                while not await _answers(proxy.port):
                    assert process.returncode is None, proxy.logs()
            yield proxy
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        await asyncio.sleep(0.02)  # another process's start, which tells nobody
        return False
    writer.close()
    return True


@dataclass(frozen=True, slots=True)
class Street:
    """A shop behind a proxy, and a client who comes from an address of its own and says that it is another."""

    running: Running
    proxy: Proxy
    client: aiohttp.ClientSession
    state_dir: Path

    async def get(self, path: str) -> str:
        async with self.client.get(self.proxy.url + path) as answer:
            assert answer.status == 200, (path, answer.status)
            return await answer.text()

    async def post(self, path: str, **fields: str) -> tuple[int, str]:
        said = {"Origin": self.proxy.url, "Sec-Fetch-Site": "same-origin"}
        async with self.client.post(self.proxy.url + path, data=fields, headers=said, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location", "")


@pytest.fixture(params=KINDS)
async def street(
    request: pytest.FixtureRequest, sink: Sink, tmp_path: Path, certificate: Certificate
) -> AsyncIterator[Street]:
    hub, folder = free_port(), tmp_path / "proxy"
    folder.mkdir(mode=0o755)
    proxy = KINDS[request.param](folder, hub, certificate)
    settings = {
        "LETTERKEY_STATE_DIR": str(tmp_path),
        "LETTERKEY_BASE_URL": proxy.url,
        "LETTERKEY_HUB__TRUSTED_PROXIES": "127.0.0.1",
        "LETTERKEY_MAIL__FROM": "Shop <shop@example.org>",
        "LETTERKEY_MAIL__SMTP_URL": sink.url,
        "LETTERKEY_BUSINESS__SUPPORT_EMAIL": "help@example.org",
        "LETTERKEY_SOURCES__STRIPE__SECRETS": STRIPE,
        "LETTERKEY_SOURCES__STRIPE__PATH_SECRET": PATH_SECRET,
    }
    trust = ssl.create_default_context(cafile=str(certificate.cert_file))
    connector = aiohttp.TCPConnector(ssl=trust, local_addr=(CLIENT, 0))
    forged = {"X-Forwarded-For": FORGED, "X-Forwarded-Host": "evil.example"}
    async with (
        Program(settings, port=hub).running() as running,
        open_proxy(proxy),
        aiohttp.ClientSession(connector=connector, headers=forged) as client,
    ):
        yield Street(running, proxy, client, tmp_path)


async def test_from_a_sale_to_the_hub_and_no_token_in_a_log(street: Street, sink: Sink) -> None:
    await street.running.tell([sale(7)])
    receipt = str((await sink.wait_for(1))[0].message().get_body(("plain",)).get_content())  # type: ignore[union-attr]
    foot, document = found(r"/updateinfo/(\?r=\S+)", receipt), found(r"(/documents/\S+)", receipt)
    assert "€58.31" in await street.get(document)
    page = await street.get(f"/updateinfo/{foot}")
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    status, _ = await street.post("/updateinfo/", **hidden)
    assert status in (200, 303)
    mail = str((await sink.wait_for(2))[1].message().get_body(("plain",)).get_content())  # type: ignore[union-attr]
    link = found(r"(/access/\S+)", mail)
    assert "€58.31" in await street.get(link)
    assert await street.post(link) == (303, "/hub/")
    assert BUYER in await street.get("/hub/")

    spelled = link.replace("/access/", "/%61ccess/")  # the same address to a server
    await street.get(spelled)
    await street.running.stop()
    async with street.client.get(street.proxy.url + link) as answer:
        assert answer.status == 502
    async with street.client.get(street.proxy.url + "/webhooks/stripe/" + PATH_SECRET) as answer:
        assert answer.status == 502

    logs = street.proxy.logs()
    assert "/hub/" in logs
    assert "[masked]" in logs
    tokens = [each.rpartition("/")[2].removeprefix("?r=") for each in (foot, document, link)]
    assert [secret for secret in (*tokens, PATH_SECRET) if secret in logs] == []


async def test_the_client_is_who_came_not_who_it_says_it_is(street: Street) -> None:
    page = await street.get("/updateinfo/")
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    await street.post("/updateinfo/", email="nobody@example.com", **hidden)
    with closing(sqlite3.connect(street.state_dir / "letterkey.db")) as database:
        clients = {row[0].partition("/")[0] for row in database.execute("SELECT client FROM link_requests")}
    assert clients == {CLIENT}


async def test_a_webhook_arrives_as_it_was_sent(street: Street) -> None:
    event = {"id": "evt_1", "object": "event", "type": "ping", "created": int(time.time()), "data": {"object": {}}}
    body = json.dumps(event, indent=3).encode() + b" \r\n\t\xc2\xa0\n "
    signed = hmac.new(STRIPE.encode(), f"{event['created']}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Stripe-Signature": f"t={event['created']},v1={signed}", "Content-Type": "application/json"}
    url = f"{street.proxy.url}/webhooks/stripe/{PATH_SECRET}"
    async with street.client.post(url, data=body, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
    with closing(sqlite3.connect(street.state_dir / "letterkey.db")) as database:
        assert database.execute("SELECT body FROM events").fetchall() == [(body,)]


async def test_bodies_are_as_large_as_ours_may_be(street: Street) -> None:
    sizes, headers = {}, {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"}
    for size in (1024 * 1024, 1024 * 1024 + 1):
        body, url = io.BytesIO(b"x" * size), f"{street.proxy.url}/api/transactions"
        async with street.client.post(url, data=body, headers=headers) as answer:
            sizes[size] = answer.status
    assert sizes == {1024 * 1024: 400, 1024 * 1024 + 1: 413}, "what we take is read, and no JSON"


async def test_it_speaks_http_2(street: Street, certificate: Certificate) -> None:
    trust = ssl.create_default_context(cafile=str(certificate.cert_file))
    trust.set_alpn_protocols(["h2", "http/1.1"])
    _, writer = await asyncio.open_connection("127.0.0.1", street.proxy.port, ssl=trust, server_hostname="localhost")
    spoken = writer.get_extra_info("ssl_object").selected_alpn_protocol()
    writer.transport.abort()
    assert spoken == "h2"


def found(pattern: str, text: str) -> str:
    (first, *_) = re.findall(pattern, text)
    return str(first)
