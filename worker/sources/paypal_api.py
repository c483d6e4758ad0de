"""How PayPal's API is asked: with which token, and what its refusals mean.

The key is `client id:secret`, which PayPal changes for a token of some hours (OAuth 2.0 client credentials).
"""

import base64
import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlencode

from worker.core.web_call import Answer, Call
from worker.sources.account import Account, Cause, Login, Refusals, Token, Trouble
from worker.sources.picking import Pick, UnpickableError, from_json, required

API: Final = "https://api-m.paypal.com"
_REFUSALS: Final = Refusals("PayPal", busy=(409, 429), gone=(404,))
_SHORTEST, _LONGEST = 1, 86_400


def question(account: Account, path: str, query: Mapping[str, str] | None = None) -> Call:
    """A GET of `/<path>`."""
    return Call(f"{_url(account, path)}{'?' + urlencode(query) if query else ''}", headers=_headers(account))


def change(account: Account, path: str, body: Mapping[str, str], key: str) -> Call:
    """A POST to `/<path>`; the same `key` again is the same change, done once (PayPal-Request-Id)."""
    headers = _headers(account) | {"Content-Type": "application/json", "PayPal-Request-Id": key}
    return Call(_url(account, path), method="POST", headers=headers, body=json.dumps(body).encode())


def named(kind: str, ref: str) -> str:
    """The path of one object."""
    return f"{kind}/{quote(ref, safe='')}"


def refusal(answer: Answer, doing: str) -> Trouble:
    """What an answer that is no success means; `doing` is what was asked for."""
    words = error_of(answer.body)[1]
    return _REFUSALS.of(answer, doing, words)


def error_of(body: bytes) -> tuple[str | None, str]:
    """The error's issue or name, and its words as the rest of a sentence."""
    try:
        told = from_json(body)
        details = told["details"].each()
    except UnpickableError:
        return None, ""
    issue = details[0]["issue"].text() if details else None
    message = told["message"].text() or told["error_description"].text()
    return issue or told["name"].text() or told["error"].text(), f": {message}" if message else ""


def _ask(account: Account) -> Call:
    proof = base64.b64encode(account.key.encode()).decode()
    headers = {"Authorization": f"Basic {proof}", "Content-Type": "application/x-www-form-urlencoded"}
    return Call(_url(account, "v1/oauth2/token"), method="POST", headers=headers, body=b"grant_type=client_credentials")


def _read(answer: Answer) -> Token | Trouble:
    if answer.status == 401:
        return Trouble(Cause.DENIED, "PayPal doesn't know this client id and secret")
    if answer.status != 200:
        return refusal(answer, "log in")
    try:
        told = from_json(answer.body)
        value, seconds = required(told["access_token"], Pick.text), required(told["expires_in"], Pick.whole)
    except UnpickableError as error:
        return Trouble(Cause.FAILED, f"what PayPal answered is no token ({error})")
    return Token(value, min(max(seconds, _SHORTEST), _LONGEST))


def _url(account: Account, path: str) -> str:
    return f"{account.url or API}/{path}"


def _headers(account: Account) -> dict[str, str]:
    return {"Authorization": f"Bearer {account.token or ''}"}


LOGIN = Login(ask=_ask, read=_read)
