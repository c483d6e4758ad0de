"""The desk that finds out who really sent a mail: in threads, for they wait for DNS; many mails at a time."""

import asyncio
import importlib.util
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from worker import journal
from worker.mail.authentication import UNKNOWN, Authentication
from worker.mail.origin import Evidence, Fronts, judged
from worker.mail.public_suffixes import Suffixes, read_suffixes
from worker.net.dns import Resolver

MOST_AT_A_TIME = 64
"""Each waits a few seconds at most; where somebody's name servers are made to answer slowly, other mails go on."""


@dataclass(frozen=True, slots=True)
class Origins:
    """What it works with. Without a resolver only what our own mail server wrote down is believed."""

    fronts: Fronts
    resolver: Resolver | None
    suffixes: Suffixes

    async def of(self, evidence: Evidence, mail_id: str, threads: ThreadPoolExecutor) -> Authentication:
        """Who sent a mail. Never raises: what goes wrong here leaves it unproven."""
        lookup = self.resolver.for_one_mail() if self.resolver else None
        try:
            return await asyncio.get_running_loop().run_in_executor(
                threads, judged, evidence, self.fronts, self.suffixes, lookup
            )
        except Exception as error:  # a mail must not be lost because nobody can tell whose it is
            journal.unexpected("mail origin", error, item=mail_id)
            return UNKNOWN


NOBODY_ASKED = Origins(Fronts(), None, Suffixes())


def shipped_suffixes() -> Suffixes:
    """The list that comes with the extra `mailauth`; empty without it."""
    found = importlib.util.find_spec("authheaders")
    if found is None or found.origin is None:
        return Suffixes()
    with (Path(found.origin).parent / "public_suffix_list.txt").open(encoding="utf-8") as lines:
        return read_suffixes(lines)
