"""A small Paddle: customers, addresses, transactions and subscriptions that keep what they are told, and its webhooks.

It follows Paddle's OpenAPI document for API version 1 (`v1/openapi.yaml` in its repository paddle-openapi) in what it
takes and answers, and its pages of errors in what it refuses: one scheduled change locks the next, an address of an
email that is taken, keys that have no right.
"""

import copy
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from support.paddle_entities import BEGAN, PERIOD_ENDS, Object, price, product, sold

KEY = "pdl_live_apikey_01kc_of_the_fake"
SANDBOX_KEY = "pdl_sdbx_apikey_01kc_of_the_fake"


class RefusedError(Exception):
    """An answer with Paddle's error object."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.error = {"type": "request_error", "code": code, "detail": detail, "documentation_url": ""}


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    body: Any


@dataclass(eq=False)
class PaddleApi:
    """What it holds, and what it was asked. `trouble` is answered instead, once each: status and headers."""

    url: str = ""
    customers: dict[str, Object] = field(default_factory=dict)
    addresses: dict[str, Object] = field(default_factory=dict)
    transactions: dict[str, Object] = field(default_factory=dict)
    subscriptions: dict[str, Object] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    trouble: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    events_to: tuple[str, str] | None = None
    per_page: int = 30
    changes: int = 0

    def customer(self, ref: str = "ctm_1", **fields: object) -> str:
        self.customers[ref] = {
            "id": ref, "name": "Ada L.", "email": "ada@example.com", "marketing_consent": False, "status": "active",
            "custom_data": None, "locale": "en", "created_at": BEGAN, "updated_at": BEGAN, "import_meta": None,
        } | fields  # fmt: skip
        return ref

    def address(self, ref: str = "add_1", customer: str = "ctm_1", **fields: object) -> str:
        self.addresses[ref] = {
            "id": ref, "customer_id": customer, "description": None, "first_line": "1 High St", "second_line": None,
            "city": "Leeds", "postal_code": "LS1 1AA", "region": None, "country_code": "GB", "custom_data": None,
            "status": "active", "created_at": BEGAN, "updated_at": BEGAN, "import_meta": None,
        } | fields  # fmt: skip
        return ref

    def subscription(self, ref: str = "sub_1", customer: str = "ctm_1", **fields: object) -> str:
        item = {
            "price": price(), "product": product(), "status": "active", "quantity": 1, "recurring": True,
            "created_at": BEGAN, "updated_at": BEGAN, "next_billed_at": PERIOD_ENDS, "previously_billed_at": BEGAN,
            "trial_dates": None,
        }  # fmt: skip
        self.subscriptions[ref] = {
            "id": ref, "status": "active", "customer_id": customer, "address_id": "add_1", "business_id": None,
            "currency_code": "EUR", "created_at": BEGAN, "updated_at": BEGAN, "started_at": BEGAN,
            "first_billed_at": BEGAN, "next_billed_at": PERIOD_ENDS, "paused_at": None, "canceled_at": None,
            "discount": None, "collection_mode": "automatic", "billing_details": None, "scheduled_change": None,
            "current_billing_period": {"starts_at": BEGAN, "ends_at": PERIOD_ENDS}, "items": [item],
            "billing_cycle": {"interval": "month", "frequency": 1}, "custom_data": None, "import_meta": None,
            "management_urls": {"update_payment_method": f"{self.url}/portal/{ref}", "cancel": None},
        } | fields  # fmt: skip
        return ref

    def transaction(self, ref: str = "txn_1", customer: str = "ctm_1", **fields: object) -> Object:
        """A completed one, with the sum of a month."""
        self.transactions[ref] = sold(ref, customer) | fields
        return self.transactions[ref]

    def refund(self, ref: str, transaction: str, total: int, status: str = "approved") -> Object:
        """An adjustment, listed with its transaction."""
        sale = self.transactions[transaction]
        adjustment = {
            "id": ref, "action": "refund", "type": "partial", "reason": "requested_by_customer", "status": status,
            "transaction_id": transaction, "customer_id": sale["customer_id"], "currency_code": sale["currency_code"],
            "subscription_id": sale["subscription_id"], "items": [],
            "created_at": PERIOD_ENDS, "updated_at": PERIOD_ENDS,
            "totals": {"subtotal": str(total), "tax": "0", "total": str(total), "fee": "0", "earnings": "0",
                       "currency_code": sale["currency_code"]},
        }  # fmt: skip
        sale.setdefault("adjustments", []).append(adjustment)
        return adjustment

    async def tell(self, name: str, told: Object, *, url: str | None = None) -> int:
        """Send an event as Paddle does, with what the API alone adds left out; returns the status that came back."""
        assert self.events_to is not None
        to, secret = self.events_to
        only_api = ("management_urls", "adjustments", "address", "business")
        self.changes += 1
        event = {
            "event_id": f"evt_{self.changes:026d}", "event_type": name, "notification_id": f"ntf_{self.changes:026d}",
            "occurred_at": told["updated_at"],
            "data": {key: copy.deepcopy(value) for key, value in told.items() if key not in only_api},
        }  # fmt: skip
        body, at = json.dumps(event).encode(), int(time.time())
        mac = hmac.new(secret.encode(), f"{at}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {"Paddle-Signature": f"ts={at};h1={mac}", "Content-Type": "application/json"}
        async with aiohttp.ClientSession() as session, session.post(url or to, data=body, headers=headers) as answer:
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
                raise RefusedError(status, "internal_error", "something went wrong")
            status, data = await self._done(request, body)
        except RefusedError as refused:
            told = {"error": refused.error, "meta": {"request_id": "00000000-0000-0000-0000-000000000000"}}
            return web.json_response(told, status=refused.status, headers=headers)
        if isinstance(data, list):
            return web.json_response(self._paged(request, data))
        return web.json_response({"data": data, "meta": {"request_id": "1"}}, status=status)

    def _let_in(self, request: web.Request) -> None:
        if request.headers.get("Authorization") not in (f"Bearer {KEY}", f"Bearer {SANDBOX_KEY}"):
            raise RefusedError(
                401, "authentication_missing", "Authentication header included, but incorrectly formatted"
            )
        if request.headers.get("Paddle-Version") != "1":
            raise RefusedError(400, "bad_request", "an unknown version")
        if self.forbidden & set(request.path.split("/")):
            raise RefusedError(403, "forbidden", "You aren't permitted to perform this request")

    async def _done(self, request: web.Request, body: Any) -> tuple[int, Object | list[Object]]:
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["customers"]:
                return 200, list(self.customers.values())
            case "GET", ["transactions"]:
                return 200, self._transactions(request)
            case "GET", ["subscriptions"]:
                return 200, list(self.subscriptions.values())
            case "GET", ["customers", ref]:
                return 200, self._known(self.customers, ref, "Customer")
            case "PATCH", ["customers", ref]:
                return 200, await self._customer_changed(self._known(self.customers, ref, "Customer"), body)
            case "GET", ["customers", ref, "addresses"]:
                return 200, [each for each in self.addresses.values() if each["customer_id"] == ref]
            case "PATCH", ["customers", ref, "addresses", address]:
                return 200, self._changed(self._known(self.addresses, address, "Address"), body)
            case "POST", ["customers", ref, "portal-sessions"]:
                return 201, self._portal(self._known(self.customers, ref, "Customer"), body)
            case "GET", ["subscriptions", ref]:
                return 200, self._known(self.subscriptions, ref, "Subscription")
            case (("PATCH" | "POST"), ["subscriptions", ref, *doing]):
                told = self._known(self.subscriptions, ref, "Subscription")
                return 200, await self._subscription_changed(told, doing, body)
            case _:
                raise RefusedError(404, "invalid_url", f"no such url: {request.path}")

    def _known(self, objects: dict[str, Object], ref: str, what: str) -> Object:
        if ref not in objects:
            raise RefusedError(404, "not_found", f"{what} {ref} not found")
        return objects[ref]

    def _changed(self, told: Object, fields: Object) -> Object:
        self.changes += 1
        told.update(fields, updated_at=f"2026-11-20T08:00:00.{self.changes:06d}Z")
        return told

    async def _customer_changed(self, told: Object, body: Object) -> Object:
        if unknown := set(body) - {"name", "email", "locale", "status", "custom_data", "marketing_consent"}:
            raise RefusedError(400, "bad_request", f"unknown fields: {', '.join(sorted(unknown))}")
        if any(each is not told and each["email"] == body.get("email") for each in self.customers.values()):
            raise RefusedError(409, "customer_already_exists", "customer email conflicts with another customer")
        await self._tells("customer.updated", self._changed(told, body))
        return told

    def _portal(self, customer: Object, body: Object) -> Object:
        page = f"{self.url}/portal/{customer['id']}?token=pga_1"
        of = [
            {
                "id": ref,
                "cancel_subscription": f"{page}&action=cancel",
                "update_subscription_payment_method": f"{page}&{ref}",
            }
            for ref in body.get("subscription_ids", [])
        ]
        urls = {"general": {"overview": page}, "subscriptions": of}
        return {"id": "cpls_1", "customer_id": customer["id"], "urls": urls, "created_at": BEGAN}

    async def _subscription_changed(self, told: Object, doing: list[str], body: Object) -> Object:
        if told["status"] == "canceled":
            detail = "cannot update subscription, as subscription is canceled"
            raise RefusedError(400, "subscription_update_when_canceled", detail)
        if not doing:
            if body != {"scheduled_change": None}:
                raise RefusedError(400, "subscription_scheduled_change_invalid_update", "only null is allowed")
            fields: Object = {"scheduled_change": None}
        else:
            fields = self._done_to(told, doing[0], body)
        name = {"canceled": "canceled", "paused": "paused"}.get(fields.get("status", ""), "updated")
        await self._tells(f"subscription.{name}", self._changed(told, fields))
        return told

    def _done_to(self, told: Object, doing: str, body: Object) -> Object:
        change = told["scheduled_change"]
        locked = change is not None and not (doing == "resume" and change["action"] == "resume")
        if locked and not (
            doing == "cancel" and body["effective_from"] == "immediately" and change["action"] == "cancel"
        ):
            detail = "cannot update subscription, pending scheduled changes"
            raise RefusedError(400, "subscription_locked_pending_changes", detail)
        if doing == "resume":
            if told["status"] != "paused":
                raise RefusedError(400, "subscription_is_not_paused", "only a paused subscription can be resumed")
            return {"status": "active", "paused_at": None, "scheduled_change": None, "next_billed_at": PERIOD_ENDS}
        status = {"cancel": "canceled", "pause": "paused"}[doing]
        if body["effective_from"] == "immediately":
            done = {"status": status, f"{status}_at": PERIOD_ENDS, "scheduled_change": None}
            return done | {"next_billed_at": None, "current_billing_period": None}
        if told["status"] == "paused":
            raise RefusedError(400, "subscription_cannot_be_paused", "a paused subscription has no billing period")
        return {"scheduled_change": {"action": doing, "effective_at": PERIOD_ENDS, "resume_at": None}}

    async def _tells(self, name: str, told: Object) -> None:
        if self.events_to is not None:
            assert await self.tell(name, told) == 200

    def _transactions(self, request: web.Request) -> list[Object]:
        since, wanted = request.query.get("created_at[GTE]", ""), request.query.get("include", "").split(",")
        known = [each for each in self.transactions.values() if each["created_at"] >= since]
        return [self._with(each, wanted) for each in known if each["status"] in request.query["status"].split(",")]

    def _with(self, told: Object, wanted: list[str]) -> Object:
        shown = {key: value for key, value in told.items() if key != "adjustments" or "adjustments" in wanted}
        address = self.addresses.get(told["address_id"])
        return shown | ({"address": address} if address and "address" in wanted else {})

    def _paged(self, request: web.Request, listed: list[Object]) -> Object:
        listed = sorted(listed, key=lambda each: str(each["id"]))
        behind = [each for each in listed if str(each["id"]) > request.query.get("after", "")]
        page = behind[: min(self.per_page, int(request.query.get("per_page", "50")))]
        more = len(behind) > len(page)
        last = page[-1]["id"] if page else request.query.get("after", "")
        following = f"{self.url}{request.path}?after={last}"
        pages = {"per_page": self.per_page, "next": following, "has_more": more, "estimated_total": len(listed)}
        return {"data": page, "meta": {"request_id": "1", "pagination": pages}}


@asynccontextmanager
async def running_paddle_api() -> AsyncIterator[PaddleApi]:
    """Started with nothing in it."""
    api = PaddleApi()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", api.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield api
    finally:
        await runner.cleanup()
