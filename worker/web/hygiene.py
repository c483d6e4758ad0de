"""What holds for every request: which hosts are ours, how an error looks, which headers go out, what is written down.

Rules: no answer names software versions; no token, key or path secret reaches the journal, for only a route's
pattern does; links are never built from the Host header, and a page under a foreign name is not shown at all.
"""

import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from worker import journal
from worker.metrics import counted
from worker.render.pages import Occasion
from worker.settings import is_loopback
from worker.store.engine import StoreUnavailable
from worker.web.answers import RETRY_SECONDS, occasion_page, refuse, refused, status_page
from worker.web.hub import HubServer

SERVER = "letterkey"

_MACHINES = ("/api/", "/webhooks/", "/healthz")
"""Programs come here under whatever name they know us by; they prove themselves, and no link is made for them."""
_TOKENS = ("/access/", "/documents/", "/updateinfo", "/email/", "/done/", "/console/access/")
"""Addresses that hold a token: nobody keeps, indexes or passes them on."""
CONTENT = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# The Origin stays on a POST from such a page (`no-referrer` would null it), but the path goes into no Referer.
_TOKEN_HEADERS = {
    "Referrer-Policy": "strict-origin",
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex",
}
_MERCHANTS = "/console"
_MERCHANTS_HEADERS = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
_HTTPS_HEADERS = {"Strict-Transport-Security": "max-age=31536000"}


def sending_headers(hub: HubServer) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Complete every answer's headers just before it goes."""
    https = _HTTPS_HEADERS if hub.settings.base_url.startswith("https:") else {}
    common = _HEADERS | https

    async def complete(request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Server"] = SERVER
        if request.path.startswith(_TOKENS):
            response.headers.update(_TOKEN_HEADERS)
        if request.path.startswith(_MERCHANTS):
            response.headers.update(_MERCHANTS_HEADERS)
        response.headers.merge(common)  # what an answer says of itself stays

    return complete


def noting(hub: HubServer) -> Middleware:
    """Count and write down every answer, by its route's pattern."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        began, status = time.perf_counter(), 499  # 499: gone before the answer
        try:
            response = await handler(request)
            status = response.status
            return response
        finally:
            resource = request.match_info.route.resource
            route = resource.canonical if resource else "unknown"
            counted(hub.metrics.http_requests, route, str(status)).inc()
            seconds = time.perf_counter() - began
            journal.request_answered(route=route, method=_method(request), status=status, seconds=seconds)

    return middleware


def mending(hub: HubServer) -> Middleware:
    """Turn whatever goes wrong into an answer that says what to do."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as error:
            return error if error.status < 400 else _error(hub, request, error.status, error.headers.get("Allow"))
        except StoreUnavailable as error:
            journal.unexpected("hub_server", error)
            answer = _error(hub, request, 503)
            answer.headers["Retry-After"] = str(RETRY_SECONDS)
            return answer
        except ConnectionError:
            raise  # the client is gone
        except Exception as error:
            journal.unexpected("hub_server", error)
            return _error(hub, request, 500)

    return middleware


def knowing_hosts(hub: HubServer) -> Middleware:
    """Show pages under our own name only: another is DNS rebinding, cache poisoning or a proxy set up wrongly."""
    ours = urlsplit(hub.settings.base_url).hostname or ""

    def is_ours(told: str) -> bool:
        host = _host_name(told)
        return host == ours or (is_loopback(ours) and is_loopback(host))

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(_MACHINES) or is_ours(request.headers.get("Host", "")):
            return await handler(request)
        return occasion_page(hub, Occasion.MISDIRECTED, 421)

    return middleware


def _host_name(host: str) -> str:
    """The name without its port: nothing is built from either, and a port says nothing about who asks."""
    try:
        parts = urlsplit(f"//{host}")
        whole = parts.netloc == host and parts.username is None and (parts.port or 1) > 0
    except ValueError:
        return ""
    return (parts.hostname or "") if whole else ""


def _error(hub: HubServer, request: web.Request, status: int, allow: str | None = None) -> web.Response:
    for_program = request.path.startswith(_MACHINES)
    answer = refused(refuse(status, _ADVICE.get(status, _OTHERWISE))) if for_program else status_page(hub, status)
    if allow is not None:
        answer.headers["Allow"] = allow
    return answer


_OTHERWISE = "can't be understood; see the documentation of this address"
_ADVICE = {
    404: "there is nothing at this address; check its spelling",
    405: "this address does not take this method; see the header Allow",
    500: "something went wrong here and was written to the journal; send it again later",
    503: "the database can't take it now; send it again later: what was kept already counts as a duplicate",
}


def _method(request: web.Request) -> str:
    """A stranger may send any word as the method."""
    return request.method if request.method in ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE") else "other"
