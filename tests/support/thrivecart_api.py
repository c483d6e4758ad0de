"""A small ThriveCart: orders, their subscriptions, and what its public API does to them.

It follows the collection that ThriveCart publishes of its API (of November 2020, as its PHP library 1.0.5 uses it):
paths, form fields, answers and errors.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

KEY = "thrivecart-key-of-the-fake"
ACCOUNT_URL = "https://atelier.thrivecart.com/"
Object = dict[str, Any]
_STATES = {"cancelSubscription": "cancelled", "pauseSubscription": "paused", "resumeSubscription": "active"}
_FROM = {"cancelled": ("active", "paused"), "paused": ("active",), "active": ("paused",)}


@dataclass(eq=False)
class ThriveCartApi:
    """`rows` are the account's transactions, newest first; `per_page` is the most it gives, whatever is asked for."""

    url: str = ""
    rows: list[Object] = field(default_factory=list)
    subscriptions: dict[str, Object] = field(default_factory=dict)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    trouble: list[int] = field(default_factory=list)
    per_page: int = 100

    def transaction(self, kind: str = "charge", **fields: object) -> Object:
        """One more transaction, the newest."""
        row: Object = {
            "event_id": str(446_000 + len(self.rows)), "base_product": "12", "date": "2026-11-22",
            "time": "2026-11-22 18:48:00", "timestamp": 1_795_373_280, "transaction_type": kind,
            "item_type": "product", "item_id": 12, "item_name": "Studio", "amount": 4900, "order_id": "41000556",
            "invoice_id": "000001382", "currency": "USD", "processor": "stripe",
            "customer": {"name": "Tove", "email": "tove@example.com"}, "reference": "product-12-138",
        }  # fmt: skip
        self.rows.insert(0, row | fields)
        return self.rows[0]

    def subscription(self, number: str = "3498819", status: str = "active", **fields: object) -> Object:
        """A subscription of an order."""
        row: Object = {
            "status": status, "order_id": "41000556", "invoice_id": "1382", "subscription_id": number,
            "subscription_reference": "product-12-138", "currency": "USD", "frequency": "month", "amount": "4900",
            "item_name": "Studio", "item_type": "product", "item_id": "12", "next_payment": "2026-12-22 18:48:00",
        }  # fmt: skip
        self.subscriptions[number] = row | fields
        return self.subscriptions[number]

    async def answer(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()} or dict(request.query)
        name = request.path.rpartition("/")[2]
        self.seen.append((name, form))
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            error = {"error": "invalid_token", "error_description": "The access token provided is invalid"}
            return web.json_response(error, status=401)
        if self.trouble:
            return web.json_response({"error": "later"}, status=self.trouble.pop(0))
        status, body = self._done(name, form)
        return web.json_response(body, status=status)

    def _done(self, name: str, form: dict[str, str]) -> tuple[int, Object]:
        match name:
            case "ping":
                return 200, {"account_name": "atelier", "account_url": ACCOUNT_URL, "custom_domain": None}
            case "transactions":
                return 200, self._page(form)
            case "customer":
                return self._customer(form["email"])
            case _ if name in _STATES:
                return self._changed(_STATES[name], form)
            case _:
                return 404, {"error": "not found"}

    def _page(self, form: dict[str, str]) -> Object:
        found = [row for row in self.rows if form.get("query", "") in (row["order_id"], "")]
        size = min(int(form["perPage"]), self.per_page)
        first = (int(form["page"]) - 1) * size
        return {"transactions": found[first : first + size], "meta": {"total": len(found), "results": size}}

    def _customer(self, email: str) -> tuple[int, Object]:
        orders = {row["order_id"] for row in self.rows if row["customer"]["email"] == email}
        if not orders:
            return 404, {"error": "There are no orders associated with this customer."}
        own = [each for each in self.subscriptions.values() if each["order_id"] in orders]
        return 200, {"customer": {"name": "Tove", "email": email}, "purchases": [], "subscriptions": own}

    def _changed(self, state: str, form: dict[str, str]) -> tuple[int, Object]:
        found = self.subscriptions.get(form["subscription_id"])
        if found is None or found["order_id"] != form["order_id"]:
            return 400, {"error": "You do not have permission to access this subscription."}
        if found["status"] not in _FROM[state]:
            return 400, {"error": f"This subscription is {found['status']}."}
        found["status"] = state
        return 200, {"success": True, "message": f"This subscription has been successfully {state}."}


@asynccontextmanager
async def running_thrivecart_api() -> AsyncIterator[ThriveCartApi]:
    """Started with nothing in it."""
    api = ThriveCartApi()
    app = web.Application()
    app.router.add_route("*", "/api/external/{name}", api.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        api.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/external"
        yield api
    finally:
        await runner.cleanup()
