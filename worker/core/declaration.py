"""A declaration: somebody says, on a page without signing in, that a contract ends or is withdrawn from.

Rules: what the law wants on it and no more (§ 312k (2) BGB; Directive 2011/83/EU Art. 11a (2)); every field is one
line, bounded, and free of control letters; nothing that was typed has to be right to be received.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from worker.core.email_address import normalise
from worker.core.provider_action import Capabilities, Verb

LONGEST = {"name": 80, "contract": 80, "email": 254, "manner": 20, "reason": 300, "end_on": 10}
"""Letters of each field, by its name: enough for people, too little for advertisements."""
_SPACES = re.compile(r"\s+")
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
_BETWEEN = re.compile(r"[\s,;:()\"„“”]+")


class What(StrEnum):
    """What is declared."""

    CANCEL = "cancel"
    WITHDRAW = "withdraw"


class Manner(StrEnum):
    """How a contract is cancelled: in the usual way, or at once for a good reason."""

    ORDINARY = "ordinary"
    EXTRAORDINARY = "extraordinary"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is declared by whom about what. `email` is normalised; `end_on` is an ISO date, None for the soonest."""

    what: What
    name: str
    contract: str
    email: str
    manner: Manner | None = None
    reason: str | None = None
    end_on: str | None = None

    @property
    def typed(self) -> dict[str, str]:
        """As the form's fields have it."""
        found = {name: getattr(self, name) for name in LONGEST}
        return {name: str(value) for name, value in found.items() if value is not None}

    def digest(self, page: str) -> str:
        """What one press of one page is: pressed twice, it is one declaration."""
        parts = (page, self.what, *(f"{name} {value}" for name, value in sorted(self.typed.items())))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class Follows(StrEnum):
    """What becomes of a declaration by itself."""

    ASKED = "asked"  # the provider is asked: it can be taken back until the period ends
    PERSON = "person"  # the merchant sees to it


@dataclass(frozen=True, slots=True)
class Named:
    """A running subscription that a declaration's number names: the ISO date on which it would end, what a program
    would be asked for, and what it can do. `verb` is None where a person would do it.
    """

    end_day: str
    verb: Verb | None
    able: Capabilities


def read_declaration(what: What, typed: Mapping[str, str]) -> Declaration | frozenset[str]:
    """The declaration, or which fields can't be taken. Raises nothing."""
    said = {name: one_line(typed.get(name, ""), most) for name, most in LONGEST.items()}
    email, cancels = _address(said["email"]), what is What.CANCEL
    missing = {name for name in ("name", "contract") if not said[name]}
    wrong = missing | ({"email"} if email is None else set())
    if cancels and said["end_on"] and _day(said["end_on"]) is None:
        wrong.add("end_on")
    if wrong or email is None:
        return frozenset(wrong)
    return Declaration(
        what=what,
        name=said["name"],
        contract=said["contract"],
        email=email,
        manner=_manner(said["manner"]) if cancels else None,
        reason=said["reason"] or None if cancels else None,
        end_on=_day(said["end_on"]) if cancels else None,
    )


def numbers_in(contract: str) -> tuple[str, ...]:
    """The order, invoice or subscription numbers that it may name: all of it, and each word with a digit."""
    words = [each.strip("#№. ") for each in (contract, *_BETWEEN.split(contract))]
    named = dict.fromkeys(word for word in words if any(letter.isdigit() for letter in word))
    return tuple(dict.fromkeys(form for word in named for form in (word, word.upper(), word.lower())))


def follows(said: Declaration, *, known: bool, named: Sequence[Named]) -> Follows:
    """What becomes of it by itself. `known`: a customer's mails go to its address; `named` are that customer's own.

    Anybody can type anybody's address and a number read from a letter. So nothing is done for it that can't be taken
    back: the provider ends it with its period and can undo that, and the customer of record hears of it at once.
    """
    if said.what is not What.CANCEL or not known or len(named) != 1:
        return Follows.PERSON
    one, wished_later = named[0], said.end_on is not None and said.end_on > named[0].end_day
    reversible = one.verb is Verb.CANCEL_AT_PERIOD_END and one.able.undo_cancel
    return Follows.ASKED if reversible and not wished_later else Follows.PERSON


def one_line(typed: str, most: int) -> str:
    """One line without letters that nobody sees: they would hide what is declared, or split a header."""
    spaced = _SPACES.sub(" ", typed)
    return "".join(letter for letter in spaced if unicodedata.category(letter) not in _UNSEEN).strip()[:most].rstrip()


def _address(typed: str) -> str | None:
    try:
        return normalise(typed)
    except ValueError:
        return None


def _manner(typed: str) -> Manner:
    return Manner.EXTRAORDINARY if typed == Manner.EXTRAORDINARY else Manner.ORDINARY


def _day(typed: str) -> str | None:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day.isoformat() if 2000 <= day.year <= 2199 else None
