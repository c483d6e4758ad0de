"""Samples of the console's pages of mails and of what waits, for pictures and tests."""

from dataclasses import replace

from render.console_customer_papers import ADA, DOSSIER, NOW, OLD, VIEWER
from worker.core.bounce import Happening
from worker.core.delivery import MailState
from worker.core.instant import DAY, HOUR, MINUTE
from worker.core.open_action import ActionState, Way
from worker.core.provider_action import Verb
from worker.render.brand import Brand
from worker.render.console import actions, mails, queue
from worker.render.console.actions import Open, Try
from worker.render.console.mails import CameBack, MailList, MailStory, Told, Tried
from worker.render.console.queue import Blocked, Held, Queue, Shown
from worker.render.stationery import Stationery

NO_USER = "5.1.1 <ada@exmaple.com>: Recipient address rejected: User unknown"
STORY = MailStory(
    id="01k9s0q0v5m5e8r2x6t4c3w7ya",
    kind="receipt",
    recipient=OLD,
    state=MailState.FAILED,
    reason="refused",
    created_at=NOW - 2 * HOUR,
    due_at=NOW - 2 * HOUR,
    customer_id="c1",
    once="n1",
    number="HP-1042",
    total=(5831, "EUR"),
    tried=(
        Tried(NOW - 2 * HOUR, "timeout", "deferred", None, ""),
        Tried(NOW - HOUR, "refused", "failed", 550, NO_USER),
    ),
    receipt=True,
)
SENT = MailStory(
    "01k9s0q0v5m5e8r2x6t4c3w7yb",
    "access",
    ADA,
    MailState.SENT,
    None,
    NOW - DAY,
    NOW - DAY,
    "c1",
    "n2",
    tried=(Tried(NOW - DAY, "accepted", "sent", 250, "2.0.0 Ok: queued as 4bXk"),),
    came_back=(CameBack(NOW - DAY + MINUTE, Happening.SOFT, "452 4.2.2 mailbox full"),),
)
PARKED = MailStory(
    "01k9s0q0v5m5e8r2x6t4c3w7yc",
    "receipt",
    ADA,
    MailState.PARKED,
    "lost",
    NOW - HOUR,
    NOW - HOUR,
    "c1",
    "n3",
    tried=(Tried(NOW - HOUR, "lost", "parked", None, ""),),
    receipt=True,
)
EVENT = Held("e1", "stripe", "invoice.paid", NOW - 5 * HOUR, "the amount isn't a whole number", "lines.data[0].amount")
BODY = '{\n  "id": "evt_1SWq",\n  "type": "invoice.paid",\n  "client_secret": "•••",\n  "amount": 58.31\n}'
FULL = Queue(
    {"due": 3, "deferred": 1, "parked": 2, "withheld": 1001},
    waiting=(
        Held("t1", "stripe", "refund", NOW - 3 * HOUR, waits_for="sale"),
        Held("t2", "thrivecart", "sale", NOW - 20 * MINUTE, waits_for="address"),
    ),
    events=(EVENT, Held("e2", "stripe", "charge.refunded", NOW - 3 * DAY, EVENT.reason, "amount")),
    transactions=(Held("t3", "stripe", "sale", NOW - 2 * DAY, "restored"),),
    inbox=(Held("m1", "", "eve@example.net", NOW - DAY, "malformed"),),
)
TODO = Open(
    id="p1",
    verb=Verb.CANCEL_NOW,
    way=Way.MANUAL,
    state=ActionState.MANUAL,
    source="thrivecart",
    ref="S-8",
    customer_id="c2",
    customer="Grace Adams",
    plan=None,
    since=NOW - HOUR,
    ends_at=NOW,
    reason="I moved away, thank you.",
)
OPEN = (
    TODO,
    replace(
        TODO,
        id="p2",
        verb=Verb.CANCEL_AT_PERIOD_END,
        source="stripe",
        ref="sub_1SWq",
        customer="Ada Lindqvist",
        plan="Evening circle",
        since=NOW - 3 * DAY,
        ends_at=NOW + 20 * DAY,
        reason=None,
        words="403: this key may not write subscriptions",
        asked=1,
        tries=(Try(NOW - 3 * DAY, "failed", 403, "this key may not write subscriptions"),),
        again=True,
    ),
    replace(
        TODO,
        id="p3",
        verb=Verb.PAUSE,
        way=Way.PROVIDER,
        state=ActionState.DUE,
        source="paddle",
        ref="sub_01h",
        reason=None,
        next_at=NOW + 5 * MINUTE,
        asked=2,
        tries=(Try(NOW - HOUR, "later", None, "no answer came: too slow"), Try(NOW - MINUTE, "later", 503, "")),
        again=True,
    ),
    replace(TODO, id="p4", way=Way.ENDPOINT, state=ActionState.ACCEPTED, source="shop", reason=None, again=True),
)
BLOCKED = (
    Blocked(OLD, NOW - 3 * DAY, f"550 {NO_USER}", liftable=True),
    Blocked("grace@example.org", NOW - 40 * DAY, "abuse", liftable=False),
)


def pages(env: Stationery, brand: Brand) -> dict[str, str]:
    """Every page of mails and of what waits, in each of its states."""
    return {
        "console-mails": mails.render_mails(env, brand, VIEWER, MailList(DOSSIER.mails, before="b")),
        "console-mails-wrong": mails.render_mails(env, brand, VIEWER, MailList((), "sent", "ada", wrong=True)),
        "console-mails-beginning": mails.render_mails(env, brand, VIEWER, MailList(())),
        "console-mail": mails.render_mail(env, brand, VIEWER, STORY, Told()),
        "console-mail-wrong": mails.render_mail(env, brand, VIEWER, STORY, Told(wrong="SUPPRESSED", typed=OLD)),
        "console-mail-sent": mails.render_mail(env, brand, VIEWER, SENT, Told("again")),
        "console-mail-parked": mails.render_mail(env, brand, VIEWER, PARKED, Told()),
        "console-queue": queue.render_queue(env, brand, VIEWER, FULL, "again"),
        "console-queue-empty": queue.render_queue(env, brand, VIEWER, Queue({}), None),
        "console-held": queue.render_held(
            env, brand, VIEWER, Shown(EVENT, "event", "quarantined", {"stripe-signature": "•••"}, BODY, again=True)
        ),
        "console-held-mail": queue.render_held(
            env,
            brand,
            VIEWER,
            Shown(FULL.inbox[0], "mail", "quarantined", {"subject": "Odd", "from": "<>"}, None, again=False),
        ),
        "console-actions": actions.render_actions(env, brand, VIEWER, OPEN, "done"),
        "console-actions-empty": actions.render_actions(env, brand, VIEWER, (), None),
        "console-suppressions": queue.render_suppressions(env, brand, VIEWER, BLOCKED, ("lifted", "1")),
        "console-suppressions-empty": queue.render_suppressions(env, brand, VIEWER, (), (None, None)),
    }
