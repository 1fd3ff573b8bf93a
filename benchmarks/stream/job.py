"""The job of a worker, whatever its engine."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

INPUTS, OUTPUTS, STATES = "vehicles.inputs", "events", "vehicles.state"
"""The topics of each worker, after its prefix. Named as the platform's, since one of the workers is the platform."""


@dataclass(frozen=True, slots=True)
class Job:
    """One output an input, and a state of `state_bytes` for each key, written with each input; exactly once.

    `settings` are the engine's own: of Quix `commit_interval_s` and `linger_ms`, of the bare loop `batch`, `linger_ms`
    and `every_state`.
    """

    engine: str
    brokers: str
    prefix: str
    state_bytes: int
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def inputs(self) -> str:
        return self.prefix + INPUTS

    @property
    def outputs(self) -> str:
        return self.prefix + OUTPUTS

    def to_json(self) -> dict[str, Any]:
        """The job for a worker, of which one can import nothing of ours."""
        return asdict(self) | {"inputs": self.inputs, "outputs": self.outputs, "states": self.prefix + STATES}
