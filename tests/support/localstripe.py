"""localstripe, a stand-in for Stripe that others wrote, as a process of its own: its API keeps what it is told, and its
webhooks are signed and sent.

It speaks API version 2017-08-15: `invoice.payment_succeeded`, plans instead of prices; it knows neither checkout
sessions nor created[gte] (docs/import.md has the list).
"""

import asyncio
import importlib.util
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from support.missing import missing
from support.ports import free_port

API_KEY = "sk_test_of_the_tests"
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Localstripe:
    """A running one."""

    url: str

    async def make(self, what: str, **fields: object) -> dict[str, Any]:
        """POST /v1/<what>, as Stripe's libraries do; returns the object. Raises AssertionError where it is refused."""
        async with self._session() as session, session.post(f"{self.url}/v1/{what}", json=fields) as answer:
            assert answer.status == 200, f"{what}: {await answer.text()}"
            found: dict[str, Any] = await answer.json()
            return found

    async def get(self, what: str) -> dict[str, Any]:
        """GET /v1/<what>, as it stands there."""
        async with self._session() as session, session.get(f"{self.url}/v1/{what}") as answer:
            assert answer.status == 200, await answer.text()
            found: dict[str, Any] = await answer.json()
            return found

    async def end(self, what: str) -> None:
        """DELETE /v1/<what>."""
        async with self._session() as session, session.delete(f"{self.url}/v1/{what}") as answer:
            assert answer.status == 200, await answer.text()

    async def send_events_to(self, url: str, secret: str) -> None:
        async with (
            self._session() as session,
            session.post(f"{self.url}/_config/webhooks/letterkey", json={"url": url, "secret": secret}) as answer,
        ):
            assert answer.status == 200, await answer.text()

    async def subscribe(self, email: str) -> str:
        """A customer who pays €49 a month from now on: the subscription, by id."""
        await self.make("plans", id="pro", amount=4900, currency="eur", interval="month", product={"name": "Pro"})
        made = await self.make("subscriptions", customer=await self.customer(email), items=[{"plan": "pro"}])
        subscription: str = made["id"]
        return subscription

    async def customer(self, email: str, name: str = "Ada L.") -> str:
        """A customer with a card, by id."""
        made = await self.make("customers", email=email, name=name)
        card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}
        method = await self.make("payment_methods", type="card", card=card)
        await self.make(f"payment_methods/{method['id']}/attach", customer=made["id"])
        settings = {"default_payment_method": method["id"]}
        await self.make(f"customers/{made['id']}", invoice_settings=settings)
        customer: str = made["id"]
        return customer

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(headers={"Authorization": f"Bearer {API_KEY}"})


@asynccontextmanager
async def running_localstripe() -> AsyncIterator[Localstripe]:
    """Started with nothing in it, killed at the end."""
    if importlib.util.find_spec("localstripe") is None:
        missing("localstripe", "nothing, it is a Python package: make .venv/.complete")
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "localstripe", "--from-scratch", "--port", str(port),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        server = Localstripe(f"http://localhost:{port}")
        await _until_up(server, process)
        yield server
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _until_up(server: Localstripe, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
        while process.returncode is None:
            try:
                async with session.get(server.url):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
    raise AssertionError("localstripe ended by itself")
