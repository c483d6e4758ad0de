"""Reads HTML as a mail program does: which addresses it would load, where its links go, what a person sees."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_LOADING = {"src", "srcset", "background", "poster", "data", "action", "formaction"}


@dataclass
class Seen:
    loads: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).replace("\u00a0", " ").replace("\u202f", " ").split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen = Seen()
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.tags.append(tag)
        self._unseen += tag in ("style", "title")
        for name, value in attrs:
            if name in _LOADING or (tag == "link" and name == "href"):
                self.seen.loads.append(value or "")
            elif name == "href":
                self.seen.links.append(value or "")
            elif name == "style":
                self.seen.styles.append(value or "")
            assert not name.startswith("on"), f"{name} on {tag}"

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        (self.seen.styles if self._unseen else self.seen.words).append(data)


def read(html: str) -> Seen:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.seen
