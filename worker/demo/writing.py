"""A mail that the demo's visitor writes, as a new one to the shop or as a reply, handed to the worker's own mail door.

Rules: it goes to the door on this machine and nowhere else; what the door refuses is shown in the door's words.
"""

import asyncio
import smtplib
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid, parseaddr

from worker.core.email_address import normalise
from worker.demo.letter import Letter

SECONDS = 20
"""For the door to answer."""
FIRST_BUYER = "ada@example.com"
"""Of the first sample sale: from her, a mail is answered with a link."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form. `answers` is the Message-ID of the mail that it replies to."""

    sender: str
    to: str
    subject: str = ""
    text: str = ""
    answers: str = ""


def reply_to(letter: Letter) -> Draft:
    """An empty reply of the letter's recipient, as a mail program begins one."""
    said = dict(letter.headers)
    _, address = parseaddr(said.get("Reply-To") or said.get("From", ""))
    subject = letter.subject if letter.subject.startswith("Re: ") else f"Re: {letter.subject}"
    return Draft(letter.recipient, address, subject, answers=said.get("Message-ID", ""))


async def send(draft: Draft, port: int) -> str:
    """Hand it to the door; returns what stands against it, in words, or nothing where the door took it."""
    try:
        message = _message(draft)
    except ValueError as error:
        return f"This can't be sent: {error}"
    try:
        await asyncio.to_thread(_hand_over, message, draft, port)
    except smtplib.SMTPRecipientsRefused as error:
        code, words = error.recipients[draft.to]
        return _refused(code, words)
    except smtplib.SMTPResponseException as error:
        return _refused(error.smtp_code, error.smtp_error)
    except (OSError, smtplib.SMTPException):
        return "The mail door doesn't answer."
    return ""


def _message(draft: Draft) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = normalise(draft.sender), normalise(draft.to)
    message["Subject"], message["Date"] = draft.subject, formatdate()
    message["Message-ID"] = make_msgid(domain="mailbox.example.org")
    if draft.answers:
        message["In-Reply-To"] = message["References"] = draft.answers
    message.set_content(draft.text)
    return message


def _hand_over(message: EmailMessage, draft: Draft, port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="mailbox.example.org", timeout=SECONDS) as client:
        client.send_message(message, draft.sender, [draft.to])


def _refused(code: int, words: bytes | str) -> str:
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"The shop’s mail door refused it: {code} {said}"
