"""How Gumroad is asked how much of a sale was given back, where its event says only that it was a part."""

from urllib.parse import quote

from worker.core.raw_event import RawEvent
from worker.core.web_call import Answer, Call
from worker.sources import gumroad_api, gumroad_listed, gumroad_sale
from worker.sources.account import Account, Cause, Trouble
from worker.sources.completing import Completing
from worker.sources.event import Told
from worker.sources.gumroad_shapes import DOLLARS
from worker.sources.nested_form import tree
from worker.sources.picking import Pick, UnpickableError, from_json, required

_DOING = "read sales"


def ask(account: Account, raw: RawEvent) -> Call | None:
    """The sale that the refund is of."""
    try:
        sale_id = tree(raw.body)["sale_id"].reference()
    except UnpickableError:
        return None
    return gumroad_api.question(account, f"sales/{quote(sale_id, safe='')}") if sale_id else None


def read(raw: RawEvent, answer: Answer) -> Told | Trouble:
    """All that was given back of it until now."""
    if answer.status != 200:
        return gumroad_api.refusal(answer, _DOING)
    try:
        found = from_json(answer.body)
        if not found["success"].is_true():
            return Trouble(Cause.LOST, f"Gumroad knows no such sale{gumroad_api.words_of(answer.body)}")
        return _given_back(tree(raw.body), found["sale"], raw.received_at)
    except UnpickableError as error:
        return Trouble(Cause.FAILED, f"what came is no sale of Gumroad's ({error})")


def _given_back(event: Pick, sale: Pick, at: int) -> Told | Trouble:
    sale_id = required(event["sale_id"], Pick.reference)
    if required(sale["id"], Pick.reference) != sale_id:
        return Trouble(Cause.FAILED, "Gumroad answers with another sale")
    so_far = gumroad_listed.given_back(gumroad_listed.as_ping(sale), DOLLARS.required(sale["price"]))
    if so_far == 0:
        return Trouble(Cause.FAILED, "Gumroad says of no part in dollars that it was given back")
    return gumroad_sale.refund(event, sale_id, so_far, at)


COMPLETING = Completing(source="gumroad", names=frozenset(("refund",)), ask=ask, read=read)
