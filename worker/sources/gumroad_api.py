"""How Gumroad's API is asked, and what its refusals mean: to much that it refuses it answers 200, `success` false."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from worker.core.web_call import Answer, Call
from worker.sources.account import Account, Cause, Trouble
from worker.sources.picking import UnpickableError, from_json

API: Final = "https://api.gumroad.com"
_LONGEST_WAIT = 600.0


def question(account: Account, path: str, query: Mapping[str, str] | None = None) -> Call:
    """A GET of `/v2/<path>`."""
    url = f"{account.url or API}/v2/{path}{'?' + urlencode(query) if query else ''}"
    return Call(url, headers={"Authorization": f"Bearer {account.key}"})


def refusal(answer: Answer, doing: str) -> Trouble:
    """What an answer that is no success means; `doing` is what the token was used for."""
    words = words_of(answer.body)
    match answer.status:
        case 401:
            return Trouble(Cause.DENIED, f"Gumroad doesn't know this access token{words}")
        case 403:
            return Trouble(Cause.DENIED, f"this access token may not {doing}{words}")
        case status if status in (408, 409, 429) or status >= 500:
            return Trouble(Cause.LATER, f"Gumroad answers {status}", _seconds(answer.headers.get("retry-after")))
        case status:
            return Trouble(Cause.FAILED, f"Gumroad answers {status}, asked to {doing}{words}")


def words_of(body: bytes) -> str:
    """Its reason, as the rest of a sentence."""
    try:
        told = from_json(body)
    except UnpickableError:
        return ""
    words = told["message"].text() or told["error"].text()
    return f": {words}" if words else ""


def _seconds(told: str | None) -> float | None:
    return min(float(told), _LONGEST_WAIT) if told is not None and told.isascii() and told.isdigit() else None
