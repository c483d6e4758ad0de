"""How Stripe's API is asked: with which key, in which version and form, and what its refusals mean."""

import base64
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from worker.core.web_call import Answer, Call
from worker.sources.account import Account, Refusals, Trouble
from worker.sources.picking import UnpickableError, from_json

API: Final = "https://api.stripe.com"
VERSION: Final = "2025-02-24.acacia"
"""The last in which invoices name their charge and subscription: ours, whatever version the account has."""
_REFUSALS: Final = Refusals("Stripe", busy=(409, 429), gone=())


def question(account: Account, path: str, query: Mapping[str, str] | None = None) -> Call:
    """A GET of `/v1/<path>`."""
    return Call(f"{_url(account, path)}{'?' + urlencode(query) if query else ''}", headers=_headers(account))


def change(account: Account, path: str, form: Mapping[str, str], key: str) -> Call:
    """A POST to `/v1/<path>`; the same `key` again is the same change, done once (Idempotency-Key)."""
    headers = _headers(account) | {"Idempotency-Key": key, "Content-Type": "application/x-www-form-urlencoded"}
    return Call(_url(account, path), method="POST", headers=headers, body=urlencode(form).encode())


def removal(account: Account, path: str) -> Call:
    """A DELETE of `/v1/<path>`: what is gone can't go twice."""
    return Call(_url(account, path), method="DELETE", headers=_headers(account))


def refusal(answer: Answer, doing: str) -> Trouble:
    """What an answer other than 200 means; `doing` is what the key was used for."""
    code, words = error_of(answer.body)
    lost = answer.status not in (401, 403) and code == "resource_missing"
    return _REFUSALS.lost(doing, words) if lost else _REFUSALS.of(answer, doing, words)


def error_of(body: bytes) -> tuple[str | None, str]:
    """The error's code, and its words as the rest of a sentence."""
    try:
        error = from_json(body)["error"]
    except UnpickableError:
        return None, ""
    message = error["message"].text()
    return error["code"].text(), f": {message}" if message else ""


def _url(account: Account, path: str) -> str:
    return f"{account.url or API}/v1/{path}"


def _headers(account: Account) -> dict[str, str]:
    proof = base64.b64encode(f"{account.key}:".encode()).decode()
    return {"Authorization": f"Basic {proof}", "Stripe-Version": VERSION}
