"""The live display of `recdag run`: Dagster's events and our warnings as lines, and a progress bar."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

import dagster as dg
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

_OURS = logging.getLogger("recdag")
_MEGABYTE = 1_000_000


class RunDisplay(logging.Handler):
    """Shows the step at work with its epochs, and a line for every step that ended.

    Attributes:
        skipped: assets that the data do not allow.
    """

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console
        self._started: dict[str, float] = {}
        self._reused: set[str] = set()
        self._computed: set[str] = set()
        self.skipped: set[str] = set()
        self._assets = 0
        self._progress = Progress(
            TextColumn("{task.fields[place]}", style="dim"),
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=16),
            _Count(table_column=Column(no_wrap=True)),
            TimeElapsedColumn(),
            TextColumn("{task.fields[detail]}", style="dim"),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task("starting", total=None, place="", count="", bound="", detail="")

    @property
    def reused(self) -> int:
        """Assets whose output was there already."""
        return len(self._reused)

    @property
    def computed(self) -> int:
        """Assets that were made."""
        return len(self._computed)

    def expect(self, assets: int) -> None:
        """How many assets the run is to materialize."""
        self._assets = assets

    def __enter__(self) -> RunDisplay:
        _OURS.addHandler(self)
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()
        _OURS.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_event", None)
        if isinstance(event, dg.DagsterEvent):
            self._show(event)
        elif record.levelno >= logging.WARNING and not hasattr(record, "dagster_meta"):
            line = f"[yellow]![/] {escape(record.getMessage())}"
            self._console.print(line, highlight=False, soft_wrap=True)

    def _show(self, event: dg.DagsterEvent) -> None:
        step = event.step_key or ""
        name = _asset(step)
        match event.event_type:
            case dg.DagsterEventType.STEP_START:
                self._started[step] = time.perf_counter()
                self._begin(name)
            case dg.DagsterEventType.ASSET_OBSERVATION:
                self._show_progress(event.asset_observation_data.asset_observation.metadata)
            case dg.DagsterEventType.ASSET_MATERIALIZATION:
                metadata = event.step_materialization_data.materialization.metadata
                if "skipped" in metadata:
                    self.skipped.add(name)
                else:
                    (self._reused if metadata["cached"].value else self._computed).add(step)
            case dg.DagsterEventType.STEP_SUCCESS if step in self._computed:
                self._console.print(f"[green]✓[/] {name} [dim]{self._seconds(step):.1f} s[/]")
            case dg.DagsterEventType.STEP_FAILURE:
                self._console.print(f"[red]✗[/] {name} [dim]{self._seconds(step):.1f} s[/]")

    def _begin(self, name: str) -> None:
        """Show a step that starts, and how far the run has come."""
        done = len(self._reused | self._computed) + len(self.skipped)
        place = f"{min(done + 1, self._assets)} of {self._assets}" if self._assets else ""
        self._progress.reset(
            self._task, description=name, total=None, place=place, count="", bound="", detail=""
        )

    def _show_progress(self, metadata: Mapping[str, dg.MetadataValue]) -> None:
        values: dict[str, Any] = {name: value.value for name, value in metadata.items()}
        if "bytes" in values:
            done, total = values["bytes"], values.get("bytes_in_all")
            of = f" of {total / _MEGABYTE:,.1f}" if total else ""
            count = f"{done / _MEGABYTE:,.1f}{of} MB"
            self._update(done, total, count, "about", values["phase"])
        elif "epoch" in values:
            epoch, epochs, phase = values.pop("epoch"), values.pop("epochs"), values.pop("phase")
            detail = "  ".join(f"{name} {value:.4g}" for name, value in values.items())
            self._update(epoch, epochs, f"{epoch}/{epochs}", "at most", f"{phase}  {detail}")

    def _update(self, completed: int, total: int | None, count: str, bound: str, detail: str) -> None:
        self._progress.update(
            self._task, completed=completed, total=total, count=count, bound=bound, detail=detail
        )

    def _seconds(self, step: str) -> float:
        return time.perf_counter() - self._started[step]


def _asset(step: str) -> str:
    """What a step makes or checks."""
    asset = step.removesuffix("_checks").replace("__", "/")
    return f"checks of {asset}" if step.endswith("_checks") else asset


class _Count(ProgressColumn):
    """How much of a step is done, and how long the rest takes once that can be estimated."""

    def render(self, task: Task) -> Text:
        count, seconds = task.fields["count"], task.time_remaining
        if not seconds:
            return Text(count)
        minutes, seconds = divmod(round(seconds), 60)
        return Text(f"{count}, {task.fields['bound']} {minutes}:{seconds:02d}")
