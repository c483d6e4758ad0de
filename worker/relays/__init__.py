"""Relays that tell of bounces by webhook, one file each. A module of this package that defines `RELAY` is found."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from worker.relays.relay import Relay


def _found() -> Iterator[Relay]:
    for module in iter_modules(__path__):
        relay = getattr(import_module(f"{__name__}.{module.name}"), "RELAY", None)
        if relay is not None:
            yield relay


RELAYS: Mapping[str, Relay] = MappingProxyType({relay.name: relay for relay in _found()})
"""Every known relay by its name, which is also its table's in the settings and the end of its webhook's path."""
