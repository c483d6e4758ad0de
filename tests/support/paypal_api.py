"""A small PayPal: orders, subscriptions and reports of an account, its API, and webhooks that it signs and sends.

It follows the OpenAPI documents that PayPal publishes (paypal-rest-api-specifications: billing subscriptions v1,
checkout orders v2, payments v1, transaction search v1.9): paths, states, answers and errors. Its certificates are the
tests' own (see `paypal_chain`).
"""

import base64
import copy
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from support.paypal_chain import headers, in_capitals, lying

KEY = "client-of-the-fake:secret-of-the-fake"
TOKEN_SECONDS = 32_400
Object = dict[str, Any]
_VERBS = {"cancel": "CANCELLED", "suspend": "SUSPENDED", "activate": "ACTIVE"}
_FROM = {"cancel": ("ACTIVE", "SUSPENDED"), "suspend": ("ACTIVE",), "activate": ("SUSPENDED",)}
_API = "https://api.paypal.com"


@dataclass(eq=False)
class PayPalApi:
    """`trouble` are answers that come in the place of the next ones; `seen` is what was asked, without the logins."""

    url: str = ""
    orders: dict[str, Object] = field(default_factory=dict)
    subscriptions: dict[str, Object] = field(default_factory=dict)
    payments: dict[str, Object] = field(default_factory=dict)
    report: list[Object] = field(default_factory=list)
    may_see_balances: bool = True
    most_listed: int = 10_000
    trouble: list[int] = field(default_factory=list)
    seen: list[tuple[str, str, str | None]] = field(default_factory=list)
    logins: int = 0
    now: str = "2026-11-22T19:00:00Z"

    def subscription(self, told: Object, **changes: object) -> Object:
        """One more, as an event's resource shows it."""
        self.subscriptions[told["id"]] = copy.deepcopy(told) | changes
        return self.subscriptions[told["id"]]

    async def fetch(self, address: str) -> bytes | None:
        """What lies at an address of PayPal's or its certificates' issuer's."""
        return lying().get(address)

    async def deliver(self, address: str, body: bytes, **signed: Any) -> int:
        """Send an event to a webhook; the status that is answered."""
        async with aiohttp.ClientSession() as session:
            sent = in_capitals(headers(body, **signed))
            async with session.post(address, data=body, headers=sent) as answer:
                return answer.status

    def event_of(self, subscription: str, name: str, event_id: str) -> bytes:
        """The event that tells how a subscription stands now."""
        told = self.subscriptions[subscription]
        event = {"id": event_id, "event_type": name, "create_time": self.now, "resource": told}
        links = [{"href": f"{_API}/v1/notifications/webhooks-events/{event_id}", "rel": "self", "method": "GET"}]
        return json.dumps({**event, "links": links}).encode()

    async def answer(self, request: web.Request) -> web.Response:
        if request.path == "/v1/oauth2/token":
            return await self._login(request)
        self.seen.append((request.method, request.path_qs, request.headers.get("PayPal-Request-Id")))
        if request.headers.get("Authorization") != f"Bearer token-{self.logins}":
            return _error(401, "invalid_token", "Token signature verification failed")
        if self.trouble:
            return _error(self.trouble.pop(0), "INTERNAL_SERVER_ERROR", "An internal server error occurred.")
        parts = request.path.strip("/").split("/")
        match parts:
            case ["v1", "billing", "subscriptions", ref, *verb]:
                return self._subscription(ref, verb[0] if verb else None)
            case ["v2", "checkout", "orders", ref]:
                return _found(self.orders.get(ref))
            case ["v1", "payments", "payment", ref]:
                return _found(self.payments.get(ref))
            case ["v1", "reporting", "balances"]:
                return self._balances()
            case ["v1", "reporting", "transactions"]:
                return self._transactions(dict(request.query))
            case _:
                return _error(404, "RESOURCE_NOT_FOUND", "The specified resource does not exist.")

    async def _login(self, request: web.Request) -> web.Response:
        form = await request.post()
        proof = base64.b64encode(KEY.encode()).decode()
        if request.headers.get("Authorization") != f"Basic {proof}" or form["grant_type"] != "client_credentials":
            body = {"error": "invalid_client", "error_description": "Client Authentication failed"}
            return web.json_response(body, status=401)
        self.logins += 1
        token = {"access_token": f"token-{self.logins}", "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
        return web.json_response(token)

    def _subscription(self, ref: str, verb: str | None) -> web.Response:
        found = self.subscriptions.get(ref)
        if found is None or verb is None:
            return _found(found)
        if found["status"] not in _FROM[verb]:
            issue = {"issue": "SUBSCRIPTION_STATUS_INVALID", "description": "Invalid subscription status"}
            return _error(422, "UNPROCESSABLE_ENTITY", "The requested action could not be performed.", issue)
        found |= {"status": _VERBS[verb], "status_update_time": self.now, "update_time": self.now}
        if found["status"] != "ACTIVE":
            found["billing_info"].pop("next_billing_time", None)
        return web.Response(status=204)

    def _balances(self) -> web.Response:
        if not self.may_see_balances:
            return _error(403, "NOT_AUTHORIZED", "Authorization failed due to insufficient permissions.")
        return web.json_response({"balances": [], "as_of_time": self.now, "last_refresh_time": self.now})

    def _transactions(self, query: dict[str, str]) -> web.Response:
        start, end = query["start_date"], query["end_date"]
        found = [each for each in self.report if start <= each["transaction_info"]["transaction_initiation_date"] < end]
        if len(found) > self.most_listed:
            issue = {"issue": "RESULTSET_TOO_LARGE", "description": "Result set size is greater than the maximum"}
            return _error(400, "INVALID_REQUEST", "Request is not well-formed.", issue)
        size, page = int(query["page_size"]), int(query["page"])
        listed = found[(page - 1) * size : page * size]
        pages = max(-(-len(found) // size), 1)
        links = [{"href": f"{_API}/v1/reporting/transactions", "rel": "self", "method": "GET"}]
        body = {"transaction_details": listed, "page": page, "total_items": len(found), "total_pages": pages}
        return web.json_response({**body, "start_date": start, "end_date": end, "links": links})


def reported(number: int, at: str, value: str = "58.31", **info: object) -> Object:
    """A payment as the transaction search shows it; `info` changes its details."""
    return {
        "transaction_info": {
            "paypal_account_id": "QYR5Z8XDVJNXQ", "transaction_id": f"{number:02}A34567BC123456S",
            "transaction_event_code": "T0006", "transaction_initiation_date": at, "transaction_updated_date": at,
            "transaction_amount": {"currency_code": "EUR", "value": value},
            "fee_amount": {"currency_code": "EUR", "value": "-2.38"}, "transaction_status": "S",
            "paypal_reference_id": f"{number:02}B234567A1234567", "paypal_reference_id_type": "ODR", **info,
        },
        "payer_info": {
            "account_id": "QYR5Z8XDVJNXQ", "email_address": "ada@example.com", "address_status": "Y",
            "payer_name": {"given_name": "Ada", "surname": "Lovelace", "alternate_full_name": "Ada Lovelace"},
            "country_code": "GB", "address": {},
        },
        "shipping_info": {"name": "Ada Lovelace", "address": {"line1": "1 High St", "city": "Leeds",
                                                              "postal_code": "LS1 1AA", "country_code": "GB"}},
        "cart_info": {},
    }  # fmt: skip


@asynccontextmanager
async def running_paypal_api() -> AsyncIterator[PayPalApi]:
    """Started with nothing in it."""
    api = PayPalApi()
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", api.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield api
    finally:
        await runner.cleanup()


def _found(told: Object | None) -> web.Response:
    if told is None:
        return _error(404, "RESOURCE_NOT_FOUND", "The specified resource does not exist.")
    return web.json_response(told)


def _error(status: int, name: str, message: str, *details: Object) -> web.Response:
    body = {"name": name, "message": message, "debug_id": "90957fca61718", "details": list(details)}
    return web.json_response(body, status=status)
