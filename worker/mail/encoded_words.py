"""RFC 2047: text that isn't plain ASCII, spelled as encoded words.

Rules:
- An encoded word is at most 75 characters long and never splits a character: every one can be read alone.
- The alphabet is the strictest of the RFC (section 5, rule 3), so a word may stand in a display name.
- Q, which leaves Latin text readable in a log, is taken unless it would be more than half longer than B.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator

ENCODED_LINE = 76  # of a header line that holds an encoded word
_FRAME = len("=?utf-8?q??=")
_KEPT = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_SPELLED = {**{byte: f"={byte:02X}" for byte in range(256) if byte not in _KEPT}, 0x20: "_"}
_Q = tuple(_SPELLED.get(byte, chr(byte)) for byte in range(256))


def encoded_words(text: str, column: int) -> str:
    """`text` as encoded words, one a line; the first begins at `column` of its line, the others after a space."""
    raw = [char.encode() for char in text]
    in_q = ["".join(_Q[byte] for byte in char) for char in raw]
    if sum(map(len, in_q)) <= 2 * sum(map(len, raw)):
        pieces = ["".join(in_q[piece]) for piece in _pieces([len(char) for char in in_q], column, _room_q)]
        return _frame("q", pieces)
    pieces = [
        b64encode(b"".join(raw[piece])).decode("ascii") for piece in _pieces(list(map(len, raw)), column, _room_b)
    ]
    return _frame("b", pieces)


def _pieces(sizes: list[int], column: int, room: Callable[[int], int]) -> Iterator[slice]:
    """Cut where a line is full; `sizes` says what each character takes of a line's room."""
    start, left = 0, room(ENCODED_LINE - column - _FRAME)
    for at, size in enumerate(sizes):
        if size > left:
            yield slice(start, at)
            start, left = at, room(ENCODED_LINE - 1 - _FRAME)
        left -= size
    yield slice(start, len(sizes))


def _room_q(columns: int) -> int:
    return columns


def _room_b(columns: int) -> int:
    return columns // 4 * 3


def _frame(method: str, pieces: list[str]) -> str:
    return "\r\n ".join(f"=?utf-8?{method}?{piece}?=" for piece in pieces)
