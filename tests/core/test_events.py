"""The event contract survives its own journal line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowkeeper.core.events import AssetEvent, EventType
from tests.helpers.events import SESSION

text = st.none() | st.text()


@given(
    event_type=st.sampled_from(EventType),
    row_id=text,
    media_id=text,
    error_message=text,
    size_bytes=st.none() | st.integers(min_value=0),
    details=st.dictionaries(st.text(), st.text() | st.integers() | st.booleans()),
)
def test_an_event_comes_back_from_its_line(**values: object) -> None:
    event = AssetEvent(session_id=SESSION, **values)  # type: ignore[arg-type]
    line = event.to_json()
    assert "\n" not in line
    assert AssetEvent.from_json(line) == event


@pytest.mark.parametrize("line", ["", "[]", "{}", '{"event_type":"x"}', '{"event_id":'])
def test_what_is_no_event_is_refused(line: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        AssetEvent.from_json(line)


def test_a_newer_field_is_refused_not_dropped() -> None:
    event = json.loads(AssetEvent(event_type=EventType.DISCOVERED, session_id=SESSION).to_json())
    with pytest.raises(ValueError, match="colour"):
        AssetEvent.from_json(json.dumps({**event, "colour": "red"}))
