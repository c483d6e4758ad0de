"""The hub server on a real socket with a real database, and what a visitor of it needs."""

import asyncio
import hashlib
import hmac
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

import aiohttp

from support.databases import START, Database
from worker.clock import SECOND, Clock, monotonic, ordered_id, secret_id
from worker.exit.preview import preview as compose_preview
from worker.hub_server import HubServer, running
from worker.mail.message import InlineImage
from worker.metrics import new_metrics
from worker.render.brand import Brand
from worker.render.environment import make_environment
from worker.render.stationery import Stationery
from worker.settings import Keys, Settings
from worker.sources import SOURCES
from worker.store.engine import Tx
from worker.wiring.letters import writer_of
from worker.wiring.policy import access_policy_of, policy_of

API_KEY = "key-of-the-shop-0123456789abcdef"
OLDER_KEY = "key-of-the-old-shop-fedcba9876543210"
STRIPE_SECRET = "whsec_test_secret_of_the_hub"
THRIVECART_SECRET = "TEST0SECRET0WORD"
PATH_SECRET = "a-path-that-nobody-guesses"
DOCUMENT_KEY = "document-key-0123456789abcdef0123456789"
LOGO = b"\x89PNG\r\n\x1a\n and the rest of a picture"
SUPPORT = "hello@harbourandpine.example"
BEARER = {"Authorization": f"Bearer {API_KEY}"}

SETTINGS: Mapping[str, Any] = {
    "base_url": "http://127.0.0.1:8080",
    "api_keys": [OLDER_KEY, API_KEY],
    "hub": {"listen": "127.0.0.1:0"},
    "ops": {"listen": "127.0.0.1:0"},
    "sources": {
        "stripe": {"secrets": ["whsec_test_older_secret", STRIPE_SECRET]},
        "thrivecart": {"secrets": [THRIVECART_SECRET], "path_secret": PATH_SECRET},
    },
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """A client that follows no redirect and keeps no cookie; `hub` and `ops` are the servers' addresses."""

    server: HubServer
    database: Database
    session: aiohttp.ClientSession
    hub: str
    ops: str

    async def get(self, path: str, **options: Any) -> "Answer":
        return await self.ask("GET", path, **options)

    async def ask(self, method: str, path: str, **options: Any) -> "Answer":
        url = path if path.startswith("http") else self.hub + path
        if isinstance(options.get("data"), bytes):
            options["data"] = io.BytesIO(options["data"])  # the client takes large bodies as files only
        async with self.session.request(method, url, allow_redirects=False, **options) as response:
            return Answer(response.status, response.headers, await response.read())

    async def tell(self, said: object, **options: Any) -> "Answer":
        """Send transactions with the shop's key."""
        headers = {**BEARER, "Content-Type": "application/json"}
        return await self.ask("POST", "/api/transactions", data=json.dumps(said), headers=headers, **options)

    async def rows(self, query: str, **values: object) -> list[Any]:
        """What a named query finds."""

        async def body(tx: Tx) -> list[Any]:
            return list(await tx.all(query, **values))

        return await self.database.store.read(body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


_COUNT = count(1 << 60)  # far from the ids of a desk on the same database


def clock_of(database: Database) -> Clock:
    """The database's time, its ids too: in the order of their making, also within one moment."""

    def new_id() -> str:
        return ordered_id(database.clock.now(), next(_COUNT))

    return Clock(database.clock.now, monotonic, new_id, secret_id, asyncio.sleep)


BRAND = Brand(name="Harbour & Pine", logo=InlineImage("logo", "image/png", LOGO, "logo.png"), support_email=SUPPORT)


@cache
def stationery() -> Stationery:
    """Compiling all templates takes longer than most of the tests."""
    return make_environment(brand=BRAND)


def previewing(database: Database, settings: Settings) -> Callable[[str], Awaitable[str | None]]:
    """As a run composes previews, where the settings name a sender."""

    async def preview(mail_id: str) -> str | None:
        keys = Keys(("secret-key-0123456789abcdef0123456789",), (DOCUMENT_KEY,))
        return await compose_preview(database.store, writer_of(settings, keys, stationery(), BRAND), mail_id)

    return preview


def server_on(database: Database, **changes: object) -> HubServer:
    """A hub server for that database; `changes` are top-level settings."""
    settings = Settings.model_validate({**SETTINGS, **changes})
    return HubServer(
        store=database.store,
        clock=clock_of(database),
        settings=settings,
        keys=Keys(("secret-key-0123456789abcdef0123456789",), (DOCUMENT_KEY,)),
        stationery=stationery(),
        brand=BRAND,
        metrics=new_metrics(),
        sources=SOURCES,
        policy=policy_of(settings),
        preview=previewing(database, settings),
        access=access_policy_of(settings),
    )


@asynccontextmanager
async def visiting(server: HubServer, database: Database) -> AsyncIterator[Visitor]:
    """A running server and its visitor."""
    async with running(server) as bound, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        ops = f"http://{bound.ops.host}:{bound.ops.port}" if bound.ops else ""
        yield Visitor(server, database, session, f"http://{bound.hub.host}:{bound.hub.port}", ops)


def signed(body: bytes, at: int = START, secret: str = STRIPE_SECRET) -> dict[str, str]:
    """The headers of a webhook of Stripe's."""
    seconds = at // SECOND
    mac = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={seconds},v1={mac}", "Content-Type": "application/json; charset=utf-8"}


def sale(**changes: object) -> dict[str, Any]:
    """A sale as a shop tells it."""
    said: dict[str, Any] = {
        "id": "T-1042",
        "kind": "sale",
        "occurred_at": "2026-11-22T18:48:00Z",
        "currency": "EUR",
        "total": 5831,
        "customer": {"email": "ada@example.com", "name": "Ada Lindqvist"},
        "lines": [{"description": "Course", "quantity": 1, "unit_amount": 4900, "tax_rate": "19", "tax_amount": 931}],
    }
    return {**said, **changes}
