"""Histories from files, good and hostile: what can be taken is, every line that can't be is told with its number."""

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.program import Program
from support.sales import sale
from worker import clock
from worker.store import outbox_counts, purchases
from worker.store.customers import by_email
from worker.store.opening import open_store

HEADER = (
    "Date,Type,Order ID,Invoice ID,Item name,Amount,Tax,Currency,Customer name,Customer email,Processor,Transaction ID"
)
ROWS = (
    "2024-01-31 18:48:00,charge,7,000000141,Course,58.31,9.31,EUR,Ada L.,ada@example.com,stripe,ch_1",
    "2024-01-31 18:48:00,charge,7,000000141,Bump,10.00,,EUR,Ada L.,ada@example.com,stripe,ch_1",
    "2024-02-29 18:48:00,rebill,7,000000141-2,Course,58.31,9.31,EUR,Ada L.,ada@example.com,stripe,ch_2",
    "2024-03-01 09:05:00,refund,7,000000141-2,Course,58.31,,EUR,Ada L.,ada@example.com,stripe,re_2",
)
SHOWN = [("refund_receipt", 5831), ("receipt", 5831), ("receipt", 6831)]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return program_on(tmp_path, f"sqlite:///{tmp_path / 'letterkey.db'}")


def program_on(folder: Path, url: str, **more: str) -> Program:
    settings = {
        "LETTERKEY_STATE_DIR": str(folder),
        "LETTERKEY_DATABASE_URL": url,
        "LETTERKEY_SECRET_KEYS": "secret-key-of-the-shop-0123456789",
    }
    return Program(settings | more)


def written(folder: Path, content: bytes | str, name: str = "sales.csv") -> str:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(file)


async def shown(url: str, email: str = "ada@example.com") -> list[tuple[str, int]]:
    """What the hub lists, newest first; and nothing was mailed."""
    store = await open_store(url, clock.now)
    try:
        customer = await store.read(lambda tx: by_email(tx, email))
        assert sum((await store.read(outbox_counts.counts)).values()) == 0
        if customer is None:
            return []
        listed = await store.read(lambda tx: purchases.newest(tx, customer.id, 99))
        return [(each.entry.kind.value, each.entry.total) for each in listed]
    finally:
        await store.close()


async def test_a_carts_export_is_shown_in_the_hub_and_again_changes_nothing(tmp_path: Path, store_url: str) -> None:
    program = program_on(tmp_path, store_url)
    file = written(tmp_path, "\n".join([HEADER, *ROWS]))
    code, out, err = await program.command("import", file, "--dry-run")
    assert (code, "3 would be new" in out) == (0, True), out + err
    assert await shown(store_url) == []
    code, out, err = await program.command("import", file)
    assert (code, "3 are new" in out) == (0, True), out + err
    assert await shown(store_url) == SHOWN
    code, out, err = await program.command("import", file)
    assert (code, "0 are new" in out, "3 were known" in out) == (0, True, True), out + err
    assert await shown(store_url) == SHOWN


def in_other_makes() -> Iterator[object]:
    whole = "\n".join([HEADER, *ROWS])
    german = whole.replace(".31", ",31").replace("10.00", "10,00")
    semicolons = "\r\n".join(line.replace(",", ";").replace("58;31", "58,31") for line in whole.split("\n"))
    yield pytest.param("\ufeff".encode() + whole.encode(), id="UTF-8 with a mark")
    yield pytest.param(whole.replace("Course", "Übung").encode("windows-1252"), id="windows-1252")
    yield pytest.param(whole.encode("utf-16"), id="UTF-16")
    yield pytest.param(whole.replace(",", "\t").encode(), id="tabs")
    yield pytest.param(semicolons.encode(), id="semicolons and Windows' line ends")
    yield pytest.param(whole.replace("\n", "\r").encode(), id="old line ends")
    yield pytest.param(("\n\n" + whole.replace("\n", "\n\n") + "\n\n").encode(), id="blank lines")
    yield pytest.param(
        german.replace(",", ";").replace("58;31", "58,31").replace("9;31", "9,31").replace("10;00", "10,00").encode(),
        id="decimal commas",
    )
    yield pytest.param(
        "\n".join('"' + line.replace(",", '","') + '"' for line in whole.split("\n")).encode(), id="quoted"
    )


@pytest.mark.parametrize("content", list(in_other_makes()))
async def test_files_of_any_make(program: Program, tmp_path: Path, content: bytes) -> None:
    code, out, err = await program.command("import", written(tmp_path, content))
    assert code == 0, out + err
    assert await shown(program.settings["LETTERKEY_DATABASE_URL"]) == SHOWN


async def test_every_bad_row_is_told_and_the_others_are_taken(program: Program, tmp_path: Path) -> None:
    bad = [
        "2024-01-31,charge,8,9,Course,much,,EUR,,bob@example.com,,",  # line 3
        "31/31/2024,charge,9,9,Course,1.00,,EUR,,bob@example.com,,",
        "2024-01-31,charge,10,9,Course,1.00,,XXX,,bob@example.com,,",
        "2024-01-31,charge,11,9,Course,1.00,,EUR,,bob at example,,",
        "2024-01-31,explosion,12,9,Course,1.00,,EUR,,bob@example.com,,",
        "2024-01-31,charge,13,9,Course,1,000.00,,EUR,,bob@example.com,,",
        "2024-01-31,charge,7,9,Another course,1.00,,EUR,,bob@example.com,,",
        f"2024-01-31,charge,14,9,{'x' * 200_000},1.00,,EUR,,bob@example.com,,",
        "2024-01-31,charge,\x00,9,Course,1.00,,EUR,,,,",
    ]
    file = written(tmp_path, "\n".join([HEADER, ROWS[0], *bad, ROWS[2]]))
    code, out, err = await program.command("import", file)
    assert code == 1, out + err
    told = [line.partition(":")[0] for line in out.splitlines() if line.startswith("line ")]
    assert sorted(told) == sorted(f"line {number}" for number in range(3, 12))
    assert "2 are new" in out
    assert await shown(program.settings["LETTERKEY_DATABASE_URL"]) == [("receipt", 5831), ("receipt", 5831)]


def packed() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("sales.csv", "\n".join([HEADER, *ROWS]))
    return archive.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (packed(), "is a ZIP archive or an Excel workbook"),
        (gzip.compress(b"date,amount", mtime=0), "is packed with gzip"),
        (b"%PDF-1.7 ...", "is a PDF"),
        (b"\x00\x01\x02binary\x00", "is no text"),
        (b"", "no column is known for"),
        (b"Colour,Size\nred,9\n", "no column is known for occurred_at and total and email"),
        (b"[{}]", "no column is known for"),
    ],
)
async def test_what_is_no_history_is_refused_with_what_it_is(
    program: Program, tmp_path: Path, content: bytes, words: str
) -> None:
    code, out, err = await program.command("import", written(tmp_path, content))
    assert (code, words in err) == (2, True), out + err


async def test_a_line_without_end_takes_no_memory_and_no_other_line(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    with file.open("w") as out:
        out.write(f"{HEADER}\n{ROWS[0]}\n")
        out.write("x" * 1_000)
        out.truncate(out.tell() + 1_000_000_000)  # a gigabyte of NUL, that no disk has to hold
        out.seek(0, io.SEEK_END)
        out.write(f"\n{ROWS[2]}\n")
    code, words, err = await program.command("import", str(file))
    assert (code, "line 3: is longer than a million characters" in words) == (1, True), words + err
    assert "2 are new" in words


async def test_json_lines_are_as_enqueue_takes_them(program: Program, tmp_path: Path) -> None:
    lines = [json.dumps(sale(number)) for number in range(3)]
    wrong = json.dumps(sale(9) | {"total": 1})
    other = json.dumps(sale(0) | {"occurred_at": "2020-01-01T00:00:00Z"})
    file = written(tmp_path, "\n".join([*lines, "", "{", wrong, other, '{"id": "T"}']), "sales.jsonl")
    code, out, err = await program.command("import", file)
    assert (code, "3 are new" in out) == (1, True), out + err
    assert [line.split(":")[0] for line in out.splitlines() if line.startswith("line ")] == [
        "line 5", "line 6", "line 8", "line 7",
    ]  # fmt: skip
    code, out, err = await program.command("enqueue", "-", given=lines[0].encode())
    assert "duplicate" in out, out + err


async def test_a_rehearsal_counts_what_is_told_twice_as_the_import_does(program: Program, tmp_path: Path) -> None:
    lines = [json.dumps(sale(number)) for number in (0, 1, 0)]
    file = written(tmp_path, "\n".join(lines), "sales.jsonl")
    code, out, err = await program.command("import", file, "--dry-run")
    assert (code, "2 would be new" in out, "1 were known" in out) == (0, True, True), out + err
    code, out, err = await program.command("import", file)
    assert (code, "2 are new" in out, "1 were known" in out) == (0, True, True), out + err


async def test_standard_input_and_a_table_of_ones_own(program: Program) -> None:
    table = "When;Gross;Who;Nr\n01/02/2024;5831;ada@example.com;A-1\n"
    said = ["--column", "occurred_at=When", "--column", "total=Gross", "--column", "email=Who", "--column", "id=Nr"]
    said += ["--currency", "eur", "--dates", "dmy", "--minor-units", "--timezone", "Europe/Berlin"]
    code, out, err = await program.command("import", "-", *said, given=table.encode())
    assert code == 0, out + err
    assert await shown(program.settings["LETTERKEY_DATABASE_URL"]) == [("receipt", 5831)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nothing.csv",), "neither an account in the settings nor a file"),
        (("stripe",), "letterkey connect stripe"),
        (("FILE", "--as", "shop"), "sources.shop is not in the settings"),
        (("FILE", "--since", "2024-01-01"), "--since is for accounts"),
        (("FILE", "--column", "colour=Red"), "write FIELD=NAME"),
        (("FILE", "--column", "email=Contact"), "has no column 'Contact'"),
        (("FILE", "--currency", "EURO"), "is no ISO 4217 currency"),
        (("FILE", "--timezone", "Mars/Base"), "is no time zone"),
        (("FILE", "--delimiter", "::"), "is one sign"),
        (("FILE", "--encoding", "klingon"), "is no encoding that is known"),
    ],
)
async def test_what_was_typed_wrongly_is_said(program: Program, tmp_path: Path, words: list[str], said: str) -> None:
    file = written(tmp_path, "\n".join([HEADER, *ROWS]))
    code, out, err = await program.command("import", *(file if word == "FILE" else word for word in words))
    assert (code, said in err) == (2, True), out + err


async def test_a_carts_table_belongs_to_the_only_cart_and_later_events_know_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'letterkey.db'}"
    program = program_on(tmp_path, url, LETTERKEY_SOURCES__SHOP__KIND="thrivecart")
    code, out, err = await program.command("import", written(tmp_path, "\n".join([HEADER, *ROWS])))
    assert code == 0, out + err
    store = await open_store(url, clock.now)
    try:
        customer = await store.read(lambda tx: by_email(tx, "ada@example.com"))
        assert customer is not None
        told = await store.read(lambda tx: tx.one("transaction_by_source_id", source="shop", source_id="7"))
        assert told is not None
    finally:
        await store.close()
