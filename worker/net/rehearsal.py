"""A rehearsal at the relay: connect, secure, sign in, name senders and a recipient, and take it all back (RSET).

No mail is sent, and none could be: DATA is never said.
"""

import contextlib
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from aiosmtplib import SMTP, SMTPException

from worker.core.outcome import Outcome, Phase, replied
from worker.net.relay_address import RelayAddress, Timeouts
from worker.net.smtp_end import outcome_of, redacted
from worker.net.smtp_opening import Opening

_DATE = re.compile(r"(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")
"""As Exim and Sendmail greet."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """`refused` ended it before any sender could be named; `senders` has what was said to each, None for yes.

    `ends` is when the relay's certificate ends and `told` the time that it greeted with, in microseconds.
    """

    refused: Outcome | None = None
    senders: tuple[tuple[str, Outcome | None], ...] = ()
    ends: int | None = None
    told: int | None = None


async def rehearse(relay: RelayAddress, senders: Sequence[str], recipient: str, timeouts: Timeouts) -> Rehearsed:
    """What the relay says to each sender; whatever it does is a value."""
    opening = Opening(relay, timeouts)
    try:
        client = await opening.run()
        ends, told = _ends(client), _told(opening.greeting)
        answers = [(sender, await _named(client, sender, recipient, timeouts.command)) for sender in senders]
        with contextlib.suppress(SMTPException, OSError):
            await client.quit(timeout=timeouts.quit)
        return Rehearsed(None, tuple(answers), ends, told)
    except Exception as error:  # whatever a broken relay provokes in the library
        return Rehearsed(redacted(opening.outcome(error), relay.password))
    finally:
        opening.abandon()


async def _named(client: SMTP, sender: str, recipient: str, seconds: float) -> Outcome | None:
    for phase, words in ((Phase.MAIL, f"FROM:<{sender}>"), (Phase.RCPT, f"TO:<{recipient}>")):
        try:
            answer = await client.execute_command(phase.name.encode(), words.encode(), timeout=seconds)
        except Exception as error:
            return outcome_of(phase, error)
        if answer.code not in (250, 251):
            await client.rset(timeout=seconds)
            return replied(phase, answer.code, answer.message)
    await client.rset(timeout=seconds)
    return None


def _ends(client: SMTP) -> int | None:
    certificate = client.get_transport_info("peercert")
    return ssl.cert_time_to_seconds(certificate["notAfter"]) * 1_000_000 if certificate else None


def _told(greeting: str) -> int | None:
    found = _DATE.search(greeting)
    return int(parsedate_to_datetime(found[0]).timestamp() * 1_000_000) if found else None
