"""A receipt for a made-up sale to the merchant's own mailbox, by the running worker: all the way to the relay's yes.

Only where it was asked for: it is the one check that sends a mail. It is marked as a test and takes no number.
"""

import asyncio

from worker.actions.mail_receipt import mail_test_receipt
from worker.checks.finding import Area, Finding
from worker.checks.listeners import runs
from worker.checks.scene import Scene
from worker.core.delivery import MailState
from worker.core.fresh import Fresh
from worker.core.sample import sample_invoice
from worker.core.transaction import Style
from worker.store import outbox
from worker.store.engine import Store, StoreRefused, StoreUnavailable
from worker.store.opening import open_store
from worker.store.outbox import OutboxItem
from worker.wiring.policy import policy_of

AREA = Area("receipt")
LOOKS, SECONDS = 120, 0.5
"""A minute: a worker takes a mail at once, a relay its time."""
_WAITING = (MailState.DUE, MailState.SENDING)


async def check_receipt(scene: Scene) -> list[Finding]:
    """Nothing where it wasn't asked for."""
    if not scene.test_receipt:
        return []
    to = scene.settings.business.support_email
    if to is None:
        return [AREA.untried("test", "business.support_email is not set", "set it, or use letterkey test-receipt")]
    if not await runs(scene):
        return [AREA.untried("test", "letterkey run isn't running", "start it, and check again while it runs")]
    try:
        store = await open_store(scene.settings.database.url.get_secret_value(), scene.clock.now)
    except StoreRefused as error:
        return [AREA.untried("test", str(error))]
    try:
        return [_told(await _sent(store, scene, to), to)]
    except StoreUnavailable as error:
        return [AREA.untried("test", f"the database can't take it now: {error}", "try again later")]
    finally:
        await store.close()


async def _sent(store: Store, scene: Scene, to: str) -> OutboxItem:
    """The mail as it stands once the worker has tried it, or after a minute."""
    clock, policy = scene.clock, policy_of(scene.settings)
    fresh = Fresh(clock.now(), clock.new_id, clock.secret_id)
    style = policy.receipts.style if policy.receipts.style is not Style.NONE else Style.INVOICE
    sample = sample_invoice(policy, fresh.now)
    item = await store.write(lambda tx: mail_test_receipt(tx, sample, (to, style), policy, fresh))
    for _ in range(LOOKS):
        await asyncio.sleep(SECONDS)
        found = await store.read(lambda tx: outbox.by_id(tx, item))
        if found is not None and found.state not in _WAITING:
            break
    assert found is not None, "nothing deletes a mail that was just queued"
    return found


def _told(mail: OutboxItem, to: str) -> Finding:
    if mail.state is MailState.SENT:
        return AREA.works("test", f"the relay took a test receipt to {to}; look whether it arrived, and not as spam")
    said = mail.reply or mail.reason or "it was not tried yet"
    return AREA.wrong("test", f"a test receipt to {to} is {mail.state}: {said}", f"letterkey mails {to} tells more")
