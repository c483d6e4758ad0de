"""Jinja templates compiled once a process: the same text becomes the same code, which is most of what a start costs."""

from types import CodeType
from typing import Any

from jinja2 import Environment

_compile: Any = Environment.compile
_done: dict[tuple[object, ...], CodeType | str] = {}


def compile_once() -> None:
    """From now on Jinja compiles each text once. All our environments have one syntax."""
    Environment.compile = _once  # type: ignore[method-assign, assignment]


def _once(environment: Environment, *source: Any, **options: bool) -> CodeType | str:
    key = (*source, *options.items())
    if key not in _done:
        _done[key] = _compile(environment, *source, **options)
    return _done[key]
