"""Ready words → bytes, by the product and by the standard library: `python -m bench.composers NAME FILE`.

The words are those of saved letters; the measurement goes to stdout as JSON.
"""

import sys
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from bench.letters import load
from bench.measured import Measured, Stopwatch
from worker.exit.letters import Letter
from worker.mail.compose import compose, compose_with_library
from worker.mail.message import Mailbox, Message

COMPOSERS: dict[str, Callable[[Message], bytes]] = {"product": compose, "library": compose_with_library}


def _measure(composer: Callable[[Message], bytes], letters: list[Letter]) -> Measured:
    messages = [_message(letter, number) for number, letter in enumerate(letters)]
    watch = Stopwatch()
    for message in messages:
        composer(message)
    return watch.stop(len(messages))


def _message(letter: Letter, number: int) -> Message:
    mail = message_from_bytes(letter.raw, policy=default)
    parts = [part.get_content() for part in mail.iter_parts()]
    return Message(
        message_id=f"<{number}@example.org>",
        date=number * 1_000_000,
        sender=Mailbox("Atelier Nord", letter.sender),
        to=Mailbox("", letter.recipient),
        reply_to=Mailbox("Atelier Nord", "access@example.org"),
        subject=mail["Subject"],
        text=parts[0],
        html=parts[1],
    )


if __name__ == "__main__":
    print(_measure(COMPOSERS[sys.argv[1]], load(Path(sys.argv[2]))).as_json())
