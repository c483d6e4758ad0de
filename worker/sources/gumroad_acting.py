"""What Gumroad can be asked to do: nothing. Its API ends, pauses and changes no subscription, so a person does it.

The customer's own page for a membership is known without asking: there the card is changed, and the membership ended.
"""

from urllib.parse import quote

from worker.core.cancelling import RUNNING
from worker.core.following import Followed
from worker.core.provider_action import NOTHING, Capabilities
from worker.core.web_call import Call
from worker.sources import gumroad_api
from worker.sources.account import Account, Cause, Trouble
from worker.sources.acting import Acting, Asked, Replied, Returned


def able(plan: Followed) -> Capabilities:
    """The customer's own page, while it runs."""
    return Capabilities(card_page=True) if plan.status in RUNNING else NOTHING


def ask(account: Account, asked: Asked) -> Call:
    """How the subscription stands: all that can be asked about it."""
    return gumroad_api.question(account, f"subscribers/{quote(asked.subscription or 'unknown', safe='')}")


def read(account: Account, asked: Asked, returned: Returned) -> Replied:
    """That it can't be done."""
    return Trouble(Cause.FAILED, "Gumroad's API changes no subscription; do it on Gumroad's pages")


def links(plan: Followed) -> str | None:
    """The customer's own page at Gumroad, which mails them a way in."""
    return f"https://gumroad.com/subscriptions/{quote(plan.ref, safe='')}/manage"


ACTING = Acting(source="gumroad", able=able, ask=ask, read=read, links=links)
