"""How Lemon Squeezy's API is spoken to (JSON:API 1.0), and what an answer that is none means."""

import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from worker.core.web_call import Answer, Call
from worker.sources.account import Account, Refusals, Trouble
from worker.sources.picking import Pick, UnpickableError, from_json

API: Final = "https://api.lemonsqueezy.com"
_MEDIA: Final = "application/vnd.api+json"
_REFUSALS: Final = Refusals("Lemon Squeezy")


def call(account: Account, path: str, query: Mapping[str, str] | None = None, method: str = "GET") -> Call:
    """A question without a body."""
    asked = f"?{urlencode(query)}" if query else ""
    return Call(f"{_base(account)}/v1/{path}{asked}", method, _headers(account))


def change(account: Account, kind: str, name: str, path: str, attributes: Mapping[str, object]) -> Call:
    """A question that changes an object's attributes."""
    body = {"data": {"type": kind, "id": name, "attributes": dict(attributes)}}
    headers = {**_headers(account), "Content-Type": _MEDIA}
    return Call(f"{_base(account)}/v1/{path}", "PATCH", headers, json.dumps(body).encode())


def object_in(answer: Answer) -> Pick:
    """An answer with the object in its `data`, as an event has it. Raises UnpickableError where there is none."""
    told = from_json(answer.body)
    return told if isinstance(told["data"]["attributes"].value, dict) else told["data"].refuse("is no object")


def trouble(answer: Answer, doing: str) -> Trouble:
    """Why nothing of use came when asked to do `doing`."""
    return _REFUSALS.of(answer, doing, _said(answer))


def _base(account: Account) -> str:
    return (account.url or API).rstrip("/")


def _headers(account: Account) -> dict[str, str]:
    return {"Authorization": f"Bearer {account.key}", "Accept": _MEDIA}


def _said(answer: Answer) -> str:
    """The first error's words, as the rest of a sentence."""
    try:
        errors = from_json(answer.body)["errors"].each()
    except UnpickableError:
        return ""
    words = errors[0]["detail"].text() or errors[0]["title"].text() if errors else None
    return f": {words}" if words else ""
