"""The live display of `recdag run`: Dagster's events and our warnings as lines, and a progress bar."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

import dagster as dg
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

_OURS = logging.getLogger("recdag")


class RunDisplay(logging.Handler):
    """Shows the step at work with its epochs, and a line for every step that ended.

    Attributes:
        left_out: assets that the data do not allow.
    """

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console
        self._started: dict[str, float] = {}
        self._reused: set[str] = set()
        self._computed: set[str] = set()
        self.left_out: set[str] = set()
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("at most", style="dim"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[detail]}", style="dim"),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task("starting", total=None, detail="")

    @property
    def reused(self) -> int:
        """Assets whose output was there already."""
        return len(self._reused)

    @property
    def computed(self) -> int:
        """Assets that were made."""
        return len(self._computed)

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
            told = f"[yellow]![/] {escape(record.getMessage())}"
            self._console.print(told, highlight=False, soft_wrap=True)

    def _show(self, event: dg.DagsterEvent) -> None:
        step = event.step_key or ""
        name = step.replace("__", "/")
        match event.event_type:
            case dg.DagsterEventType.STEP_START:
                self._started[step] = time.perf_counter()
                self._progress.reset(self._task, description=name, detail="", total=None)
            case dg.DagsterEventType.ASSET_OBSERVATION:
                self._show_epoch(event.asset_observation_data.asset_observation.metadata)
            case dg.DagsterEventType.ASSET_MATERIALIZATION:
                metadata = event.step_materialization_data.materialization.metadata
                if "not_applicable" in metadata:
                    self.left_out.add(name)
                else:
                    (self._reused if metadata["cached"].value else self._computed).add(step)
            case dg.DagsterEventType.STEP_SUCCESS if step in self._computed:
                self._console.print(f"[green]✓[/] {name} [dim]{self._seconds(step):.1f} s[/]")
            case dg.DagsterEventType.STEP_FAILURE:
                self._console.print(f"[red]✗[/] {name} [dim]{self._seconds(step):.1f} s[/]")

    def _show_epoch(self, metadata: Mapping[str, dg.MetadataValue]) -> None:
        values: dict[str, Any] = {name: value.value for name, value in metadata.items()}
        epoch, epochs, phase = values.pop("epoch"), values.pop("epochs"), values.pop("phase")
        detail = "  ".join(f"{name} {value:.4g}" for name, value in values.items())
        self._progress.update(self._task, completed=epoch, total=epochs, detail=f"{phase}  {detail}")

    def _seconds(self, step: str) -> float:
        return time.perf_counter() - self._started[step]
