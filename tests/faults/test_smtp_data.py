"""Reading a mail's text, whatever pieces it comes in."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from worker.net.smtp_data import TOO_LARGE, Taken, Terms, take_data
from worker.net.smtp_lines import BARE

TEXT = st.lists(st.sampled_from([b".", b"\r\n", b"\r", b"\n", b"a", b"..", b".\r\n", b"\x00", b"x" * 40])).map(b"".join)


def expected(text: bytes, largest: int) -> Taken:
    """RFC 5321 section 4.5.2, said in another way: line by line."""
    whole, _, _ = (b"\r\n" + text).partition(b"\r\n.\r\n")
    whole = (whole + b"\r\n")[2:]
    if len(whole) > largest:
        return Taken(refusal=TOO_LARGE)
    lines = whole.split(b"\r\n")
    if any(b"\r" in line or b"\n" in line for line in lines):
        return Taken(refusal=BARE, hopeless=True)
    return Taken(b"\r\n".join(line.removeprefix(b".") for line in lines))


@given(TEXT, st.lists(st.integers(1, 60), max_size=20), st.integers(16, 200))
async def test_text_is_read_to_its_final_dot_and_no_further(text: bytes, sizes: list[int], limit: int) -> None:
    text += b"\r\n.\r\n"
    end = (b"\r\n" + text).index(b"\r\n.\r\n") + 3
    reader = asyncio.StreamReader(limit=limit)

    async def feed() -> None:
        rest = text + b"QUIT\r\n"
        for size in sizes:
            reader.feed_data(rest[:size])
            rest = rest[size:]
            await asyncio.sleep(0)
        reader.feed_data(rest)
        reader.feed_eof()

    feeding = asyncio.create_task(feed())
    taken = await take_data(reader, Terms(300, lambda count: True, lambda: None))
    await feeding
    assert taken == expected(text, 300)
    assert await reader.read() == text[end:] + b"QUIT\r\n"
