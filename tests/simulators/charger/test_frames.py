import pytest

from simulators.charger.frames import BadFrame, Call, Error, Result, parse


@pytest.mark.parametrize(
    "frame", [Call("1", "Heartbeat", {}), Result("1", {"status": "Accepted"}), Error("1", "X", "y")]
)
def test_what_is_written_reads_back(frame):
    assert parse(frame.text()) == frame


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "[2]", '[2, 1, "Heartbeat", {}]', '[3, "1", []]', '[5, "1", {}]', "nonsense"]
)
def test_anything_else_is_a_bad_frame(text):
    with pytest.raises(BadFrame):
        parse(text)
