"""Email addresses as identities: which are accepted, and when two are the same person.

Rules: local parts are ASCII and never folded but for ASCII case; domains become lower-case A-labels (IDNA 2008; of
capitals, those are lowered that are their small letter's only one). No other folding: `.lower()`, `.casefold()` and
NFKC map distinct Unicode addresses onto one another, and so would hand one customer's purchases to another.
"""

import re
import unicodedata

import idna
from email_validator import EmailNotValidError, validate_email

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ORDINARY = re.compile(
    rf"(?=.{{1,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@"
    r"(?:(?!..--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"(?!(?i:arpa|invalid|local|localhost|onion|test)\Z)[A-Za-z]{2,63}"
)
"""Nearly all addresses: what this matches is right beyond doubt. All else is the library's to judge, which takes a
hundred times as long."""

_LOOKALIKE = frozenset({"LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC"})
"""Alphabets whose letters are taken for one another's; a Japanese domain may well hold Latin ones."""


def normalise(text: str) -> str:
    """The address as it is stored and mailed: local part verbatim, domain as a lower-case A-label.

    Raises ValueError saying what's wrong: no `@`, line breaks, a non-ASCII local part, an impossible domain, too long.
    """
    if _ORDINARY.fullmatch(text):
        local, _, domain = text.partition("@")
        return f"{local}@{domain.lower()}"
    try:
        found = validate_email(
            text, allow_smtputf8=False, check_deliverability=False, test_environment=True, strict=True
        )
    except EmailNotValidError as error:
        raise ValueError(f"is no email address: {_plain(str(error))}") from None
    domain = _a_labels(text.rpartition("@")[2])
    if any(len(_alphabets(label)) > 1 for label in domain.split(".")):
        raise ValueError("is no email address: a word of its domain mixes letters of two alphabets that look alike")
    return f"{found.local_part}@{domain}"


def identity(address: str) -> str:
    """The key under which an address is one customer's: ASCII case folded, nothing else."""
    if address.isascii():
        return address.lower()
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in address)


def masked(address: str) -> str:
    """The address as a page may show it to somebody unproven: `f•••@customer.example`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def _a_labels(domain: str) -> str:
    # Strict IDNA 2008 without the UTS 46 mapping, which turns the Kelvin sign into a k, and so two inputs into one.
    try:
        return identity(domain) if domain.isascii() else idna.encode(_lower(domain), strict=True).decode("ascii")
    except idna.IDNAError:
        raise ValueError("is no email address: the domain after the @ holds letters that no domain has") from None


def _lower(domain: str) -> str:
    """Capitals of which each is the only one of its small letter (RFC 5895 section 2): no two domains become one."""
    return "".join(small if (small := letter.lower()).upper() == letter else letter for letter in domain)


def _alphabets(label: str) -> set[str]:
    # Registries sell no such word; whoever writes a Cyrillic a into a Latin name wants to be taken for another.
    letters = idna.ulabel(label) if label.startswith("xn--") else label
    return {name for letter in letters if (name := unicodedata.name(letter, "").partition(" ")[0]) in _LOOKALIKE}


def _plain(reason: str) -> str:
    return reason.rstrip(".").replace("\n", " ")[:200]
