"""A mail as its reader sees it, for the merchant's eyes: every link of ours in it is dead.

Rules: it is composed with keys that were never anybody's and without its code, and every address of ours is taken out
afterwards: no token, code or id of a link comes out of here.
"""

import re
from dataclasses import replace

from worker.exit.letters import Writer, gather, rendered
from worker.store import outbox
from worker.store.engine import Store, Tx
from worker.store.outbox import MailKind, OutboxItem

_NO_KEYS = ("this key opens nothing",)
_LOGO = "cid:logo"


async def preview(store: Store, writer: Writer, mail_id: str) -> str | None:
    """The mail's HTML; None for what is no mail of ours, for what a person wrote, and for what is forgotten."""
    dead = replace(writer, secret_keys=_NO_KEYS, document_keys=_NO_KEYS)

    async def body(tx: Tx) -> str | None:
        item = await outbox.by_id(tx, mail_id)
        if item is None or item.kind is MailKind.FORWARD:
            return None
        material = await gather(tx, [item], writer.locale)
        return without_links(rendered(dead, _codeless(item), material).html, writer) if material.has(item) else None

    return await store.read(body)


def without_links(html: str, writer: Writer) -> str:
    """The HTML with every address of ours leading nowhere; the logo comes from our own pages."""
    ours = re.compile(re.escape(writer.base_url) + r"[^\s\"'<>]*")
    return ours.sub("#", html).replace(_LOGO, "/static/logo")


def _codeless(item: OutboxItem) -> OutboxItem:
    return replace(item, params={**item.params, "code": False}) if item.kind is MailKind.ACCESS else item
