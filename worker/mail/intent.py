"""What a person wants, read from the own words of a mail: a page to open, and whether they declare an end.

Rules: the words only choose what is shown or who reads them; nothing acts on them. A page is chosen by the subject or
the first lines. A declaration is looked for in all own words, and in doubt there is one: not where the word is negated
or asked about, unless a phrase says it outright. Quotes, signatures and the subject of another's mail don't count.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from worker.mail.intent_words import SPEECHES, Speech
from worker.mail.own_words import answers, own_text

CANCEL, INVOICE, CARD = "cancel", "invoice", "card"
_FIRST_LINES = 3
_LONGEST = 8_000
_LONGEST_LINE = 400
_MOST_LINES = 300
_GREETING = re.compile(r"\W*(?:\w+\W+){0,4}[,!，！]\s*")
_CLAUSE = re.compile(r"[.!?;,:\n。！？、，；：]+|\s[-–—]\s")
_NUMBER = re.compile(r"(?=[\w./-]*\d)[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,38}[A-Za-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Reader:
    """One language's words, compiled, with every language's ways to deny them; the dicts are by what is wanted."""

    strong: re.Pattern[str]
    wanted: dict[str, re.Pattern[str]]
    changes: re.Pattern[str]
    negated: dict[str, re.Pattern[str]]


def intent_of(subject: str, text: str) -> str | None:
    """The page that the mail asks for: `cancel`, `card`, `invoice`, or `invoice:` and the number it names."""
    lines = [*([] if answers(subject) else [subject]), *_first_lines(text)]
    for name in (CANCEL, CARD, INVOICE):
        line = next((line for line in lines if _wants(name, line)), None)
        if line is not None:
            return f"{INVOICE}:{number}" if name == INVOICE and (number := _number(lines)) else name
    return None


def declares_end(subject: str, text: str) -> bool:
    """Whether the mail declares a cancellation or withdrawal; in doubt it does."""
    lines = _own(subject, text)
    return _outright(lines) or any(_declares(clause) for clause in _clauses(lines))


def says_outright(subject: str, text: str) -> bool:
    """Whether a phrase of the mail declares an end beyond doubt, such as "I hereby cancel"."""
    return _outright(_own(subject, text))


def plain(text: str) -> str:
    """Lower case without accents, as people type in haste."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).replace("ł", "l")


def _first_lines(text: str) -> list[str]:
    lines = [line for line in own_text(text[:_LONGEST]).split("\n") if line.strip()]
    return [line for line in lines if not _GREETING.fullmatch(line)][:_FIRST_LINES]


def _own(subject: str, text: str) -> list[str]:
    """The lines with a word for an end, plain."""
    lines = [*([] if answers(subject) else [subject]), *own_text(text[:_LONGEST]).split("\n")]
    found = (plain(line[:_LONGEST_LINE]) for line in lines[:_MOST_LINES] if line.strip())
    return [line for line in found if _ends().search(line)]


def _outright(lines: Sequence[str]) -> bool:
    return any(
        reader.strong.search(line) and not reader.negated[CANCEL].search(line)
        for reader in _readers()
        for line in lines
    )


def _clauses(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield from (clause for clause in _CLAUSE.split(line) if clause)


def _wants(name: str, line: str) -> bool:
    """Questions count: who asks how to cancel wants the page on which one can."""
    clauses = [clause for clause in _CLAUSE.split(plain(line[:_LONGEST_LINE])) if clause]
    return any(
        reader.wanted[name].search(clause)
        and (name != CARD or reader.changes.search(clause))
        and not reader.negated[name].search(clause)
        for reader in _readers()
        for clause in clauses
    )


def _declares(clause: str) -> bool:
    return any(
        reader.wanted[CANCEL].search(clause)
        and not reader.negated[CANCEL].search(clause)
        and not _asks().search(clause)
        for reader in _readers()
    )


def _number(lines: Sequence[str]) -> str | None:
    """The first word with a digit behind the word for an invoice, as it is written."""
    for written in lines:
        line = unicodedata.normalize("NFKC", written[:_LONGEST_LINE])
        for reader in _readers():
            if (word := reader.wanted[INVOICE].search(plain(line))) is None:
                continue
            behind = line[min(word.end(), len(line)) :]
            if found := _NUMBER.search(behind):
                return found[0]
    return None


def _reader(of: Speech) -> _Reader:
    keys = {CANCEL: of.cancel, INVOICE: of.invoice, CARD: of.card[0]}
    denials = {
        name: "|".join(each.negated.replace("{key}", f"(?:{key})") for each in SPEECHES) for name, key in keys.items()
    }
    return _Reader(
        strong=_compiled(of.strong),
        wanted={name: _compiled(key) for name, key in keys.items()},
        changes=_compiled(of.card[1]),
        negated={name: _compiled(denial) for name, denial in denials.items()},
    )


def _compiled(pattern: str) -> re.Pattern[str]:
    """Other scripts lose their accents too; what regular expressions are made of is ASCII, and keeps its case."""
    return re.compile("".join(c if c.isascii() else plain(c) for c in pattern))


@cache  # compiling them takes a tenth of a second, which whoever reads no mail is spared at the start
def _readers() -> tuple[_Reader, ...]:
    return tuple(_reader(each) for each in SPEECHES)


@cache
def _asks() -> re.Pattern[str]:
    return _compiled("|".join(each.asks for each in SPEECHES))


@cache
def _ends() -> re.Pattern[str]:
    return _compiled("|".join(f"{each.strong}|{each.cancel}" for each in SPEECHES))
