"""Whatever comes in, a relay's file answers with a value."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relays.test_postmark import BOUNCE as OF_POSTMARK
from relays.test_ses import BOUNCE as OF_SES
from support.sns import TOPIC, bounce, certificate, mail, message
from worker.core.raw_event import RawEvent
from worker.relays import RELAYS
from worker.settings.fields import KNOWN_RELAYS

_ODD: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["Bounce", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def test_the_settings_know_every_relay() -> None:
    assert set(KNOWN_RELAYS) == set(RELAYS)


@pytest.mark.parametrize("name", sorted(RELAYS))
@given(data=st.data())
def test_a_changed_event_never_raises(name: str, data: st.DataObject) -> None:
    inner = {**OF_SES, "bounce": bounce() | data.draw(st.dictionaries(st.sampled_from(sorted(bounce())), _ODD))}
    inner |= {"mail": mail() | data.draw(st.dictionaries(st.sampled_from(sorted(mail())), _ODD))}
    sample = message(Message=json.dumps(inner)) if name == "ses" else OF_POSTMARK
    changes = data.draw(st.dictionaries(st.sampled_from(sorted(sample)), _ODD, max_size=3))
    relay, event = RELAYS[name], RawEvent({}, json.dumps(dict(sample) | changes).encode(), 0)
    relay.certificate(event, (TOPIC,))
    relay.confirm(event, (TOPIC,))
    relay.verify(event, (TOPIC,), certificate())
    relay.read(event)


@pytest.mark.parametrize("name", sorted(RELAYS))
@given(body=st.binary(max_size=200), header=st.text(max_size=50))
def test_bytes_never_raise(name: str, body: bytes, header: str) -> None:
    relay, event = RELAYS[name], RawEvent({"authorization": "Basic " + header, "x-letterkey-secret": header}, body, 0)
    relay.verify(event, ("secret",), body)
    relay.read(event)
