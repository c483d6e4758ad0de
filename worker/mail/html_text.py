"""What an inbound mail's HTML shows, as far as it matters here: text with line breaks, quotes marked and left out."""

import re
from html import unescape

_TAG = re.compile(r"<(/?)([A-Za-z!?][A-Za-z0-9]*)[^<>]*>")
_BREAKS = frozenset({"br", "p", "div", "tr", "li", "blockquote", "h1", "h2", "h3"})
_UNSEEN = frozenset({"style", "script", "head", "title"})
_ENTITY = re.compile(r"&(#?\w{1,10});")


def html_text(html: str) -> str:
    """The text; each quote becomes a line that begins with `>`."""
    shown: list[str] = []
    at, quoted, unseen = 0, 0, ""
    for tag in _TAG.finditer(html):
        closing, name = tag[1] == "/", tag[2].lower()
        if not unseen and not quoted:
            shown.append(_flat(html[at : tag.start()]))
            shown.append("\n" if name in _BREAKS else "")
        at = tag.end()
        if name in _UNSEEN:
            unseen = "" if closing else unseen or name
        elif name == "blockquote":
            quoted = max(0, quoted + (-1 if closing else 1))
            shown.append("" if closing else "\n> \n")
    if not unseen and not quoted:
        shown.append(_flat(html[at:]))
    return _ENTITY.sub(_character, "".join(shown))


def _flat(text: str) -> str:
    return text.replace("\n", " ")


def _character(entity: re.Match[str]) -> str:
    return unescape(entity[0])
