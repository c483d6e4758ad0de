"""What lists show of a document is what the document says."""

import pytest

from render import papers
from worker.core.entry import entry_of, thaw_entry
from worker.core.invoice import INVOICE, Invoice

DOCUMENTS = (
    papers.refund(),
    papers.invoice(papers.sale()),
    papers.membership(),
    papers.provided(),
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.kind))
def test_an_entry_says_the_same_as_its_document(document: Invoice) -> None:
    entry = thaw_entry(INVOICE.dump_json(document).decode())
    assert entry == entry_of(document)
    for name in ("kind", "number", "supplied_at", "timezone", "currency", "total", "test"):
        assert getattr(entry, name) == getattr(document, name), name
    assert entry.lines == len(document.lines)
    assert entry.first == (document.lines[0].description if document.lines else "")
