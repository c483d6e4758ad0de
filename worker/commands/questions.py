"""The five questions of `init`: what each means, an example, and how an answer is read.

Rules: an answer is read as the setting itself will be, so that what was accepted works; what is obvious is completed
(https://, the shop's name as the sender's), nothing else is guessed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from worker.settings import Server, is_loopback, reading


@dataclass(frozen=True, slots=True)
class Question:
    """`read` gives the answer as the setting spells it, or raises ValueError with what is wrong."""

    title: str
    about: str
    example: str
    read: Callable[[str], str]


def name(answer: str) -> str:
    if not answer.strip():
        raise ValueError("is empty; write the name that customers know you by")
    return reading.text(answer)


def base_url(answer: str) -> str:
    whole = answer.strip()
    found = reading.base_url(whole if "://" in whole or not whole else f"https://{whole}")
    parts = urlsplit(found)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("is plain http, where anybody on the way can read the links; write https://")
    return found


def sender(answer: str, shop: str) -> str:
    """`Name <address>`; the shop's name where only an address was written."""
    found = reading.mailbox(answer)
    shown = found.name or shop
    if any(letter in '"<>\\' for letter in shown):
        shown = '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{shown} <{found.address}>"


def relay(answer: str) -> str:
    """The URL, also of a mere host or host:port: port 465 speaks TLS at once, this machine needs none."""
    whole = answer.strip()
    if "://" in whole:
        reading.relay(whole)
        return whole
    parts = urlsplit(f"//{whole}")
    try:
        port = parts.port
    except ValueError:
        raise ValueError("has an impossible port; write host:port, like smtp.relay.example:587") from None
    scheme = "smtp" if is_loopback(parts.hostname or "") else "smtps" if port == 465 else "smtp+starttls"
    reading.relay(f"{scheme}://{whole}")
    return f"{scheme}://{whole}"


def wants_login(url: str) -> bool:
    """Whether a user and password are still to be asked for."""
    found = _server(url)
    return not found.user and not found.loopback


def with_login(url: str, user: str, password: str) -> str:
    """The URL with a login, its letters written as a URL writes them. Raises ValueError where they can't be."""
    if not user:
        return url
    scheme, _, place = url.partition("://")
    whole = f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{place}"
    _server(whole)
    return whole


def support(answer: str) -> str:
    return reading.address(answer)


def _server(url: str) -> Server:
    return reading.relay(url)


SHOP = Question(
    "The shop's name", "What customers know you by. It stands on every mail and page.", "Ada's Courses", name
)
PUBLIC = Question(
    "The public address",
    "Links in mails begin with it: a name of yours that leads to this machine, with https in front.",
    "https://purchases.shop.example",
    base_url,
)
RELAY = Question(
    "The relay",
    "The outgoing mail server (SMTP) that your mail provider or sending service names, with its port.",
    "smtp.relay.example:587",
    relay,
)
SUPPORT = Question(
    "The address for help", "A mailbox that people read: customers are sent there, and so are alerts.",
    "help@shop.example", support,
)  # fmt: skip


def sender_question(shop: str) -> Question:
    """The sender, who is called like the shop unless another name is written."""
    return Question(
        "The sender",
        "Who mails come from. The relay must let you send as this address; customers see it.",
        "shop@shop.example",
        lambda answer: sender(answer, shop),
    )
