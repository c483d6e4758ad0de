"""A small Gumroad: a seller's sales, its list of them, and the pings that tell of each.

It follows Gumroad's own source (antiwork/gumroad, in 2025): `Api::V2::SalesController` with its list (`page_key`,
`after`) and its single sales, `Purchase#as_json` of version 2, and `Purchase::PingNotification`.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

TOKEN = "gumroad-token-of-the-fake"
SELLER = "kL0psVL2admJSYRNs-OCMg=="
Object = dict[str, Any]


@dataclass(eq=False)
class GumroadApi:
    """`sales` as the API shows them, newest first; `trouble` are answers that come in the place of the next ones."""

    url: str = ""
    sales: list[Object] = field(default_factory=list)
    trouble: list[int] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    per_page: int = 10

    def sale(self, number: int, **changes: object) -> Object:
        """One more sale, the newest."""
        told: Object = {
            "id": f"Sale{number:03}TXN-dbxYaBdahG9==", "email": f"c{number}@example.com", "seller_id": SELLER,
            "timestamp": "about 1 month ago", "daystamp": "22 Oct 2026 10:01 AM",
            "created_at": f"2026-10-{number % 28 + 1:02}T10:01:03Z", "product_name": "Watercolour for beginners",
            "product_has_variants": False, "price": 2900, "gumroad_fee": 340, "currency": "usd",
            "currency_symbol": "$", "amount_refundable_in_currency": "29", "product_id": "Wk2nGvQ9hY7f0bL3xP1mAw==",
            "partially_refunded": False, "chargedback": False, "purchase_email": f"c{number}@example.com",
            "full_name": f"Buyer {number}", "street_address": "1 High St", "city": "Leeds", "zip_code": "LS1 1AA",
            "country": "United Kingdom", "country_iso2": "GB", "paid": True, "has_variants": False,
            "order_id": 524459900 + number, "purchaser_id": f"55503215028{number}", "is_recurring_billing": False,
            "disputed": False, "dispute_won": False, "is_gift_receiver_purchase": False, "quantity": 1,
            "card": {"visual": "**** **** **** 4242", "type": "visa", "bin": None, "expiry_month": None},
        }  # fmt: skip
        self.sales.insert(0, told | changes)
        return self.sales[0]

    def pinged(self, sale: Object, resource: str = "sale", **changes: object) -> Object:
        """What a ping tells of a sale."""
        same = (
            "seller_id",
            "product_id",
            "product_name",
            "email",
            "price",
            "currency",
            "quantity",
            "card",
            "full_name",
        )
        named = {"order_number": "order_id", "sale_id": "id", "sale_timestamp": "created_at"}
        told = {key: sale[key] for key in (*same, "purchaser_id")} | {key: sale[api] for key, api in named.items()}
        return {**told, "refunded": False, "resource_name": resource, **changes}

    async def post(self, address: str, told: Object) -> int:
        """Post a form as Gumroad does: nested names in brackets, true and false as words."""
        body = urlencode(list(_flat(told))).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(address, data=body, headers=headers) as answer,
        ):
            return answer.status

    async def answer(self, request: web.Request) -> web.Response:
        self.seen.append(request.path_qs)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"error": "The access token is invalid"}, status=401)
        if self.trouble:
            return web.json_response({"status": 500, "error": "later"}, status=self.trouble.pop(0))
        if request.path.startswith("/v2/sales/"):
            asked = request.path.removeprefix("/v2/sales/")
            found = next((each for each in self.sales if each["id"] == asked), None)
            lost = {"success": False, "message": "The sale was not found."}
            return web.json_response(lost if found is None else {"success": True, "sale": found})
        if request.path != "/v2/sales":
            return web.json_response({"success": False, "message": "The subscriber was not found."})
        after = request.query.get("after", "")
        known = [each for each in self.sales if each["created_at"] >= after]
        key = request.query.get("page_key")
        if key is not None and not key.isdigit():
            return web.json_response({"status": 400, "error": "Invalid page_key."}, status=400)
        first = int(key or 0)
        page: Object = {"success": True, "sales": known[first : first + self.per_page]}
        if first + self.per_page < len(known):
            page["next_page_key"] = str(first + self.per_page)
        return web.json_response(page)


@asynccontextmanager
async def running_gumroad_api() -> AsyncIterator[GumroadApi]:
    """Started with nothing in it."""
    api = GumroadApi()
    app = web.Application()
    app.router.add_get("/{any:.*}", api.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield api
    finally:
        await runner.cleanup()


def _flat(told: object, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(told, dict):
        for key, value in told.items():
            yield from _flat(value, f"{name}[{key}]" if name else str(key))
    else:
        yield name, "" if told is None else str(told).lower() if isinstance(told, bool) else str(told)
