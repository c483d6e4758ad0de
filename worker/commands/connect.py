"""`connect`: an account at a provider, from nothing to its first event.

Rules: what the merchant does there is said before what is had from there is asked for; nothing is written before all is
answered; no secret is shown, nor taken from where others can see it.
"""

import asyncio
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from worker.commands.asking import Asking, NotAnswered
from worker.commands.first_event import Waiting
from worker.commands.opening import AskedWrongly, Config, open_desk
from worker.commands.questions import Question
from worker.commands.settings_file import append_table, table_text
from worker.commands.terminal import say
from worker.core.transaction import Issuer
from worker.settings import DEFAULT_FILE, KNOWN_KINDS, Settings, find_config, load_settings
from worker.sources import GUIDES, SOURCES
from worker.sources.guide import Guide

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_TAKEN = ("relay", "api")
Wrong = Callable[[str], str | None]
WAIT_MINUTES = 10.0


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Given:
    """What was typed with the command."""

    name: Annotated[str | None, Parameter(help="What the account is called here, and in its webhook's address")] = None
    secret_file: Annotated[Path | None, Parameter(help="A file with what the provider proves its events with")] = None
    api_key_file: Annotated[Path | None, Parameter(help="A file with the API key that may read")] = None
    issuer: Annotated[
        Literal["us", "provider"] | None,
        Parameter(help="Who invoices; otherwise the provider goes on, where it writes invoices, and you do elsewhere"),
    ] = None


_NOTHING = Given()


def connect(
    provider: Annotated[str, Parameter(help=f"One of {', '.join(KNOWN_KINDS)}")],
    /,
    *,
    given: Given = _NOTHING,
    yes: Annotated[bool, Parameter(help="Ask nothing: what isn't given is an error", negative="")] = False,
    wait: Annotated[bool, Parameter(help="Wait for a first event, ten minutes at most")] = True,
    config: Config = None,
) -> int:
    """Connect an account at a provider: it says what to do there, writes the settings, and waits for a first event.

    Secrets are asked for without showing them, or read from files. Where the provider writes invoices it goes on doing
    so, until you say otherwise (docs/sources.md). The exit code is 1 if no event came.

    For example:

        letterkey connect stripe
        letterkey connect thrivecart --name second-shop
        letterkey connect stripe --yes --secret-file secret.txt --api-key-file key.txt --no-wait
    """
    guide = GUIDES.get(provider)
    if guide is None:
        raise AskedWrongly(f"{provider} can't be connected; there are {', '.join(sorted(GUIDES))}")
    path, asking = config or DEFAULT_FILE, Asking("connect", typed=not yes)
    settings = load_settings(find_config(config), os.environ)
    account = _account(guide, settings, given, asking)
    _say_what_to_do(guide, settings, account)
    if account.known is None:
        values = _values(guide, account, given, asking)
        _write(path, account, values)
        issuer = values.get("issuer")
    else:
        _say_known(account.name)
        issuer = settings.sources[account.name].issuer
    say(f"\n{_about_issuer(guide, issuer)}\n\n{guide.receipts}")
    return asyncio.run(_wait_for_event(guide, account, config)) if wait else 0


@dataclass(frozen=True, slots=True)
class _Account:
    """`known`: its path secret, where the settings have it already (empty: it has none)."""

    name: str
    path_secret: str
    known: str | None

    @property
    def path(self) -> str:
        return f"/webhooks/{self.name}" + (f"/{self.path_secret}" if self.path_secret else "")


def _account(guide: Guide, settings: Settings, given: Given, asking: Asking) -> _Account:
    name = given.name or (asking.answer(_name_question(guide), None) if asking.person else guide.source)
    if not _NAME.fullmatch(name) or name in _TAKEN:
        raise AskedWrongly(f"{name} is no good name; write lower-case letters, digits, - and _, such as second-shop")
    if name in KNOWN_KINDS and name != guide.source:
        raise AskedWrongly(f"{name} is the name of another provider; --name calls this account otherwise")
    known = settings.sources.get(name)
    if known is not None and known.kind != guide.source:
        raise AskedWrongly(f"sources.{name} is an account at {known.kind}; --name calls this one otherwise")
    if known is None:
        return _Account(name, secrets.token_hex(16) if guide.secret_path else "", None)
    secret = known.path_secret.get_secret_value() if known.path_secret else ""
    return _Account(name, secret, secret)


def _name_question(guide: Guide) -> Question:
    return Question(
        "The account's name",
        f"It stands in the webhook's address. Just Enter calls it {guide.source}.",
        guide.source,
        lambda answer: answer.strip() or guide.source,
    )


def _say_what_to_do(guide: Guide, settings: Settings, account: _Account) -> None:
    say(f"\n{guide.where}:\n")
    say(f"  {settings.base_url}{account.path}\n")
    say("with these events:\n")
    for event in guide.events:
        say(f"  {event}")
    if not settings.base_url.startswith("https://"):
        say(f"\nbase_url is {settings.base_url}: {guide.provider} reaches only a public https:// address.")


def _say_known(name: str) -> None:
    say(
        f"\nsources.{name} is in the settings already and stays as it is. A new secret goes beside the old one there:\n"
    )
    say(f'  [sources.{name}]\n  secrets = ["the old one", "the new one"]')


def _values(guide: Guide, account: _Account, given: Given, asking: Asking) -> dict[str, str | list[str]]:
    """What goes into the table."""
    secret = _secret(f"{guide.provider}'s secret", guide.proof, guide.wrong_secret, given.secret_file, asking)
    if not secret:
        raise AskedWrongly(f"{guide.provider}'s secret is missing; without it anybody could forge an event")
    values: dict[str, str | list[str]] = {} if account.name == guide.source else {"kind": guide.source}
    values["secrets"] = [secret]
    if account.path_secret:
        values["path_secret"] = account.path_secret
    key = _key(guide, given, asking) if guide.api_key is not None else ""
    # A second invoice for one sale makes the merchant owe its tax twice; where nobody there writes one, there is none.
    issuer = given.issuer or ("provider" if guide.invoices_there else None)
    return values | ({"api_key": key} if key else {}) | ({"issuer": issuer} if issuer else {})


def _key(guide: Guide, given: Given, asking: Asking) -> str:
    """The API key; empty where none is given, for it can be added later."""
    file = given.api_key_file
    if file is None and not asking.person and given.secret_file is not None:
        return ""  # a script that gives files says nothing on standard input
    try:
        about = f"{guide.api_key}. Just Enter: later"
        return _secret("The API key", about, lambda key: guide.wrong_key(key) if key else None, file, asking)
    except NotAnswered:
        return ""


def _secret(title: str, about: str, wrong: Wrong, file: Path | None, asking: Asking) -> str:
    while True:
        if file is not None:
            answer = _content(file)
        else:
            if asking.person:
                say(f"\n{title}: {about}")
            answer = asking.line("  (not shown) > ", title, secret=True).strip()
        problem = wrong(answer) if answer.isprintable() else "holds letters that no secret has"
        if problem is None:
            return answer
        if file is not None or not asking.person:
            raise AskedWrongly(f"{title} {problem}")
        say(f"  This {problem}.")


def _content(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise AskedWrongly(f"{file} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise AskedWrongly(f"{file} is no text") from None


def _write(path: Path, account: _Account, values: dict[str, str | list[str]]) -> None:
    table = table_text(account.name, values)
    try:
        written = append_table(path, table)
    except FileNotFoundError:
        raise AskedWrongly(f"{path} is not there; letterkey init writes it") from None
    except OSError as error:
        raise AskedWrongly(f"{path} can't be written: {error.strerror}") from None
    if not written:
        raise AskedWrongly(f"{path} has sources in a form that no table can follow; write sources.{account.name} there")
    say(f"\n{path} has the account now, as its last table.")
    say("A running worker takes it up once it is told to: systemctl reload letterkey (or SIGHUP, or start it anew).")


def _about_issuer(guide: Guide, written: object) -> str:
    if written == "us":
        return 'You invoice: each of its sales takes a number of yours. Does anybody else? Write issuer = "provider".'
    if written is None and SOURCES[guide.source].default_issuer is Issuer.US:
        return (
            "You invoice: each sale that brings no invoice number takes one of yours, from the first on, mailed or "
            'not. Does anybody else write these invoices? Put issuer = "provider" into its table first.'
        )
    return (
        "Who writes the invoices now goes on doing so: no sale takes a number of yours. Once they are to be yours, "
        'write issuer = "us" there.'
    )


async def _wait_for_event(guide: Guide, account: _Account, config: Path | None) -> int:
    async with open_desk(config) as desk:
        waiting = Waiting(desk, account.name, account.path, desk.clock.now())
        say(f"\n{await waiting.known_to_run()}")
        say(f"Waiting for a first event; Ctrl-C ends only the waiting. {guide.test}.")
        return 0 if await waiting.until(WAIT_MINUTES * 60) else 1
