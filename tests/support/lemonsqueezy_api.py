"""A small Lemon Squeezy: a store's customers, orders, invoices and subscriptions, and its webhooks.

It follows Lemon Squeezy's API reference (JSON:API, v1, with the fields of its own library lemonsqueezy.js 4) in what it
takes and answers: bodies and answers are JSON:API's, a list's pages have numbers, the newest first.
"""

import copy
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

KEY = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.of.the.fake"
BEGAN, PERIOD_ENDS = "2026-11-03T10:18:47.000000Z", "2026-12-03T10:18:47.000000Z"
MEDIA = "application/vnd.api+json"
Object = dict[str, Any]


class RefusedError(Exception):
    """An answer with JSON:API's errors."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.error = {"status": str(status), "title": title, "detail": detail}


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    body: Any


@dataclass(eq=False)
class LemonSqueezyApi:
    """What it holds, by type and id, and what it was asked. `trouble` is answered instead, once each."""

    url: str = ""
    objects: dict[str, dict[str, Object]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    trouble: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    events_to: tuple[str, str] | None = None
    per_page: int = 100
    changes: int = 0

    def customer(self, ref: str = "77", **fields: object) -> Object:
        known = {"name": "Ada L.", "email": "ada@example.com", "city": None, "region": None, "country": "GB"}
        return self.keep("customers", ref, known | fields)

    def order(self, ref: str = "11", **fields: object) -> Object:
        """One of €58.31 with 19 % on top."""
        item = {
            "id": 9011, "order_id": int(ref), "product_id": 501, "variant_id": 701, "product_name": "Pro",
            "variant_name": "Monthly", "price": 4900, "quantity": 1, "test_mode": False,
        }  # fmt: skip
        known = sums() | {
            "identifier": f"104e18a2-{ref}", "order_number": 2000 + int(ref), "first_order_item": item,
            "tax_name": "VAT", "tax_rate": "19.00", "urls": {"receipt": f"https://app.example/orders/{ref}"},
        }  # fmt: skip
        return self.keep("orders", ref, known | fields)

    def invoice(self, ref: str = "601", subscription: str = "301", **fields: object) -> Object:
        known = sums() | {
            "subscription_id": int(subscription), "billing_reason": "initial", "card_brand": "visa",
            "card_last_four": "4242", "urls": {"invoice_url": f"https://app.example/invoices/{ref}"},
        }  # fmt: skip
        return self.keep("subscription-invoices", ref, known | fields)

    def subscription(self, ref: str = "301", **fields: object) -> Object:
        known = {
            "customer_id": 77, "order_id": 11, "product_id": 501, "variant_id": 701, "product_name": "Pro",
            "variant_name": "Monthly", "user_name": "Ada L.", "user_email": "ada@example.com", "status": "active",
            "pause": None, "cancelled": False, "trial_ends_at": None, "renews_at": PERIOD_ENDS, "ends_at": None,
            "urls": {"update_payment_method": f"https://shop.example/subscription/{ref}/payment-details?expires=1"},
        }  # fmt: skip
        return self.keep("subscriptions", ref, known | fields)

    def keep(self, kind: str, ref: str, attributes: Object) -> Object:
        common = {"store_id": 1, "created_at": BEGAN, "updated_at": BEGAN, "test_mode": False}
        told: Object = {"type": kind, "id": ref, "attributes": common | attributes}
        self.objects.setdefault(kind, {})[ref] = told
        return told

    async def tell(self, name: str, told: Object) -> int:
        """Send an event as Lemon Squeezy does; returns the status that came back."""
        assert self.events_to is not None
        url, secret = self.events_to
        meta = {"event_name": name, "test_mode": told["attributes"]["test_mode"], "webhook_id": "3f7a2c1e"}
        body = json.dumps({"meta": meta, "data": copy.deepcopy(told)}).encode()
        headers = {
            "X-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
            "X-Event-Name": name,
            "Content-Type": "application/json",
        }
        async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
            return answer.status

    async def answer(self, request: web.Request) -> web.Response:
        raw = await request.read()
        body = json.loads(raw) if raw else None
        self.seen.append(Seen(request.method, request.path, dict(request.query), body))
        headers: dict[str, str] = {}
        try:
            self._let_in(request)
            if self.trouble:
                status, headers = self.trouble.pop(0)
                raise RefusedError(status, "Trouble", "something went wrong")
            answered = await self._done(request, body)
        except RefusedError as refused:
            answered, status = {"jsonapi": {"version": "1.0"}, "errors": [refused.error]}, refused.status
            return web.json_response(answered, status=status, headers=headers, content_type=MEDIA)
        return web.json_response({"jsonapi": {"version": "1.0"}, **answered}, content_type=MEDIA)

    def _let_in(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            raise RefusedError(401, "Unauthorized", "Unauthenticated.")
        if request.headers.get("Accept") != MEDIA or (request.can_read_body and request.content_type != MEDIA):
            raise RefusedError(415, "Unsupported Media Type", f"the media type is {MEDIA}")
        if self.forbidden & set(request.path.split("/")):
            raise RefusedError(403, "Forbidden", "This action is unauthorized.")

    async def _done(self, request: web.Request, body: Any) -> Object:
        match request.method, request.path.split("/")[2:]:
            case "GET", [kind]:
                return self._paged(request, list(self.objects.get(kind, {}).values()))
            case "GET", [kind, ref]:
                return {"data": self._known(kind, ref)}
            case "DELETE", ["subscriptions", ref]:
                told = self._known("subscriptions", ref)
                ends = told["attributes"]["renews_at"]
                await self._changed("subscription_cancelled", told, status="cancelled", cancelled=True, ends_at=ends)
                return {"data": told}
            case "PATCH", ["subscriptions", ref]:
                return {
                    "data": await self._subscription_changed(self._known("subscriptions", ref), self._of(body, ref))
                }
            case "PATCH", ["customers", ref]:
                told, said = self._known("customers", ref), self._of(body, ref)
                if unknown := set(said) - {"name", "email", "city", "region", "country", "status"}:
                    raise RefusedError(422, "Unprocessable Entity", f"The fields {unknown} aren't known.")
                await self._changed("customer_updated", told, **said)
                return {"data": told}
            case _:
                raise RefusedError(404, "Not Found", "The page can not be found.")

    def _known(self, kind: str, ref: str) -> Object:
        if ref not in self.objects.get(kind, {}):
            raise RefusedError(404, "Not Found", f"The related resource {kind} {ref} does not exist.")
        return self.objects[kind][ref]

    def _of(self, body: Any, ref: str) -> Object:
        """The attributes of a JSON:API document about this object."""
        if body["data"]["id"] != ref:
            raise RefusedError(409, "Conflict", "The document's id is another.")
        attributes: Object = body["data"]["attributes"]
        return attributes

    async def _subscription_changed(self, told: Object, said: Object) -> Object:
        known = told["attributes"]
        if known["status"] == "expired":
            raise RefusedError(422, "Unprocessable Entity", "An expired subscription can't be changed.")
        match said:
            case {"cancelled": False}:
                await self._changed("subscription_resumed", told, status="active", cancelled=False, ends_at=None)
            case {"pause": {"mode": "void" | "free"} as pause}:
                await self._changed("subscription_paused", told, status="paused", pause={"resumes_at": None, **pause})
            case {"pause": None}:
                await self._changed("subscription_unpaused", told, status="active", pause=None)
            case _:
                raise RefusedError(422, "Unprocessable Entity", f"can't do {said}")
        return told

    async def _changed(self, event: str, told: Object, **fields: object) -> None:
        self.changes += 1
        told["attributes"] |= fields | {"updated_at": f"2026-11-20T08:00:{self.changes:02d}.000000Z"}
        if self.events_to is not None:
            assert await self.tell(event, told) == 200

    def _paged(self, request: web.Request, listed: list[Object]) -> Object:
        newest, size = listed[::-1], min(self.per_page, int(request.query.get("page[size]", "10")))
        number, last = int(request.query.get("page[number]", "1")), max(1, -(-len(listed) // size))
        page = newest[(number - 1) * size : number * size]
        meta = {"currentPage": number, "lastPage": last, "perPage": size, "total": len(listed)}
        return {"meta": {"page": meta}, "data": page, "links": {}}


def sums() -> Object:
    """What an order of €58.31 and an invoice of it have in common."""
    return {
        "customer_id": 77, "user_name": "Ada L.", "user_email": "ada@example.com", "currency": "EUR", "status": "paid",
        "refunded": False, "refunded_at": None, "refunded_amount": 0, "subtotal": 4900, "discount_total": 0,
        "tax": 931, "tax_inclusive": False, "total": 5831, "total_usd": 6297.48,
    }  # fmt: skip


@asynccontextmanager
async def running_lemonsqueezy_api() -> AsyncIterator[LemonSqueezyApi]:
    """Started with nothing in it."""
    api = LemonSqueezyApi()
    app = web.Application()
    app.router.add_route("*", "/v1/{path:.*}", api.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield api
    finally:
        await runner.cleanup()
