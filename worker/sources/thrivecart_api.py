"""How ThriveCart's public API is asked, and what its refusals mean.

It takes forms, answers JSON, and lets an account ask 60 times a minute. It knows no idempotency keys, so whoever acts
looks first.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from worker.core.web_call import Answer, Call
from worker.sources.account import Account, Cause, Refusals, Trouble
from worker.sources.picking import UnpickableError, from_json

API: Final = "https://thrivecart.com/api/external"
_REFUSALS: Final = Refusals("ThriveCart")
A_MINUTE = 60.0
"""After so long another 60 questions are free."""


def question(account: Account, path: str, query: Mapping[str, str] | None = None) -> Call:
    """A GET."""
    return Call(f"{_url(account, path)}{'?' + urlencode(query) if query else ''}", headers=_headers(account))


def form(account: Account, path: str, fields: Mapping[str, str]) -> Call:
    """A POST: changes, and the one question that names an email address."""
    headers = _headers(account) | {"Content-Type": "application/x-www-form-urlencoded"}
    return Call(_url(account, path), method="POST", headers=headers, body=urlencode(fields).encode())


def refusal(answer: Answer, doing: str) -> Trouble:
    """What an answer other than 200 means; `doing` is what was asked for."""
    if answer.status == 429:
        return Trouble(Cause.LATER, "ThriveCart takes no more than 60 questions a minute", A_MINUTE)
    return _REFUSALS.of(answer, doing, _error(answer.body))


def _url(account: Account, path: str) -> str:
    return f"{account.url or API}/{path}"


def _headers(account: Account) -> dict[str, str]:
    return {"Authorization": f"Bearer {account.key}", "Accept": "application/json"}


def _error(body: bytes) -> str:
    try:
        told = from_json(body)
    except UnpickableError:
        return ""
    text = told["error_description"].text() or told["error"].text()
    return f": {text}" if text else ""
