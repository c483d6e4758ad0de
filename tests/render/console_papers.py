"""Samples of the console's pages, for pictures and tests."""

from dataclasses import replace

from render import console_customer_papers, console_queue_papers, papers
from worker.core.instant import DAY, HOUR, MINUTE
from worker.core.month import month_of
from worker.core.relay import RelayState
from worker.core.wellbeing import Heard, Standing, Watched
from worker.render import press_pages
from worker.render.brand import Brand
from worker.render.console import door, mail
from worker.render.console.audit import AuditPage, Noted, render_audit
from worker.render.console.frame import Viewer
from worker.render.console.home import Month, render_home
from worker.render.hub_pages import Device
from worker.render.note_voice import Reader
from worker.render.pages import render_notice
from worker.render.stationery import Stationery

NOW = papers.SOLD
ZONE = "Europe/Berlin"
VIEWER = Viewer("may@harbourandpine.example", "c5", NOW, timezone=ZONE)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

WELL = Standing(
    relay=RelayState(),
    mails={"due": 2, "deferred": 1},
    oldest_due=NOW - 20 * 1_000_000,
    mail_at=NOW - 3 * HOUR,
    watches=True,
    mailboxes=(Watched("access", NOW - 2 * MINUTE, None),),
    heard=(Heard("stripe", NOW - 12 * MINUTE), Heard("thrivecart", NOW - 2 * DAY)),
)
TROUBLED = Standing(
    relay=RelayState(paused_at=NOW - 2 * HOUR, reason="relay_refused", probe_at=NOW + MINUTE),
    mails={"due": 1001, "deferred": 40, "failed": 3, "parked": 1},
    oldest_due=NOW - 2 * HOUR,
    oldest_sale=NOW - HOUR,
    held=True,
    quarantined=12,
    actions=1,
    watches=True,
    mailboxes=(Watched("access", NOW - DAY, NOW - 20 * HOUR),),
    heard=(Heard("stripe", None),),
)
BEGINNING = Standing(relay=RelayState(), mails={})


def month(busy: bool = True) -> Month:
    """The month so far: weekends are quieter, and one day had a sale."""
    days = month_of(NOW, ZONE)
    past = [place for place, day in enumerate(days) if day.since <= NOW]

    def counts(most: int, every: int) -> tuple[int, ...]:
        return tuple(
            (most * (3 + day * day % 7) // 9 if day % every == 0 else 0) * (2 if day == 10 else 1)
            if busy and day in past
            else 0
            for day in range(len(days))
        )

    return Month(days, counts(40, 1), counts(9, 1), counts(2, 4), counts(1, 6), most=5000)


ADA = ("c1", "ada@example.com")
ENTRIES = (
    Noted(NOW, VIEWER.email, "console_sign_in", details={"by": "mailed link", "browser": FIREFOX}),
    Noted(NOW - HOUR, "customer", "cancel_asked", ADA, "stripe sub_1PqK2eLkdIwHu7ix"),
    Noted(NOW - 2 * HOUR, "lee@harbourandpine.example", "fix_email", ADA),
    Noted(NOW - DAY, "command", "resend", ADA, "0R6YV3K2M8", {"to": "ada@example.com"}),
    Noted(NOW - DAY - HOUR, VIEWER.email, "setting_made", None, "receipts.style", {"old": "none", "new": "invoice"}),
)
AUDIT = AuditPage(ENTRIES, {}, more="1.x", people=(VIEWER.email, "command"))


def pages(env: Stationery, brand: Brand) -> dict[str, str]:
    """Every page of the console in each of its states."""
    here = Device("h1", FIREFOX, NOW - HOUR, NOW, here=True)
    elsewhere = Device("h2", None, NOW - 5 * HOUR, NOW - 10 * MINUTE, here=False)
    form = door.SignInPage("c5")
    sent = door.SentPage("may@harbourandpine.example", NOW, NOW + MINUTE, limited=False, timezone=ZONE)
    ask = door.ask_to_enter(env, brand, VIEWER.email, None, "en")
    return (
        console_customer_papers.pages(env, brand)
        | console_queue_papers.pages(env, brand)
        | {
            "console-home": render_home(env, brand, VIEWER, WELL, month()),
            "console-home-troubled": render_home(env, brand, VIEWER, TROUBLED, month()),
            "console-home-beginning": render_home(env, brand, VIEWER, BEGINNING, month(busy=False)),
            "console-audit": render_audit(env, brand, VIEWER, AUDIT),
            "console-audit-nothing": render_audit(
                env,
                brand,
                VIEWER,
                AuditPage((), {"day": "yesterday", "customer": "eve@example.net"}, frozenset({"day", "customer"})),
            ),
            "console-sign-in": door.render_sign_in(env, brand, form),
            "console-sign-in-wrong": door.render_sign_in(env, brand, replace(form, typed="may", wrong=True)),
            "console-sign-in-ended": door.render_sign_in(env, brand, replace(form, ended=True)),
            "console-sent": door.render_sent(env, brand, sent),
            "console-sent-limited": door.render_sent(env, brand, replace(sent, limited=True)),
            "console-link": press_pages.render_press(env, brand, ask),
            "console-link-other": press_pages.render_press(
                env, brand, door.ask_to_enter(env, brand, VIEWER.email, "lee@harbourandpine.example", "en")
            ),
            "console-link-spent": render_notice(env, brand, door.told_spent(env, "en")),
            "console-sessions": door.render_places(env, brand, VIEWER, [here, elsewhere]),
        }
    )


def mails(env: Stationery, brand: Brand) -> dict[str, str]:
    """The mail with the link."""
    url = "https://shop.example/console/access/0123456789abcdefghijklmnop.AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE"
    told = mail.ConsoleMail(url, NOW, NOW + HOUR, Reader("en", ZONE))
    return {"console-mail": mail.render_console_mail(env, brand, told).html}
