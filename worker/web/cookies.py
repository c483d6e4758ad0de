"""Our cookies: none is set before it is needed, none can be read by a script, none leaves our host.

Rules: on https each has the `__Host-` prefix, so no neighbouring host can plant one (session fixation); on plain http
(a machine's own loopback) browsers refuse that prefix. They end with the browser; what they open ends on our side.
"""

from enum import StrEnum

from aiohttp import web

from worker.web.hub import HubServer


class Jar(StrEnum):
    """What a cookie is for."""

    SESSION = "letterkey_session"
    MERCHANT = "letterkey_console"
    FORM = "letterkey_form"  # pairs with a form's hidden field, for browsers that don't say where a press came from
    REQUEST = "letterkey_request"  # the browser that asked for a link, and may enter its code


_LONGEST = 200


def cookie(hub: HubServer, request: web.Request, jar: Jar) -> str | None:
    """What the browser holds, None for nothing or for what can't be ours."""
    value = request.cookies.get(_name(hub, jar))
    return value if value and len(value) <= _LONGEST and value.isascii() else None


def set_cookie(hub: HubServer, response: web.Response, jar: Jar, value: str) -> None:
    """Have the browser hold it."""
    response.set_cookie(_name(hub, jar), value, path="/", httponly=True, secure=_https(hub), samesite="Lax")


def drop_cookie(hub: HubServer, response: web.Response, jar: Jar) -> None:
    """Have the browser forget it."""
    response.del_cookie(_name(hub, jar), path="/", httponly=True, secure=_https(hub), samesite="Lax")


def _name(hub: HubServer, jar: Jar) -> str:
    return f"__Host-{jar.value}" if _https(hub) else jar.value


def _https(hub: HubServer) -> bool:
    return hub.settings.base_url.startswith("https:")
