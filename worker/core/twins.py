"""Two sources that tell of one payment (a cart and its processor) tell of one subscription: which ones are the same."""

from collections.abc import Iterable, Sequence

from worker.core.plans import Telling

Name = tuple[str, str]
"""A source and what it calls the subscription."""


def twins_of(tellings: Iterable[Telling]) -> list[frozenset[Name]]:
    """The subscriptions that are one, in groups of at least two."""
    by_payment: dict[str, set[Name]] = {}
    for each in tellings:
        if each.told.subscription is not None:
            by_payment.setdefault(each.payment_id, set()).add((each.source, each.told.subscription.ref))
    groups: list[set[Name]] = []
    for names in by_payment.values():
        touching = [group for group in groups if group & names]
        groups = [group for group in groups if not group & names] + [names.union(*touching)]
    return [frozenset(group) for group in groups if len({source for source, _ in group}) > 1]


def group_of(name: Name, groups: Iterable[frozenset[Name]]) -> frozenset[Name]:
    """The group that the subscription is in; itself alone where no other source tells of it."""
    return next((group for group in groups if name in group), frozenset((name,)))


def one_each(group: frozenset[Name]) -> bool:
    """Whether each source has one name in it, so that all are one subscription: an order may begin several."""
    return len({source for source, _ in group}) == len(group)


def hidden(names: Sequence[Name], groups: Iterable[frozenset[Name]]) -> set[Name]:
    """Of the names (the one to show first), those that another source's stand for."""
    found: set[Name] = set()
    for group in groups:
        known = [name for name in names if name in group]
        found.update(name for name in known if name[0] != known[0][0])
    return found
