"""Names that strangers chose, made fit for paper.

Rules: a name is shown, never obeyed: no direction overrides that turn a sentence around, no address of the web that a
mail program would make a link of ("Refund at evil.com"), no name longer than a line. The stored name stays as it is.
"""

import re

LONGEST = 80
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]")
_SCHEME = re.compile(r"(?i)\b(?:https?|ftp|mailto|javascript|data)\s*:\s*/*|://")
_DOT_IN_WORD = re.compile(r"(?<=\w)([.@])(?=\w{2})")
_UNSEEN_BREAK = "\u200b"
"""Mail programs make a link of `evil.com`, but not of two words with a space of no width between them."""


_PROVIDERS = {
    "stripe": "Stripe",
    "thrivecart": "ThriveCart",
    "paypal": "PayPal",
    "paddle": "Paddle",
    "lemonsqueezy": "Lemon Squeezy",
    "gumroad": "Gumroad",
}


def provider(source: str) -> str:
    """What people call a source."""
    return _PROVIDERS.get(source, source)


def shown(name: str) -> str:
    """`name` as a page shows it: on one line, in its own direction."""
    return _OVERRIDES.sub("", name) if not name.isascii() else name


def mailed(name: str, longest: int = LONGEST) -> str:
    """`name` as a mail shows it: short, and nothing in it becomes a link."""
    name = shown(name)
    if len(name) > longest:
        name = name[: longest - 1].rstrip() + "…"
    if "." in name or ":" in name or "@" in name:
        name = _DOT_IN_WORD.sub(lambda found: found[1] + _UNSEEN_BREAK, _SCHEME.sub("", name))
    return name
