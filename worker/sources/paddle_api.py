"""How Paddle's API is spoken to: where it lies, whose account asks, and what an answer that is none means.

After Paddle's OpenAPI document for API version 1. A key is a bearer token; one of a sandbox account says so.
"""

import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from worker.core.web_call import Answer, Call
from worker.sources.account import Account, Refusals, Trouble
from worker.sources.picking import Pick, UnpickableError, from_json

LIVE: Final = "https://api.paddle.com"
SANDBOX: Final = "https://sandbox-api.paddle.com"
VERSION: Final = "1"
_SANDBOX_KEY: Final = "pdl_sdbx_"
_REFUSALS: Final = Refusals("Paddle")


def is_sandbox(account: Account) -> bool:
    """Whether the account is one for tests, by its key or by where its API lies."""
    return account.key.startswith(_SANDBOX_KEY) or (account.url or "").startswith(SANDBOX)


def call(account: Account, path: str, query: Mapping[str, str] | None = None) -> Call:
    """A question that changes nothing."""
    asked = f"?{urlencode(query)}" if query else ""
    return Call(f"{_base(account)}{path}{asked}", headers=_headers(account))


def change(account: Account, method: str, path: str, body: object) -> Call:
    """A question that changes something."""
    headers = {**_headers(account), "Content-Type": "application/json"}
    return Call(f"{_base(account)}{path}", method, headers, json.dumps(body).encode())


def entity(answer: Answer) -> Pick | None:
    """The entity in an answer, None where there is none."""
    try:
        told = from_json(answer.body)["data"]
    except UnpickableError:
        return None
    return told if isinstance(told.value, dict) else None


def entities(answer: Answer) -> tuple[Pick, ...]:
    """The entities that an answer lists. Raises UnpickableError where it lists none."""
    listed = from_json(answer.body)["data"]
    return listed.each() if isinstance(listed.value, list) else listed.refuse("is no list")


def has_more(answer: Answer) -> bool:
    """Whether another page follows."""
    return from_json(answer.body)["meta"]["pagination"]["has_more"].is_true()


def code_of(answer: Answer) -> str:
    """What Paddle calls the error."""
    return _error(answer)["code"].text() or ""


def trouble(answer: Answer, doing: str) -> Trouble:
    """Why nothing of use came when asked to do `doing`."""
    said = _error(answer)["detail"].text()
    words = f": {said}" if said else ""
    return _REFUSALS.of(answer, doing, words)


def _base(account: Account) -> str:
    usual = SANDBOX if is_sandbox(account) else LIVE
    return (account.url or usual).rstrip("/")


def _headers(account: Account) -> dict[str, str]:
    return {"Authorization": f"Bearer {account.key}", "Paddle-Version": VERSION}


def _error(answer: Answer) -> Pick:
    try:
        return from_json(answer.body)["error"]
    except UnpickableError:
        return Pick(None)
