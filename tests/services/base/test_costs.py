"""What a service has cost, as /proc tells it, also where it was started again."""

from __future__ import annotations

from pathlib import Path

from services.base.costs import TICKS_S, Cost, Meter, cost_of, family_cost


def process(
    proc: Path, pid: int, own_s: int, children_s: int = 0, peak_kib: int | None = 2000, family: str = ""
) -> None:
    """As the kernel shows a process; one that ended and was not awaited has no memory."""
    folder = proc / str(pid)
    (folder / "task" / str(pid)).mkdir(parents=True, exist_ok=True)
    before_times = "S 1 2 3 4 5 6 7 8 9 10"
    times = f"{own_s * TICKS_S} 0 0 {children_s * TICKS_S}"
    (folder / "stat").write_text(f"{pid} (a (strange) name) {before_times} {times} 20 0 1\n")
    peak = "" if peak_kib is None else f"VmHWM:\t    {peak_kib} kB\n"
    (folder / "status").write_text(f"Name:\tservice\n{peak}Threads:\t3\n")
    (folder / "task" / str(pid) / "children").write_text(family)


def test_a_process_costs_its_own_time_and_that_of_children_that_ended(tmp_path: Path) -> None:
    process(tmp_path, 7, own_s=3, children_s=2, peak_kib=1000)

    assert cost_of(7, tmp_path) == Cost(5.0, 1_024_000)
    assert cost_of(8, tmp_path) is None


def test_a_server_costs_what_its_children_do_too(tmp_path: Path) -> None:
    process(tmp_path, 7, own_s=1, peak_kib=1000, family="8 9 ")
    process(tmp_path, 8, own_s=2, peak_kib=500)  # 9 has just ended

    assert family_cost(7, tmp_path) == Cost(3.0, 1500 * 1024)
    assert family_cost(9, tmp_path) is None


def test_a_service_that_was_started_again_counts_all_its_lives(tmp_path: Path) -> None:
    meter = Meter(tmp_path)
    process(tmp_path, 7, own_s=3, peak_kib=3000)
    process(tmp_path, 9, own_s=1, peak_kib=1000)
    meter.measure({"api": 7, "gateway": 9})
    process(tmp_path, 7, own_s=4, peak_kib=None)  # killed
    meter.measure({"api": 7, "gateway": 9})
    process(tmp_path, 8, own_s=2, peak_kib=2000)
    meter.measure({"api": 8, "gateway": 9})
    meter.measure({"api": 8, "gateway": 10})  # gone before it was seen

    assert meter.costs() == {"api": Cost(6.0, 3000 * 1024), "gateway": Cost(1.0, 1000 * 1024)}
    assert meter.costs()["api"].to_json() == {"cpu_s": 6.0, "peak_mb": 3.1}
