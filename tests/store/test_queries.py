"""The named queries: both databases take them, the code calls them as they are written, and they use their indexes."""

import ast
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import asyncpg
import pytest
from aiosql.types import SQLOperationType

from worker.store.migrate import migrations
from worker.store.named_queries import Dialect, load, query_files

DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
QUERIES: dict[str, dict[str, Any]] = {dialect: dict(load(dialect)) for dialect in DIALECTS}
CODE = Path(__file__).parents[2] / "worker"
STORE = CODE / "store"

HEADER = re.compile(r"^-- name: (?P<name>[a-z_]+)\((?P<parameters>[a-z_, ]*)\)(?P<operator>\^|!|\*!|)$")
OPERATION = {
    "one": SQLOperationType.SELECT_ONE,
    "all": SQLOperationType.SELECT,
    "run": SQLOperationType.INSERT_UPDATE_DELETE,
    "many": SQLOperationType.INSERT_UPDATE_DELETE_MANY,
    "insert": SQLOperationType.SELECT,
}
"""How each of Tx's methods takes its queries."""

READ_WHOLE = {
    "outbox_counts",
    "inbox_counts",
    "events_list",
    "customers_newest",
    "transactions_newest",
    "event_first",
    "made_settings",
    "home_inbox",
    "home_mailboxes",
}
"""Queries that may look at every row of a table: a person asks them, about all rows or for a page of them, or the table
is small by nature."""

RESTORING = {
    "restored_retire_links",
    "restored_retire_merchant_links",
    "restored_end_email_changes",
    "restored_end_sessions",
    "restored_end_merchant_sessions",
}
"""Run once, before anything else does."""


@dataclass(frozen=True, slots=True)
class Query:
    """One query as its file has it."""

    name: str
    parameters: tuple[str, ...]
    operator: str
    sql: str  # without comments and literals


def written(dialect: Dialect) -> Iterator[Query]:
    for path in query_files(dialect):
        for text in re.split(r"(?m)^(?=-- name:)", path.read_text(encoding="utf-8")):
            header, _, body = text.partition("\n")
            match = HEADER.match(header)
            if match is not None:
                parameters = tuple(filter(None, match["parameters"].split(", ")))
                yield Query(match["name"], parameters, match["operator"], bare(body))


def bare(sql: str) -> str:
    return re.sub(r"--[^\n]*|'[^']*'", " ", sql)


def all_written() -> list[Query]:
    return [query for dialect in DIALECTS for query in written(dialect)]


@pytest.fixture(scope="module")
def schema() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.create_function("now_us", 0, lambda: 0)
    for step in migrations("sqlite"):
        connection.executescript(step.sql)
    yield connection
    connection.close()


@dataclass(frozen=True, slots=True)
class Call:
    """`tx.one("name", a=…)` somewhere in the code; `names` is None where the values are not spelled out there."""

    where: str
    method: str
    query: str
    names: frozenset[str] | None


@pytest.fixture(scope="module")
def code() -> list[tuple[str, ast.AST]]:
    """Every node of the program, and the file it stands in."""
    return [
        (str(path.relative_to(CODE)), node)
        for path in sorted(CODE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call | ast.Constant)
    ]


def calls(code: list[tuple[str, ast.AST]]) -> Iterator[Call]:
    for file, node in code:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in OPERATION:
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield _call(f"{file}:{node.lineno}", node.func.attr, first.value, node.keywords)


def _call(where: str, method: str, query: str, keywords: list[ast.keyword]) -> Call:
    names = [keyword.arg for keyword in keywords]
    spelled = method not in ("many", "insert") and None not in names
    return Call(where, method, query, frozenset(name for name in names if name) if spelled else None)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_query_has_a_name_of_its_own_and_declares_how_it_is_run(dialect: Dialect) -> None:
    headers = [
        line
        for path in query_files(dialect)
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.lstrip().startswith("-- name")
    ]
    assert [line for line in headers if not HEADER.match(line)] == []  # that also forbids <!, $ and #
    names = [query.name for query in written(dialect)]
    assert sorted(names) == sorted(set(names))
    assert set(names) == set(QUERIES[dialect])


def test_what_differs_stands_side_by_side() -> None:
    shared = {query.name for path in STORE.glob("queries/*.sql") for query in _in(path)}
    sides = [{query.name for path in STORE.glob(f"queries/{d}/*.sql") for query in _in(path)} for d in DIALECTS]
    assert sides[0] == sides[1]
    assert not shared & sides[0]
    headers = [{q.name: (q.parameters, q.operator) for q in written(dialect)} for dialect in DIALECTS]
    assert headers[0] == headers[1]


def _in(path: Path) -> list[Query]:
    text = path.read_text(encoding="utf-8")
    return [query for query in all_written() if f"-- name: {query.name}(" in text]


def test_each_query_declares_exactly_the_parameters_that_it_uses() -> None:
    wrong = {
        query.name: (query.parameters, used)
        for query in all_written()
        if sorted(query.parameters) != (used := sorted(set(re.findall(r"(?<!:):([a-z_]+)", query.sql))))
    }
    assert wrong == {}


def test_what_returns_rows_is_read_and_what_is_only_run_returns_none() -> None:
    """Once-only is RETURNING read with `^`: the count of `!` is a word on PostgreSQL, and always true."""
    rows = re.compile(r"^\s*SELECT\b|\bRETURNING\b", re.IGNORECASE)
    assert [
        query.name for query in all_written() if bool(rows.search(query.sql)) != (query.operator in ("", "^"))
    ] == []


def test_what_says_on_conflict_do_nothing_says_whether_it_did() -> None:
    """Else nobody knows whether the row is theirs. What is inserted in bulk has no one to tell."""
    silent = [q.name for q in all_written() if "DO NOTHING" in q.sql and "RETURNING" not in q.sql and q.operator == "!"]
    assert silent == []


def test_order_by_says_where_nulls_go(schema: sqlite3.Connection) -> None:
    """SQLite puts them first, PostgreSQL last."""
    tables = [name for (name,) in schema.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    nullable = {
        table: {
            name for _, name, _, not_null, _, key in schema.execute(f"PRAGMA table_info({table})") if not not_null | key
        }
        for table in tables
    }
    assert "settled_at" in nullable["outbox"]
    silent = [
        (query.name, item)
        for query in all_written()
        for clause in re.findall(r"ORDER BY (.*?)(?= LIMIT|\)|;|$)", " ".join(query.sql.split()))
        for item in clause.split(",")
        if "NULLS" not in item
        and any(
            item.split()[0].rpartition(".")[2] in nullable[table]
            for table in tables
            if re.search(rf"\b(FROM|JOIN|UPDATE|INTO) {table}\b", query.sql)
        )
    ]
    assert silent == []


def test_sqlite_takes_every_query(schema: sqlite3.Connection) -> None:
    for query in QUERIES["sqlite"].values():
        schema.execute(f"EXPLAIN {query.sql}", dict.fromkeys(query.parameters)).fetchall()


async def test_postgresql_takes_every_query(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        for step in migrations("postgres"):
            if step.sql:
                await connection.execute(step.sql)
        for name, query in QUERIES["postgres"].items():
            try:
                await connection.prepare(query.sql)
            except asyncpg.PostgresError as error:
                pytest.fail(f"{name}: {error}", pytrace=False)
    finally:
        await connection.close()


def test_the_code_calls_queries_as_they_are_written(code: list[tuple[str, ast.AST]]) -> None:
    known = QUERIES["sqlite"]
    found = list(calls(code))
    assert len(found) > 50
    wrong = []
    for call in found:
        query = known.get(call.query)
        if query is None:
            wrong.append(f"{call.where}: there is no query {call.query}")
        elif query.operation is not OPERATION[call.method]:
            wrong.append(f"{call.where}: {call.query} is not for `{call.method}`")
        elif call.names is not None and call.names != set(query.parameters):
            wrong.append(f"{call.where}: {call.query} takes {set(query.parameters)}, not {set(call.names)}")
    assert wrong == []


def test_every_query_is_used(code: list[tuple[str, ast.AST]]) -> None:
    named = {node.value for _, node in code if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert set(QUERIES["sqlite"]) - named == set()


def test_no_query_looks_at_every_row_of_a_table(schema: sqlite3.Connection) -> None:
    """A partial index may be read whole: it holds what is waiting, not what ever was."""
    partial = {
        name for (name,) in schema.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE%INDEX% WHERE %'")
    }
    whole = [
        (name, step)
        for name, query in QUERIES["sqlite"].items()
        for step in plan(schema, query)
        if step.startswith("SCAN")
        and not partial & set(step.split())
        and "json_each" not in step
        and "VIRTUAL TABLE" not in step
        and "CONSTANT" not in step
        and not {f"CO-ROUTINE {step.split()[1]}", f"MATERIALIZE {step.split()[1]}"} & set(plan(schema, query))
        if name not in READ_WHOLE | RESTORING
    ]
    assert whole == []


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("outbox_claim", "outbox_due"),
        ("outbox_expire", "outbox_expiring"),
        ("outbox_abandoned", "outbox_sending"),
        ("outbox_to", "outbox_by_recipient"),
        ("outbox_of_customer", "outbox_by_customer"),
        ("transactions_due", "transactions_due"),
        ("transactions_next_due", "transactions_due"),
        ("transactions_wake_refunds", "transactions_waiting"),
        ("events_waiting", "events_waiting"),
        ("customer_by_email", "sqlite_autoindex_customer_emails_1"),
        ("customer_by_ref", "sqlite_autoindex_customer_refs_1"),
        ("customer_by_id", "sqlite_autoindex_customers_1"),
        ("attempts_of", "delivery_attempts_of"),
        ("inbox_from", "inbox_from"),
    ],
)
def test_hot_queries_use_their_index(schema: sqlite3.Connection, query: str, index: str) -> None:
    assert any(f"INDEX {index} " in f"{step} " for step in plan(schema, QUERIES["sqlite"][query]))


def plan(schema: sqlite3.Connection, query: Any) -> list[str]:
    rows = schema.execute(f"EXPLAIN QUERY PLAN {query.sql}", dict.fromkeys(query.parameters))
    return [str(row[3]) for row in rows]
