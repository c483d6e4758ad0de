"""The journal: one JSON line on stderr for each thing that happened, and one typed function for each kind of thing.

Ids and reason words only: never a token, code, address or body. How lines are written is in `lines.py`.
"""

import logging
from collections.abc import Mapping, Sequence

from worker.journal.lines import configure as configure
from worker.journal.lines import note, places_of


def started(*, version: str, faces: Sequence[str], database: str) -> None:
    note("started", "Letterkey {version} runs {faces} on {database}", version=version, faces=faces, database=database)


def stopped(*, reason: str, seconds: float) -> None:
    note("stopped", "Letterkey stopped ({reason}) after {seconds} s", reason=reason, seconds=round(seconds, 3))


def settings_in_force(*, revision: int) -> None:
    """`revision` is that of what was made in the console, 0 for nothing."""
    note("settings_in_force", "New settings are in force (console: {revision})", revision=revision)


def key_in_use(*, key: str) -> None:
    """`key` is a fingerprint."""
    note("key_in_use", "Links are signed by the key {key} from now on", key=key)


def key_rotated(*, key: str) -> None:
    note("key_rotated", "A new key is made: {key}", logging.WARNING, key=key)


def key_retired(*, key: str) -> None:
    note("key_retired", "The key {key} is retired: what it signed opens no more", logging.WARNING, key=key)


def settings_refused(*, problem: str) -> None:
    """Once for each problem."""
    sentence = "The settings were read anew and not taken, the old ones stay: {problem}"
    note("settings_refused", sentence, logging.ERROR, problem=problem)


def setting_needs_restart(*, setting: str) -> None:
    sentence = "{setting} has changed, which needs a restart; until then it stays as it was"
    note("setting_needs_restart", sentence, logging.WARNING, setting=setting)


def setting_ignored(*, setting: str, reason: str) -> None:
    sentence = "What the console says of {setting} is left out: it {reason}"
    note("setting_ignored", sentence, logging.WARNING, setting=setting, reason=reason)


def event_kept(event: str, *, source: str) -> None:
    """For debugging: what becomes of it has a line of its own, a moment later."""
    note("event_kept", "Event {event} from {source} is kept", logging.DEBUG, event=event, source=source)


def event_understood(event: str, *, source: str, outcome: str) -> None:
    note("event_understood", "Event {event} from {source}: {outcome}", event=event, source=source, outcome=outcome)


def event_quarantined(event: str, *, source: str, reason: str) -> None:
    sentence = "Event {event} from {source} is quarantined: {reason}"
    note("event_quarantined", sentence, logging.WARNING, event=event, source=source, reason=reason)


def address_asked(*, source: str, outcome: str) -> None:
    """A provider was asked for the address that a receipt waits for."""
    sentence = "{source} was asked for a customer's address: {outcome}"
    note("address_asked", sentence, source=source, outcome=outcome)


def transaction_accepted(transaction: str, *, source: str, kind: str) -> None:
    sentence = "Transaction {transaction} ({kind}) from {source} is accepted"
    note("transaction_accepted", sentence, transaction=transaction, source=source, kind=kind)


def transaction_conflict(transaction: str, *, source: str) -> None:
    sentence = "Transaction {transaction} from {source} came again with other content and was refused"
    note("transaction_conflict", sentence, logging.WARNING, transaction=transaction, source=source)


def receipt_issued(mail: str | None, *, transaction: str, style: str, number: str | None = None) -> None:
    """`mail` is the outbox item, None where the style is `none`; `number` the invoice's, where it has one."""
    sentence = "Receipt for transaction {transaction} is issued ({style}, number {number})"
    note("receipt_issued", sentence, mail=mail, transaction=transaction, style=style, number=number)


def transaction_set_aside(transaction: str) -> None:
    """Nobody knows whether it was issued before the restore."""
    sentence = "Transaction {transaction} happened before the restore, so it is set aside"
    note("transaction_set_aside", sentence, logging.WARNING, transaction=transaction)


def announcement_decided(announcement: str, *, source: str, matter: str, outcome: str) -> None:
    """`outcome` says whether it brought a mail, or why not (docs/dunning.md)."""
    sentence = "Announcement {announcement} of {source} ({matter}): {outcome}"
    note("announcement_decided", sentence, announcement=announcement, source=source, matter=matter, outcome=outcome)


def mail_sent(mail: str, *, kind: str, attempt: int, seconds: float) -> None:
    """`seconds` from the moment it was due to the relay's 250."""
    sentence = "Mail {mail} ({kind}) is sent, attempt {attempt}, {seconds} s after it was due"
    note("mail_sent", sentence, mail=mail, kind=kind, attempt=attempt, seconds=round(seconds, 3))


def mail_deferred(mail: str, *, kind: str, reason: str, reply: int | None = None, seconds: float) -> None:
    """`reply` is the relay's code, never its text, for that quotes addresses; `seconds` until the next attempt."""
    sentence = "Mail {mail} ({kind}) is deferred for {seconds} s: {reason}, reply {reply}"
    note("mail_deferred", sentence, mail=mail, kind=kind, reason=reason, reply=reply, seconds=round(seconds, 3))


def mail_failed(mail: str, *, kind: str, reason: str, reply: int | None = None) -> None:
    sentence = "Mail {mail} ({kind}) failed: {reason}, reply {reply}"
    note("mail_failed", sentence, logging.WARNING, mail=mail, kind=kind, reason=reason, reply=reply)


def mail_parked(mail: str, *, kind: str, attempt: int) -> None:
    sentence = "Mail {mail} ({kind}) is parked after attempt {attempt}: nobody knows whether it arrived"
    note("mail_parked", sentence, logging.WARNING, mail=mail, kind=kind, attempt=attempt)


def relay_paused(*, reason: str, reply: int | None = None) -> None:
    sentence = "The relay is paused: {reason}, reply {reply}; nothing is lost, one mail a minute tries it"
    note("relay_paused", sentence, logging.ERROR, reason=reason, reply=reply)


def relay_unreachable(*, reason: str, reply: int | None = None, seconds: float) -> None:
    """Once a back-off step, not once a mail; `seconds` until the next try."""
    sentence = "The relay can't be used just now: {reason}, reply {reply}; next try in {seconds} s"
    note("relay_unreachable", sentence, logging.WARNING, reason=reason, reply=reply, seconds=round(seconds, 3))


def relay_resumed(*, seconds: float) -> None:
    note("relay_resumed", "The relay takes mail again after {seconds} s", seconds=round(seconds, 3))


def action_taken(action: str, *, source: str, verb: str, result: str) -> None:
    """Asked for and taken; that it is so is said by the provider's word, which may have come with the answer."""
    sentence = "Action {action} ({verb}) was asked of {source}: {result}"
    note("action_taken", sentence, action=action, source=source, verb=verb, result=result)


def action_deferred(action: str, *, source: str, result: str, status: int | None, seconds: float) -> None:
    """`status` is HTTP's, None where no answer came; `seconds` until the next try."""
    sentence = "Action {action} was not taken by {source}: {result}, status {status}; next try in {seconds} s"
    fields = {"source": source, "result": result, "status": status, "seconds": round(seconds, 3)}
    note("action_deferred", sentence, logging.WARNING, action=action, **fields)


def action_by_hand(action: str, *, source: str, result: str, status: int | None) -> None:
    sentence = "Action {action} is handed to the merchant, for {source} did not do it: {result}, status {status}"
    note("action_by_hand", sentence, logging.WARNING, action=action, source=source, result=result, status=status)


def link_requested(request: str, *, outcome: str) -> None:
    """Says nothing of whether the address is a customer's."""
    note("link_requested", "Link request {request}: {outcome}", request=request, outcome=outcome)


def declared(declaration: str, *, kind: str) -> None:
    """Says nothing of who declared it, nor of what was found."""
    note("declared", "Declaration {declaration} received: {kind}", declaration=declaration, kind=kind)


def link_redeemed(*, customer: str, by: str) -> None:
    note("link_redeemed", "Customer {customer} came in by {by}", customer=customer, by=by)


def signed_out(*, customer: str, everywhere: bool) -> None:
    note(
        "signed_out",
        "Customer {customer} signed out (everywhere: {everywhere})",
        customer=customer,
        everywhere=everywhere,
    )


def merchant_in(*, by: str) -> None:
    note("merchant_in", "A merchant came into the console, by a {by}", by=by)


def merchant_out(*, everywhere: bool) -> None:
    note("merchant_out", "A merchant left the console", everywhere=everywhere)


def listening(*, hub: str, ops: str | None) -> None:
    note("listening", "The hub listens on {hub}, for operators on {ops}", hub=hub, ops=ops)


def mail_door_open(*, listen: str) -> None:
    note("mail_door_open", "Mail is taken in on {listen}", listen=listen)


def certificate_renewed() -> None:
    note("certificate_renewed", "The mail door shows the certificate that its files hold now")


def certificate_refused(*, reason: str) -> None:
    sentence = "The mail door's new certificate can't be used: {reason}; it goes on with the old one"
    note("certificate_refused", sentence, logging.ERROR, reason=reason)


def forgotten(counts: Mapping[str, int]) -> None:
    """What was kept for its time, and how much of it."""
    note("forgotten", "Forgotten in time: {items}", items=[f"{name} {count}" for name, count in counts.items()])


def mail_kept(mail: str, *, size: int) -> None:
    """`mail` is our id of it, `size` in bytes."""
    note("mail_kept", "Mail {mail} of {size} bytes came in and is kept", mail=mail, size=size)


def mail_passed_by(mail: str, *, outcome: str, size: int) -> None:
    """A mail of ours that was left in its mailbox, unread; `mail` is our id of the record."""
    sentence = "A mail of {size} bytes was left in the mailbox ({outcome}); it is recorded as {mail}"
    note("mail_passed_by", sentence, logging.WARNING, mail=mail, outcome=outcome, size=size)


def mailbox_open(*, idle: bool) -> None:
    """`idle`: the server tells of new mails by itself, else it is asked."""
    note("mailbox_open", "The mailbox is watched (the server tells of new mails: {idle})", idle=idle)


def mailbox_fails(*, reason: str, detail: str, seconds: float) -> None:
    """Not every one of many in a row; `seconds` until the next try. A refused login waits long, to lock no account."""
    sentence = "The mailbox can't be read: {reason} ({detail}); next try in {seconds} s"
    note("mailbox_fails", sentence, logging.WARNING, reason=reason, detail=detail, seconds=seconds)


def mailbox_keeps(*, uid: int) -> None:
    """The server moves nothing for us: the mail is answered, but stays where it is."""
    note("mailbox_keeps", "The mailbox doesn't let mail {uid} be put away", logging.WARNING, uid=uid)


def mail_received(mail: str, *, outcome: str, reason: str | None, forwarded: bool) -> None:
    sentence = "Mail {mail} that came in is {outcome} ({reason}), forwarded: {forwarded}"
    note("mail_received", sentence, mail=mail, outcome=outcome, reason=reason, forwarded=forwarded)


def mail_unproven(*, reason: str) -> None:
    """DNS can't be asked, so nobody's address is ever verified, except by a mail server in front."""
    note("mail_unproven", "No mail can be proven to be from its sender: {reason}", logging.WARNING, reason=reason)


def event_refused(*, source: str, reason: str) -> None:
    """Somebody's event is not proven to be the provider's: a forger, or a secret that is set wrongly."""
    sentence = "An event for {source} was refused: {reason}"
    note("event_refused", sentence, logging.WARNING, source=source, reason=reason)


def request_answered(*, route: str, method: str, status: int, seconds: float) -> None:
    """`route` is a pattern such as `/documents/{token}`, never the path itself. What went well is for debugging."""
    sentence = "{method} {route} was answered {status} after {seconds} s"
    level = logging.DEBUG if status < 400 else logging.INFO
    note("request_answered", sentence, level, route=route, method=method, status=status, seconds=round(seconds, 6))


def unexpected(where: str, error: BaseException, *, item: str | None = None) -> None:
    """An error that nobody planned for: its type and where it arose, not its text, for that may quote a customer."""
    sentence = "Unexpected {error} in {where} at item {item}: {places}"
    name, places = type(error).__qualname__, places_of(error)
    note("unexpected", sentence, logging.ERROR, where=where, item=item, error=name, places=places)
