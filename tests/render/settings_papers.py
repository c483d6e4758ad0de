"""Samples of the console's settings' pages, for pictures and tests."""

from dataclasses import replace

from render import papers
from render.console_papers import NOW, VIEWER
from worker.core.instant import DAY
from worker.core.rights import Allowed, who_may_cancel
from worker.render.brand import Brand
from worker.render.console.hub_settings import render_hub_settings
from worker.render.console.made import Form, Other, Shown
from worker.render.console.receipt_settings import ReceiptsPage, render_receipt_settings
from worker.render.stationery import Stationery

LINK = "https://shop.example/updateinfo/"
MAY, LEE = VIEWER.email, "lee@harbourandpine.example"
FILE = "letterkey.toml:%d"

HUB = Form(
    {
        "hub.allow_cancel": Shown("hub.allow_cancel", False, "", MAY, NOW - DAY),
        "hub.allow_cancel_split_pay": Shown("hub.allow_cancel_split_pay", False),
        "hub.allow_pause": Shown("hub.allow_pause", True),
        "hub.allow_email_change": Shown("hub.allow_email_change", True, FILE % 12),
    },
    revision=3,
)
_VALUES = {
    "receipts.style": "invoice",
    "receipts.recurring": True,
    "receipts.reply_to": "access",
    "dunning.failed": True,
    "dunning.upcoming": False,
    "dunning.card_expiring": True,
    "business.name": papers.BRAND.name,
    "business.tax_id": "DE123456789",
    "business.support_email": "hello@harbourandpine.example",
    "business.support_url": "",
    "business.logo": "",
    "business.address.line1": "3 Quay Street",
    "business.address.line2": "",
    "business.address.city": "Portmere",
    "business.address.region": "",
    "business.address.postal_code": "PM1 2AB",
    "business.address.country": "GB",
    "business.colours.accent": "#e8a33d",
    "business.colours.background": "#faf9f7",
    "invoices.prefix": "HP-",
    "invoices.start": "1042",
    "products.night-ferry.receipt_style": "simple",
    "products.wax-blue.receipt_style": "",
}
RECEIPTS = Form(
    {
        name: Shown(name, value, FILE % (20 + line) if name.startswith("business.address") else "")
        for line, (name, value) in enumerate(_VALUES.items())
    }
    | {
        "business.name": Shown("business.name", papers.BRAND.name, "LETTERKEY_BUSINESS__NAME"),
        "business.colours.accent": Shown("business.colours.accent", "#e8a33d", "", LEE, NOW - 3 * DAY),
        "products.night-ferry.receipt_style": Shown("products.night-ferry.receipt_style", "simple", "", MAY, NOW),
    },
    revision=4,
)
SHOWN = ReceiptsPage((("night-ferry", "The Night Ferry"), ("wax-blue", "Sealing wax, harbour blue")), "HP-1042")


def pages(env: Stationery, brand: Brand) -> dict[str, str]:
    """Both pages, as they are and as they answer."""
    table = who_may_cancel(Allowed(cancel=False))
    about = (LINK, "access@harbourandpine.example", table)
    prefix = replace(
        RECEIPTS.settings["invoices.prefix"], value="Nr. ", wrong="may hold letters, digits and . / _ - only"
    )
    wrong = replace(
        RECEIPTS,
        settings={**RECEIPTS.settings, "invoices.prefix": prefix},
        problems=[("mail.from", "is not set"), ("invoices.prefix", "")],
    )
    others = replace(
        HUB, others=[Other("hub.allow_cancel", True, LEE, NOW), Other("hub.allow_email_change", None, LEE, NOW)]
    )
    left_out = replace(RECEIPTS, saved=True, left_out=[("receipts.style", "must be 'invoice', 'simple' or 'none'")])
    return {
        "console-hub-settings": render_hub_settings(env, brand, VIEWER, HUB, about),
        "console-hub-settings-overtaken": render_hub_settings(env, brand, VIEWER, others, about),
        "console-receipt-settings": render_receipt_settings(env, brand, VIEWER, RECEIPTS, SHOWN),
        "console-receipt-settings-preview": render_receipt_settings(
            env, brand, VIEWER, RECEIPTS, replace(SHOWN, previewed=True)
        ),
        "console-receipt-settings-wrong": render_receipt_settings(env, brand, VIEWER, wrong, SHOWN),
        "console-receipt-settings-left-out": render_receipt_settings(
            env, brand, VIEWER, left_out, replace(SHOWN, products=())
        ),
    }
