"""A form that was sent: what it says, and whether a page of ours sent it.

Rules (cross-site request forgery, login CSRF too): the browser's own word decides, Sec-Fetch-Site, else Origin; where
it says neither, a cookie and the form's hidden field must belong together. Anything else is asked to press once more.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import SplitResult, parse_qsl, urlsplit

from aiohttp import web

from worker.settings import is_loopback
from worker.web.answers import Refusal, refuse
from worker.web.bodies import read_body
from worker.web.hub import HubServer

FORM_TYPE = "application/x-www-form-urlencoded"
_MOST_FIELDS = 100
_MOST_BYTES = 16_384
_PORTS = {"http": 80, "https": 443}


class Proof(Enum):
    """Whether a page of ours sent a form."""

    OURS = auto()
    FOREIGN = auto()
    UNKNOWN = auto()  # the browser doesn't say: it may press once more, with a cookie


@dataclass(frozen=True, slots=True)
class Sent:
    """A form's fields, the first where one comes twice."""

    fields: Mapping[str, str]
    proof: Proof


async def read_form(hub: HubServer, request: web.Request, paired: str | None) -> Sent | Refusal:
    """What was sent; `paired` is the cookie that the form's hidden field belongs to."""
    if request.content_type != FORM_TYPE and request.body_exists:
        return refuse(415, "is no form")
    body = await read_body(request, hub.patience.body_seconds)
    if isinstance(body, Refusal):
        return body
    if len(body) > _MOST_BYTES:
        return refuse(413, "is larger than any form of ours")
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return refuse(413, "has more fields than any form of ours")
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name, value.replace("\0", ""))
    return Sent(fields, proof_of(hub, request, fields.get("csrf", ""), paired))


def hidden_field(hub: HubServer, paired: str) -> str:
    """The value that a form's hidden field has beside that cookie."""
    return _paired(paired, hub.keys.secret_keys[-1])


def proof_of(hub: HubServer, request: web.Request, hidden: str, paired: str | None) -> Proof:
    """Whether a page of ours sent a form that has this hidden field; `paired` is the cookie that belongs to it."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        return Proof.OURS if site in ("same-origin", "none") else Proof.FOREIGN
    # `null` is no origin: some browsers inside apps say so of every page, and a forger's sends no cookie of ours.
    if origin is not None and origin != "null":
        return Proof.OURS if _is_ours(hub, request, origin) else Proof.FOREIGN
    if paired is None:
        return Proof.UNKNOWN
    given = hidden.encode("utf-8", "surrogatepass")
    known = sum(hmac.compare_digest(_paired(paired, key).encode(), given) for key in hub.keys.secret_keys)
    return Proof.OURS if known else Proof.UNKNOWN


def _is_ours(hub: HubServer, request: web.Request, origin: str) -> bool:
    base = urlsplit(hub.settings.base_url)
    if is_loopback(base.hostname or ""):
        base = urlsplit(f"http://{request.headers.get('Host', '')}")  # a local name, or it had not come this far
    try:
        return _place(urlsplit(origin)) == _place(base)
    except ValueError:
        return False


def _place(url: SplitResult) -> tuple[str, str, int | None]:
    return url.scheme, url.hostname or "", url.port or _PORTS.get(url.scheme)


def _paired(cookie: str, key: str) -> str:
    return hmac.digest(key.encode(), f"letterkey form {cookie}".encode(), "sha256").hex()
