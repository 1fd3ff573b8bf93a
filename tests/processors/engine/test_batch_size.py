from hypothesis import given
from hypothesis import strategies as st

from processors.engine.batch_size import BATCH_S, FIRST, LEAST, MOST, next_size


@given(input_s=st.floats(1e-7, 1.0))
def test_a_backlog_comes_to_be_taken_a_moment_at_a_time(input_s: float) -> None:
    size = FIRST
    for _ in range(30):
        size = next_size(size, size, size * input_s)
    wanted = min(max(BATCH_S / input_s, LEAST), MOST)
    assert abs(size - wanted) <= 1


def test_slow_inputs_make_small_batches() -> None:
    assert next_size(500, 500, 0.5) == 275
    assert next_size(275, 275, 0.275) == 162


def test_a_few_inputs_change_nothing() -> None:
    assert next_size(500, LEAST - 1, 10.0) == 500


@given(size=st.integers(LEAST, MOST), inputs=st.integers(0, MOST), took_s=st.floats(0, 100))
def test_a_batch_is_never_too_small_nor_too_large(size: int, inputs: int, took_s: float) -> None:
    assert LEAST <= next_size(size, inputs, took_s) <= MOST
