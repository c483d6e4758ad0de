"""All that the checks work with: the settings, and the ways out into the world."""

from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from worker.clock import Clock
from worker.core.web_call import Answer
from worker.mail.lookup import Kind
from worker.net.dns import Resolver
from worker.net.web_call import Caller
from worker.settings import Keys, Problem, Settings
from worker.store.condition import Condition


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody else's clock said, and how far ours was from it, in seconds. `others` surely isn't our own."""

    who: str
    behind: float
    others: bool = True


@dataclass(frozen=True, slots=True)
class Scene:
    """`settings` with what was made over them in the console (`ignored` of it can't be); `condition`: the database's.

    `keys` is None before the first start, or where they can't be read, which `problems` says; `resolver` None where
    nobody can be asked, for the reason `unasked`. What takes long is tried if `deep`, and a mail is sent if
    `test_receipt`.

    `clocks` collects what others said of the time, while they were asked for something else.
    """

    settings: Settings
    ignored: tuple[Problem, ...]
    condition: Condition
    file: Path | None
    keys: Keys | None
    clock: Clock
    call: Caller
    resolver: Resolver | None = None
    unasked: str = ""
    deep: bool = False
    test_receipt: bool = False
    problems: tuple[str, ...] = ()
    clocks: list[Told] = field(default_factory=list)

    def ask(self, name: str, kind: Kind) -> tuple[str, ...] | None:
        """What DNS says; None where it can't be told. It waits, so call it in a thread."""
        return self.resolver.ask(name, kind) if self.resolver is not None else None

    def note_time(self, who: str, micros: int, *, others: bool = True) -> None:
        """Somebody's clock just said this."""
        self.clocks.append(Told(who, (micros - self.clock.now()) / 1_000_000, others))

    def note_date(self, who: str, answer: Answer, *, others: bool = True) -> None:
        """What a web server's Date header says, if it has one that can be read."""
        try:
            told = parsedate_to_datetime(answer.headers["date"]).timestamp()
        except (KeyError, ValueError):
            return
        self.note_time(who, int(told * 1_000_000), others=others)

    @property
    def host(self) -> str:
        """Of the public address."""
        return urlsplit(self.settings.base_url).hostname or ""
