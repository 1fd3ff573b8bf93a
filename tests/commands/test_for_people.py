"""Texts for people: no mA, no parts per million, no words of ours with underscores."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.notify.notices import notices
from api.views.alarms import alarm_view
from api.views.charger_events import event_view
from api.views.sessions import session_view
from commands.alarm_words import WORDS
from commands.for_people import for_people
from domain.records import Record, load
from domain.records.time import StreamParked
from domain.records.words import STATUS_WORDS
from projections.charger_events import PROJECTION as OF_OUTLETS
from tests.recorded.log import EARLIER, PRESENT, Recording

RAW = re.compile(r"\d (?:mA|mV|ms|ppm|permille)\b|\b\d{4,} Wh?\b|[A-Za-z]_[a-z]")
PROCESSORS = ("load", "sites", "vehicles", "registry")
RECORDINGS = (PRESENT, *EARLIER)
CODED = (load.TransactionStopped, load.TransactionStopCorrected)
"""Their reasons are codes, of which the page of the charger has the words."""


def events(recording: Recording) -> Iterator[Record]:
    return (placed.record for processor in PROCESSORS for placed in recording.events(processor))


def texts(event: Record) -> Iterator[str]:
    """All that people read of an event."""
    data: Any = event.data
    for notice in notices(event) if type(data) is not StreamParked else ():  # that one is about the software
        yield from (notice.title, notice.text)
    if (
        type(data) in OF_OUTLETS.handlers
        and getattr(data, "charger_id", None)
        and type(data) is not load.CommandAnswered
    ):
        row = {"id": event.id, "type": event.type, "time_ms": event.time, "data": data.model_dump(), "answer": None}
        yield event_view(row, None)["text"]
    if isinstance(data, load.AlarmRaised):
        raised = data.model_dump() | {"since_ms": 0, "ended_ms": None}
        yield from (text for text in alarm_view(raised).values() if text and text != data.code)
    reason = getattr(data, "reason", None)
    if isinstance(reason, str) and not isinstance(data, CODED):
        yield session_view(defaultdict(lambda: None, reason=reason), None)["reason"]


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda one: one.folder.name)
def test_no_text_of_a_recorded_log_has_a_number_or_a_word_that_only_we_know(recording: Recording) -> None:
    found = {text for event in events(recording) for text in texts(event)}
    assert len(found) > 100
    assert sorted(text for text in found if RAW.search(text)) == []


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda one: one.folder.name)
def test_a_recorded_log_has_reasons_that_need_it(recording: Recording) -> None:
    """Else the test above would hold of any words."""
    reasons = " ".join(str(getattr(event.data, "reason", "")) for event in events(recording))
    assert {"mA", "ppm"} <= {found.split()[-1] for found in re.findall(r"\d (?:mA|ppm)\b", reasons)}


def test_no_words_of_an_alarm_or_a_status_have_underscores() -> None:
    words = [text for one in WORDS.values() for text in one]
    assert [text for text in (*words, *STATUS_WORDS.values()) if "_" in text] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0 mA", "0 A"),
        ("it measures 13500 mA", "it measures 13.5 A"),
        ("300000 W, 900 W", "300 kW, 900 W"),
        ("reads 8123456 Wh after 12 Wh", "reads 8123.456 kWh after 12 Wh"),
        ("charger5 Watts 7 mAh", "charger5 Watts 7 mAh"),
        ("score 564532 ppm", "score 56 %"),
        ("150 permille", "15 %"),
        ("within 20000 ms", "within 20 s"),
        ("the charger is suspended_ev", "the car has paused"),
        ("charger suspended_evse", "the charger has paused"),
    ],
)
def test_quantities_and_statuses_are_as_people_read_them(text: str, shown: str) -> None:
    assert for_people(text) == shown
