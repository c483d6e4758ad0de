"""A raw event without its secrets, for a screen that others may see and a text that may be pasted into a question.

Rules: what proves the sender (signatures, tokens, cookies, the account's own secrets) is masked, by the name of its
field and by its value; the rest is what the merchant asked to see.
"""

import json
import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

MASK = "•••"
_SECRET_NAME = re.compile(
    r"secret|signature|-sig$|authori[sz]ation|cookie|password|token|api[-_]?key|seller[-_]?id|licen[cs]e[-_]?key|^key$",
    re.IGNORECASE,
)
"""Among them Gumroad's seller, who is its proof, and the licence keys that customers bought."""
_SIGNED_LINK = re.compile(r"(?i)([?&](?:signature|sig|token|expires)=)[^&\s\"'#]+")
"""Links that open a customer's pages at the provider, for whoever has them."""


def shown_headers(headers: Mapping[str, str], secrets: Sequence[str]) -> dict[str, str]:
    """The headers to show."""
    return {name: MASK if _SECRET_NAME.search(name) else _masked(value, secrets) for name, value in headers.items()}


def shown_body(body: bytes, secrets: Sequence[str]) -> str:
    """The body to show: JSON indented, a form as one field a line, anything else as it is."""
    text = body.decode("utf-8", "replace")
    try:
        laid_out = json.dumps(_without_secrets(json.loads(text)), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        laid_out = _as_form(text) or text
    return _masked(laid_out, secrets)


def _without_secrets(value: object) -> object:
    if isinstance(value, dict):
        return {
            key: MASK if _SECRET_NAME.search(key) and isinstance(inner, str) and inner else _without_secrets(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(inner) for inner in value]
    return value


def _as_form(text: str) -> str:
    fields = parse_qsl(text, keep_blank_values=True) if "=" in text and "\n" not in text.strip() else []
    return "\n".join(f"{name} = {MASK if _SECRET_NAME.search(name) else value}" for name, value in fields)


def _masked(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return _SIGNED_LINK.sub(rf"\1{MASK}", text)
