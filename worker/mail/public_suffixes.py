"""The public suffix list: under which names anybody may register a domain of their own (RFC 7489 section 3.2)."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Suffixes:
    """The list's rules. Without any, every domain stands for itself, so that no two strangers are taken for one."""

    rules: frozenset[str] = frozenset()

    def organisation(self, domain: str) -> str:
        """The domain that was registered: its public suffix and one label more."""
        labels = domain.lower().rstrip(".").split(".")
        if not self.rules:
            return ".".join(labels)
        return ".".join(labels[-(self._suffix_length(labels) + 1) :])

    def _suffix_length(self, labels: list[str]) -> int:
        for start in range(len(labels)):
            name, parent = ".".join(labels[start:]), ".".join(labels[start + 1 :])
            if f"!{name}" in self.rules:
                return len(labels) - start - 1
            if name in self.rules or f"*.{parent}" in self.rules:
                return len(labels) - start
        return 1  # the list's own rule for what it doesn't name


def read_suffixes(lines: Iterable[str]) -> Suffixes:
    """The list as it is published; names as A-labels."""
    rules = (line.split()[0] for line in lines if line.strip() and not line.startswith("//"))
    return Suffixes(frozenset(_a_labels(rule) for rule in rules))


def _a_labels(rule: str) -> str:
    if rule.isascii():
        return rule.lower()
    mark, rest = ("!", rule[1:]) if rule.startswith("!") else ("", rule)
    return mark + ".".join(label if label.isascii() else label.encode("idna").decode() for label in rest.split("."))
