"""A small Stripe: subscriptions and customers that keep what they are told, and the customer portal's door.

It follows Stripe's OpenAPI document (spec3, API version 2025-02-24.acacia) in what it takes and answers, and its pages
on errors and idempotent requests in what it refuses and repeats. It is there for what localstripe lacks: pauses, the
portal, restricted keys, idempotency keys.
"""

import base64
import copy
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

KEY = "rk_test_of_the_fake"
PERIOD_ENDS = 1_797_965_280
Object = dict[str, Any]


class RefusedError(Exception):
    """An answer other than 200, with Stripe's error object."""

    def __init__(self, status: int, message: str, **error: object) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"type": "invalid_request_error", "message": message} | error


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came."""

    method: str
    path: str
    form: dict[str, str]
    key: str | None
    version: str | None


@dataclass(eq=False)
class StripeApi:
    """What it holds, and what it was asked. `trouble` is answered instead, once each: status and headers."""

    url: str = ""
    customers: dict[str, Object] = field(default_factory=dict)
    subscriptions: dict[str, Object] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    trouble: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    events_to: tuple[str, str] | None = None
    _told: int = 0
    _kept: dict[str, tuple[dict[str, str], int, Object]] = field(default_factory=dict)

    def customer(self, ref: str = "cus_1", **fields: object) -> str:
        self.customers[ref] = {"id": ref, "object": "customer", "email": "ada@example.com", "livemode": True} | fields
        return ref

    def subscription(self, ref: str = "sub_1", customer: str = "cus_1", **fields: object) -> str:
        price = {
            "id": "price_1", "object": "price", "currency": "eur", "unit_amount": 4900, "product": "prod_1",
            "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
        }  # fmt: skip
        item = {"id": "si_1", "object": "subscription_item", "quantity": 1, "price": price, "tax_rates": []}
        self.subscriptions[ref] = {
            "id": ref, "object": "subscription", "customer": customer, "status": "active", "currency": "eur",
            "items": {"object": "list", "data": [item]}, "current_period_end": PERIOD_ENDS, "livemode": True,
            "cancel_at": None, "cancel_at_period_end": False, "canceled_at": None, "ended_at": None,
            "pause_collection": None, "trial_end": None,
        } | fields  # fmt: skip
        return ref

    def ends(self, ref: str) -> Object:
        """The subscription is cancelled, by whomever."""
        told = self.subscriptions[ref]
        told.update(status="canceled", ended_at=PERIOD_ENDS - 60, canceled_at=PERIOD_ENDS - 60)
        return told

    async def answer(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        self.seen.append(Seen(request.method, request.path, form, key, request.headers.get("Stripe-Version")))
        if key in self._kept:
            return self._repeated(form, *self._kept[key])
        try:
            self._let_in(request)
            status, body = 200, await self._done(request.method, request.path.split("/")[2:], form)
        except RefusedError as refused:
            status, body = refused.status, {"error": refused.error}
        headers: dict[str, str] = {}
        if status in (200, 404) and self.trouble:  # what is executed is kept, a failure of Stripe's own as well
            status, headers = self.trouble.pop(0)
            body = {"error": {"type": "api_error", "message": "something went wrong on our end"}}
        if key is not None and status not in (409, 429):
            self._kept[key] = (form, status, body)
        return web.json_response(body, status=status, headers=headers)

    def _repeated(self, form: dict[str, str], before: dict[str, str], status: int, body: Object) -> web.Response:
        if form != before:
            error = {"type": "idempotency_error", "message": "Keys can only be used with the same parameters"}
            return web.json_response({"error": error}, status=400)
        return web.json_response(body, status=status, headers={"Idempotent-Replayed": "true"})

    def _let_in(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Basic {base64.b64encode(f'{KEY}:'.encode()).decode()}":
            raise RefusedError(401, "Invalid API Key provided: rk_****")
        if request.path.split("/")[2] in self.forbidden:
            raise RefusedError(403, "The provided key does not have the required permissions for this endpoint")

    async def _done(self, method: str, path: list[str], form: dict[str, str]) -> Object:
        match method, path:
            case "POST", ["billing_portal", "sessions"]:
                self._known(self.customers, form["customer"], "customer")
                return {
                    "object": "billing_portal.session",
                    "url": f"https://billing.example.com/p/session/{form['customer']}",
                }
            case "GET", ["customers", ref]:
                return self._known(self.customers, ref, "customer")
            case "POST", ["customers", ref]:
                return self._customer_changed(self._known(self.customers, ref, "customer"), form)
            case "GET", ["subscriptions", ref]:
                return self._known(self.subscriptions, ref, "subscription")
            case "DELETE", ["subscriptions", ref]:
                return await self._removed(ref)
            case "POST", ["subscriptions", ref, *rest]:
                return await self._subscription_changed(self._running(ref), form, rest)
            case _:
                raise RefusedError(404, f"Unrecognized request URL ({method}: /v1/{'/'.join(path)})")

    def _known(self, objects: dict[str, Object], ref: str, what: str) -> Object:
        if ref not in objects:
            raise RefusedError(404, f"No such {what}: '{ref}'", code="resource_missing", param="id")
        return objects[ref]

    def _running(self, ref: str) -> Object:
        told = self._known(self.subscriptions, ref, "subscription")
        if told["status"] == "canceled":
            raise RefusedError(400, "A canceled subscription can only update its cancellation_details and metadata.")
        return told

    async def _removed(self, ref: str) -> Object:
        if self._known(self.subscriptions, ref, "subscription")["status"] == "canceled":
            raise RefusedError(404, f"No such subscription: '{ref}'", code="resource_missing", param="id")
        await self.tell("customer.subscription.deleted", self.ends(ref))
        return self.subscriptions[ref]

    async def _subscription_changed(self, told: Object, form: dict[str, str], rest: list[str]) -> Object:
        if told.get("schedule") is not None and any(name.startswith("cancel_at") for name in form):
            managed = f"The subscription is managed by the subscription schedule `{told['schedule']}`"
            raise RefusedError(400, f"{managed}, and updating any cancelation behavior directly is not allowed.")
        if rest == ["resume"]:
            if told["status"] != "paused":
                raise RefusedError(400, "Only paused subscriptions can be resumed.")
            told["status"] = "active"
        for name, value in form.items():
            match name:
                case "cancel_at_period_end":
                    at_end = value == "true"
                    # Taking back an end at the period's end leaves alone an end on a day of its own.
                    ends_at = PERIOD_ENDS if at_end else None if told["cancel_at_period_end"] else told["cancel_at"]
                    told.update(cancel_at_period_end=at_end, cancel_at=ends_at)
                case "cancel_at":
                    told["cancel_at"] = int(value) if value else None
                case "pause_collection":
                    told["pause_collection"] = None
                case "pause_collection[behavior]":
                    told["pause_collection"] = {"behavior": value, "resumes_at": None}
                case _:
                    raise RefusedError(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
        await self.tell("customer.subscription.updated", told)
        return told

    def _customer_changed(self, told: Object, form: dict[str, str]) -> Object:
        address = {name[8:-1]: value or None for name, value in form.items() if name.startswith("address[")}
        plain = {name: value for name, value in form.items() if "[" not in name}
        if unknown := set(plain) - {"name", "email", "phone"}:
            raise RefusedError(400, f"Received unknown parameters: {', '.join(sorted(unknown))}")
        told.update(plain, **({"address": address} if address else {}))
        return told

    async def tell(self, name: str, told: Object, ago: int = 0) -> None:
        """Send an event of that name, of so many seconds ago, about an object, where somebody wants to hear of it."""
        if self.events_to is None:
            return
        self._told += 1
        url, secret = self.events_to
        now, event_id = int(time.time()), f"evt_{self._told}"
        event = {
            "id": event_id, "object": "event", "type": name, "created": now - ago, "livemode": True,
            "data": {"object": copy.deepcopy(told)},
        }  # fmt: skip
        body = json.dumps(event).encode()
        mac = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"Stripe-Signature": f"t={now},v1={mac}", "Content-Type": "application/json"}
        async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
            assert answer.status == 200


@asynccontextmanager
async def running_stripe_api() -> AsyncIterator[StripeApi]:
    """Started with nothing in it."""
    api = StripeApi()
    handler: Callable[[web.Request], Awaitable[web.Response]] = api.answer
    app = web.Application()
    app.router.add_route("*", "/v1/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield api
    finally:
        await runner.cleanup()
