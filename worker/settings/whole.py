"""All settings of one installation, with what follows from several of them together."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ModelWrapValidatorHandler, PrivateAttr, SecretStr, model_validator

from worker.settings.checks import FACES, run_problems
from worker.settings.model import Tables
from worker.settings.names import Key
from worker.settings.values import Database


@dataclass(frozen=True, slots=True)
class Origin:
    """Where each key was given, as `letterkey.toml:7`, or nothing, and all that was given, as it was written.

    Settings are equal wherever they come from.
    """

    of: Callable[[Key], str] = field(default=lambda key: "", compare=False)
    given: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


class Settings(Tables):
    _origin: Origin = PrivateAttr(default_factory=Origin)

    @model_validator(mode="wrap")
    @classmethod
    def _keep_given(cls, given: Any, read: ModelWrapValidatorHandler["Settings"]) -> "Settings":
        settings = read(given)
        settings._origin = Origin(given=given if isinstance(given, Mapping) else {})
        return settings

    @property
    def given(self) -> Mapping[str, Any]:
        """What these settings were read from, as it was written."""
        return self._origin.given

    def given_at(self, key: Key) -> str:
        """Where a setting was given, as `letterkey.toml:7` or a variable's name; empty where it has its default."""
        return self._origin.of(key)

    @property
    def database(self) -> Database:
        """The database that is set, else SQLite in the state directory."""
        if self.database_url is not None:
            return self.database_url
        path: Path = self.state_dir / "letterkey.db"
        return Database("sqlite", SecretStr(f"sqlite:///{path}"), path)

    @property
    def shop_name(self) -> str:
        """What customers know the merchant by."""
        sender = self.mail.from_
        return self.business.name or (sender and (sender.name or sender.address.partition("@")[2])) or ""

    @property
    def receipt_reply_to(self) -> str | None:
        """Where a reply to a receipt goes; None leaves it to the sender's address."""
        if self.receipts.reply_to == "access" and self.mail.access_address:
            return self.mail.access_address
        return self.business.support_email

    @property
    def forward_to(self) -> str | None:
        """Where people's own words go."""
        return self.inbound.forward_to or self.business.support_email

    @property
    def people_read_mailbox(self) -> bool:
        """Whether what we would forward lands in the very mailbox that we watch: its user's address is `forward_to`."""
        imap = self.inbound.imap_url
        user, forward_to = (imap.user if imap else None) or "", self.forward_to or ""
        return bool(user) and user.lower() == forward_to.lower()

    @property
    def alert_addresses(self) -> tuple[str, ...]:
        """Who hears of trouble."""
        support = self.business.support_email
        return self.alerts.to or ((support,) if support else ())

    def problems_for_run(self, only: Collection[str] = FACES) -> list[str]:
        """Why a `run` of these faces must not start, one sentence each; empty when it may."""
        told = ((each, self._origin.of(each.because or each.key)) for each in run_problems(self, only))
        return [f"{place and f'{place}: '}{'.'.join(each.key)} {each.text}" for each, place in told]

    def read_from(self, place: Callable[[Key], str]) -> "Settings":
        """These settings, which can say where they were given."""
        self._origin = Origin(place, self._origin.given)
        return self
