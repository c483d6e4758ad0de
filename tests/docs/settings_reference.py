"""The settings' reference, made from their code: names and defaults of the model, meanings from below each field."""

import ast
import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_origin

from pydantic import SecretStr

from worker.settings import accounts, model
from worker.settings.fields import Table
from worker.settings.model import Tables

Row = tuple[str, str, object]

_HEAD = """# Settings

In `letterkey.toml`; [letterkey.sample.toml](../letterkey.sample.toml) has them all, to copy from, and `letterkey init`
writes the first ones for you. The environment wins over the file: `LETTERKEY_` and the name in upper case, `__` between
levels, lists with commas (`LETTERKEY_MAIL__SMTP_URL`). An unknown or wrong setting stops the start, with its line and
the nearest right name. What the merchant sets in the console wins over both ([console.md](console.md)).

`<name>` and `<id>` are words of yours: `sources.stripe`, `products.course-1`. ◦ marks what is read and
checked, but used only by what comes next.

This page is made from `worker/settings/model.py` and `accounts.py`: `UPDATE_GOLDEN=1 pytest tests/docs`.
"""
_OWN = {"products": "<id>", "sources": "<name>", "relay": "<name>", "endpoints": "<name>"}


def page() -> str:
    """The whole page, a table for each table of the file."""
    parts = [_HEAD]
    for heading, rows in sections():
        table = "".join(f"| `{name}` | {meaning} | `{toml(default)}` |\n" for name, meaning, default in rows)
        parts.append(f"## {heading}\n\n| setting | meaning | default |\n|---|---|---|\n{table}")
    return "\n".join(parts)


def sections() -> Iterator[tuple[str, list[Row]]]:
    """Each table of the file with its settings; first what belongs to none."""
    rows = list(settings())
    yield "At the top", [row for row in rows if "." not in row[0]]
    for name in Tables.model_fields:
        inside = [row for row in rows if row[0].startswith(f"{name}.")]
        if inside:
            yield name, inside


def settings(table: type[Table] = Tables, above: str = "") -> Iterator[Row]:
    """Every setting with its meaning and its default."""
    meanings = _meanings()[table.__name__]
    for attribute, field in table.model_fields.items():
        name = f"{above}{field.alias or attribute}"
        inner = field.annotation
        if get_origin(inner) is dict:
            name, inner = f"{name}.{_OWN[name]}", get_args(inner)[1]
        if isinstance(inner, type) and issubclass(inner, Table):
            yield from settings(inner, f"{name}.")
        else:
            yield name, meanings[attribute], None if field.is_required() else field.default


def toml(default: object) -> str:
    """A default as the file writes it: what is empty there is None here."""
    match default:
        case None:
            return '""'
        case bool():
            return str(default).lower()
        case int():
            return f"{default:_}"
        case tuple():
            return json.dumps([str(each) for each in default])
        case SecretStr():
            raise AssertionError("a secret has no default")
        case _:
            return json.dumps(str(default))


def _meanings() -> dict[str, dict[str, str]]:
    """What stands as a string below each field, by class and field."""
    trees = [ast.parse(Path(inspect.getfile(module)).read_text(encoding="utf-8")) for module in (model, accounts)]
    return {each.name: dict(_below(each)) for tree in trees for each in tree.body if isinstance(each, ast.ClassDef)}


def _below(table: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, words in zip(table.body, table.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(words, ast.Expr) and isinstance(words.value, ast.Constant):
            assert isinstance(field.target, ast.Name)
            yield field.target.id, " ".join(str(words.value.value).split())
