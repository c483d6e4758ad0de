"""`init`: five questions, and the settings file is there.

Rules: nothing is written before all is answered, so Ctrl-C leaves nothing behind; a wrong answer is told and asked
again, but only of a person: a script hears of it and ends. A password is never shown.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from worker.commands import questions
from worker.commands.asking import Asking
from worker.commands.first_settings import Answers, settings_text, write_settings
from worker.commands.opening import AskedWrongly, Config
from worker.commands.terminal import say
from worker.settings import DEFAULT_FILE, SettingsError, load_settings


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Given:
    """What was typed with the command."""

    name: Annotated[str | None, Parameter(help="The shop's name")] = None
    base_url: Annotated[str | None, Parameter(help="The public address, https://…")] = None
    sender: Annotated[str | None, Parameter(help="Who mails come from")] = None
    relay: Annotated[str | None, Parameter(help="host:port of the relay, or its whole smtp URL")] = None
    relay_user: Annotated[str | None, Parameter(help="Who signs in at the relay; empty: nobody")] = None
    relay_password_file: Annotated[Path | None, Parameter(help="A file with the relay's password")] = None
    support: Annotated[str | None, Parameter(help="The address for help")] = None


_NOTHING = Given()


def init(
    *,
    given: Given = _NOTHING,
    yes: Annotated[bool, Parameter(help="Ask nothing: what isn't given is an error", negative="")] = False,
    force: Annotated[bool, Parameter(help="Replace a settings file that is there", negative="")] = False,
    config: Config = None,
) -> int:
    """Ask five things and write the settings file, ./letterkey.toml.

    It begins with the customer hub alone: no receipt goes out, nobody is invoiced, no DNS record is needed. A script
    gives the answers by options, or one a line on standard input.

    For example:

        letterkey init
        letterkey init --force < answers.txt
        letterkey init --yes --name "Ada's Courses" --base-url https://… --sender … --relay … --support …
    """
    path = config or DEFAULT_FILE
    if path.exists() and not force:
        raise AskedWrongly(f"{path} is there already; --force replaces it, --config names another file")
    text = settings_text(_answers(given, Asking("init", typed=not yes)))
    try:
        write_settings(path, text, replace=force)
    except FileExistsError:
        raise AskedWrongly(f"{path} was made by somebody else just now; look at it first") from None
    except OSError as error:
        raise AskedWrongly(f"{path} can't be written: {error.strerror}") from None
    _say_what_next(path)
    return 0


def _answers(given: Given, asking: Asking) -> Answers:
    if asking.person:
        say("Five questions. Nothing is written before the last is answered; Ctrl-C leaves all as it was.")
    name = asking.answer(questions.SHOP, given.name)
    return Answers(
        name,
        asking.answer(questions.PUBLIC, given.base_url),
        asking.answer(questions.sender_question(name), given.sender),
        _relay(given, asking),
        asking.answer(questions.SUPPORT, given.support),
    )


def _relay(given: Given, asking: Asking) -> str:
    """With the login, asked for where the address has none and is another machine."""
    url = asking.answer(questions.RELAY, given.relay)
    if not questions.wants_login(url):
        return url
    while True:
        user = given.relay_user
        if user is None and asking.typed:
            user = asking.line("  user (empty: it asks for none) > ", "The relay's user").strip()
        try:
            return questions.with_login(url, user or "", _password(given, asking) if user else "")
        except ValueError as error:
            if given.relay_password_file is not None:  # it would say the same again
                raise AskedWrongly(f"{questions.RELAY.title} {error}") from None
            asking.wrong(questions.RELAY, error)


def _password(given: Given, asking: Asking) -> str:
    if given.relay_password_file is not None:
        password = given.relay_password_file.read_text(encoding="utf-8").strip()
    else:
        password = asking.line("  password (not shown) > ", "The relay's password", secret=True)
    if not password:
        raise ValueError("has a user but no password; write both, or leave the user empty")
    return password


def _say_what_next(path: Path) -> None:
    own = "" if path == DEFAULT_FILE else f" --config {path}"
    say(f"\n{path} is written, for your eyes only. It begins with the customer hub: no receipt goes out yet.\n")
    for problem in _problems(path):
        say(f"Before it can run: {problem}\n")
    for command, why in (
        ("check", "tries all of it, and says what to do where something is wrong"),
        ("connect stripe", "or paddle, paypal, …: brings your sales in"),
        ("import stripe", "brings the purchases of the past, so that customers find them"),
        ("run", "starts it; docs/operating.md has it start with the machine"),
    ):
        say(f"  {'letterkey ' + command + own:<28} {why}")


def _problems(path: Path) -> Sequence[str]:
    """What else is wrong: a variable of the environment, say."""
    try:
        return load_settings(path, os.environ).problems_for_run()
    except SettingsError as error:
        return error.problems
