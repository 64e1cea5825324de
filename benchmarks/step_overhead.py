"""What a step of a run costs besides its work: a run in which everything is there already.

    python benchmarks/step_overhead.py [SELECTION] [DATASET]

Run it twice; the first run may have something to compute. Each step is a process of its own, two at a time,
as in runs from the web UI.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg

from recdag.orchestration.instance import prepare_home
from recdag.settings import Settings


def main(selection: str = '* and not tag:"study"="large"', dataset: str = "demo") -> None:
    """Materialize through the multiprocess executor and count."""
    home = prepare_home(Settings.from_environment())
    command = [
        str(Path(sys.executable).with_name("dagster")), "asset", "materialize",
        "-m", "recdag.definitions", "--select", selection, "--partition", dataset,
    ]  # fmt: skip
    started = time.perf_counter()
    subprocess.run(command, env={**os.environ, "DAGSTER_HOME": str(home)}, check=True, capture_output=True)
    seconds = time.perf_counter() - started
    with dg.DagsterInstance.from_config(str(home)) as instance:
        (run,) = instance.get_runs(limit=1)
        logs = [entry.dagster_event for entry in instance.all_logs(run.run_id) if entry.dagster_event]
    steps = sum(event.event_type is dg.DagsterEventType.STEP_SUCCESS for event in logs)
    made = [event for event in logs if event.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION]
    computed = sum(not e.step_materialization_data.materialization.metadata["cached"].value for e in made)
    print(f"{steps} steps, {computed} assets computed, load {os.getloadavg()[0]:.1f}")
    print(f"{seconds:.1f} s, {seconds / steps:.2f} s a step")


if __name__ == "__main__":
    main(*sys.argv[1:])
