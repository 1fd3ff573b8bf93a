"""The floor of a request on a cluster: all that goes in comes out of the second loop, once."""

from benchmarks.stream import two_hops
from benchmarks.stream.job import Job
from services.local.broker import Broker
from tests.kafka import kafka

__all__ = ["kafka"]


def test_what_goes_in_comes_out_of_the_second_loop_once(kafka: Broker) -> None:
    with two_hops.two_hops(kafka.address) as loops:
        waits_ms = loops.paced(20, rate_s=100)

        outputs = loops.outputs()
        assert len(waits_ms) == 20
        assert min(waits_ms) > 0
        assert len(outputs) == outputs.total() == two_hops.WARM_UP + 20


def test_the_second_loop_goes_on_where_the_first_one_ends() -> None:
    whole = Job("raw", "localhost:1", "floor.", 0)
    first = two_hops.hop(whole, 1, whole.inputs, "floor.between")
    second = two_hops.hop(whole, 2, "floor.between", whole.outputs)

    assert (first["outputs"], second["inputs"]) == ("floor.between", "floor.between")
    assert first["prefix"] != second["prefix"]
    assert first["states"] is second["states"] is None
