"""How Gumroad's API is asked, and what its refusals mean: to much that it refuses it answers 200, `success` false."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from worker.core.web_call import Answer, Call
from worker.sources.account import Account, Refusals, Trouble
from worker.sources.picking import UnpickableError, from_json

API: Final = "https://api.gumroad.com"
_REFUSALS: Final = Refusals("Gumroad", busy=(408, 409, 429), gone=(), key="access token")


def question(account: Account, path: str, query: Mapping[str, str] | None = None) -> Call:
    """A GET of `/v2/<path>`."""
    url = f"{account.url or API}/v2/{path}{'?' + urlencode(query) if query else ''}"
    return Call(url, headers={"Authorization": f"Bearer {account.key}"})


def refusal(answer: Answer, doing: str) -> Trouble:
    """What an answer that is no success means; `doing` is what the token was used for."""
    return _REFUSALS.of(answer, doing, words_of(answer.body))


def words_of(body: bytes) -> str:
    """Its reason, as the rest of a sentence."""
    try:
        told = from_json(body)
    except UnpickableError:
        return ""
    words = told["message"].text() or told["error"].text()
    return f": {words}" if words else ""
