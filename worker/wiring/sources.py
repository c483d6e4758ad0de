"""What the settings mean to the accounts at providers: who reads their events, and who asks them."""

from importlib.util import find_spec

from worker.intake.inquiries import Asked
from worker.settings import Settings, SettingsError
from worker.settings import Source as AccountTable
from worker.sources import COMPLETINGS, LOOKUPS, SOURCES
from worker.sources.account import Account
from worker.sources.completing import Completing
from worker.sources.event import Source


def sources_of(settings: Settings) -> dict[str, Source]:
    """The reader of each provider account, by the account's name."""
    return {name: SOURCES[source.kind].of(account_of(source)) for name, source in settings.sources.items()}


def provable_sources_of(settings: Settings) -> dict[str, Source]:
    """The same, for who takes events. Raises SettingsError where an account's events could not be proven."""
    found = sources_of(settings)
    problems = [
        f"sources.{name} needs a path_secret, for some events of {source.name} have no other proof; write a long "
        f"random word, and end the address there with /{name}/ and that word"
        for name, source in found.items()
        if source.needs_secret_path and not settings.sources[name].path_secret
    ]
    if any(source.name == "paypal" for source in found.values()) and find_spec("cryptography") is None:
        problems.append("sources.paypal needs a library that isn't installed: pip install 'letterkey[paypal]'")
    if problems:
        raise SettingsError(problems)
    return found


def account_of(source: AccountTable) -> Account:
    """The account that a source's table describes; its key is empty where there is none."""
    return Account(source.api_key.get_secret_value() if source.api_key else "", source.api_url)


def asked_of(settings: Settings) -> dict[str, Asked]:
    """The accounts that can be asked who a customer is, by their names."""
    return {
        name: Asked(LOOKUPS[each.kind], Account(each.api_key.get_secret_value(), each.api_url))
        for name, each in settings.sources.items()
        if each.api_key is not None and each.kind in LOOKUPS
    }


def completed_of(settings: Settings) -> dict[str, tuple[Completing, Account]]:
    """The accounts that can be asked for what their events leave out, by their names, and how."""
    return {
        name: (COMPLETINGS[each.kind], account_of(each))
        for name, each in settings.sources.items()
        if each.api_key is not None and each.kind in COMPLETINGS
    }
