"""Payment providers, one file each. A module of this package that defines `SOURCE` is found by itself."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from worker.sources.event import Source


def _found() -> Iterator[Source]:
    for module in iter_modules(__path__):
        source = getattr(import_module(f"{__name__}.{module.name}"), "SOURCE", None)
        if source is not None:
            yield source


SOURCES: Mapping[str, Source] = MappingProxyType({source.name: source for source in _found()})
"""Every known source by its name, which is also the `kind` in the settings."""
