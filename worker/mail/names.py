"""Cleaning of what people typed, before it enters a header.

Rules:
- Nothing that could end a header, begin another one or be decoded into one leaves this module.
- Letters of every script, emoji and their joiners stay; what only hides or reorders text goes.
- Cleaning twice changes nothing more.
"""

from __future__ import annotations

import re
import unicodedata

NAME_LIMIT = 80  # long enough for people and companies, too short for an advertisement
SUBJECT_LIMIT = 200  # mail clients show about 80

# Controls, lone surrogates, zero-width fillers, and the bidi overrides and isolates that make `gpj.exe` read `exe.jpg`.
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_ENCODED_WORD = re.compile(r"=\?.*?\?=")  # a decoder would turn `=?utf-8?q?Bcc=3A?=` into a header's syntax
_URL = re.compile(r"[^\s:]*://\S*|\bwww\.", re.IGNORECASE)
_JOINER = "\u200d"
_LOOK_BACK = 32  # no honest emoji or letter with its marks is longer


def clean_name(text: str) -> str:
    """A person's or company's name for a header: one line, no link, at most 80 characters; may come out empty."""
    return _cap(_one_line(_URL.sub(" ", _without_tricks(text))), NAME_LIMIT)


def clean_subject(text: str) -> str:
    """A subject line: one line, at most 200 characters."""
    return _cap(_one_line(_without_tricks(text)), SUBJECT_LIMIT)


def clean_line(text: str) -> str:
    """Any other header's value: one line, nothing hidden, not shortened."""
    return _one_line(_HIDDEN.sub("", text))


def _without_tricks(text: str) -> str:
    # A space takes the place of what is removed, so that the pieces beside it can't join into a new trick.
    return _ENCODED_WORD.sub(" ", _one_line(_HIDDEN.sub("", text)))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cap(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    cut = next((at for at in range(limit, limit - _LOOK_BACK, -1) if _may_cut(text, at)), limit)
    return text[:cut].rstrip()


def _may_cut(text: str, at: int) -> bool:
    """Whether a reader sees two signs, not one torn apart, when `text` is cut before index `at`."""
    after = text[at]
    if after == _JOINER or text[at - 1] == _JOINER or _extends(after):
        return False
    return not (_is_flag_half(after) and _flag_halves_before(text, at) % 2)


def _extends(char: str) -> bool:
    is_mark = unicodedata.category(char) in ("Mn", "Mc", "Me")  # variation selectors are marks too
    return is_mark or "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f"


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flag_halves_before(text: str, at: int) -> int:
    start = at
    while start > 0 and _is_flag_half(text[start - 1]):
        start -= 1
    return at - start
