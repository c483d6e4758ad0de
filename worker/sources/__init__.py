"""Payment providers, one file each. A module of this package that defines `SOURCE`, `BACKFILL`, `GUIDE`, `ACTING`,
`LOOKUP` or `COMPLETING` is found.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from worker.sources.acting import Acting
from worker.sources.backfill import Backfill
from worker.sources.completing import Completing
from worker.sources.event import Source
from worker.sources.guide import Guide
from worker.sources.lookup import Lookup


def _found(mark: str) -> Iterator[object]:
    for module in iter_modules(__path__):
        found = getattr(import_module(f"{__name__}.{module.name}"), mark, None)
        if found is not None:
            yield found


SOURCES: Mapping[str, Source] = MappingProxyType(
    {source.name: source for source in _found("SOURCE") if isinstance(source, Source)}
)
"""Every known source by its name, which is also the `kind` in the settings."""
BACKFILLS: Mapping[str, Backfill] = MappingProxyType(
    {each.source: each for each in _found("BACKFILL") if isinstance(each, Backfill)}
)
"""How the history at a provider is read, by the kind, for those whose API allows it."""
GUIDES: Mapping[str, Guide] = MappingProxyType(
    {each.source: each for each in _found("GUIDE") if isinstance(each, Guide)}
)
"""How an account is connected, by the kind."""
ACTINGS: Mapping[str, Acting] = MappingProxyType(
    {each.source: each for each in _found("ACTING") if isinstance(each, Acting)}
)
"""How a provider is asked to act, by the kind, for those that can be."""
LOOKUPS: Mapping[str, Lookup] = MappingProxyType(
    {each.source: each for each in _found("LOOKUP") if isinstance(each, Lookup)}
)
"""How a provider is asked who a customer is, by the kind."""
COMPLETINGS: Mapping[str, Completing] = MappingProxyType(
    {each.source: each for each in _found("COMPLETING") if isinstance(each, Completing)}
)
"""How a provider is asked for what an event of its own leaves out, by the kind."""
