"""A mail that came in, by whichever way, as the row that keeps it."""

import hashlib

from worker import journal
from worker.actions.receive_mail import keep_mail
from worker.clock import Clock
from worker.mail.addresses import OurAddresses
from worker.mail.essence import identity_of
from worker.net.mail_door import Arrived
from worker.store.engine import Store
from worker.store.inbox import NewMail


def new_mail(clock: Clock, ours: OurAddresses, arrived: Arrived) -> NewMail:
    """The row of a mail; one that goes to other readers is another mail."""
    identity = identity_of(arrived.raw, "people" if ours.for_people(arrived.recipients) else "")
    return NewMail(
        id=clock.new_id(),
        received_at=clock.now(),
        peer=arrived.peer,
        sender=arrived.sender,
        recipients=arrived.recipients,
        raw=arrived.raw,
        digest=hashlib.sha256(arrived.raw).hexdigest(),
        message_id=identity.message_id,
        helo=arrived.helo,
        essence=identity.essence,
    )


async def keep(store: Store, mail: NewMail) -> None:
    """Return once the mail is durable."""
    if await store.write(lambda tx: keep_mail(tx, mail)):
        journal.mail_kept(mail.id, size=len(mail.raw or b""))
