"""What of a data set is missing, stale or current, and why: the keys that a run would compare, compared.

`stale` is what a run would compute anew, and `missing` what was there once and is away. What `follows`
has everything as it was, but hangs on something that a run would compute: it is computed where that comes
out different. What is `skipped` cannot be made of these data, or on this machine. What is `not made` has
never been asked for, and nothing waits for it; a run of everything makes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from recdag.errors import NotMade
from recdag.graph.ledger import Ledger
from recdag.graph.step import Step
from recdag.suggest import listed

State = Literal["current", "stale", "follows", "missing", "failed", "skipped", "not made"]
SETTLED: tuple[State, ...] = ("current", "skipped", "not made")
_AWAY: tuple[State, ...] = ("missing", "not made")


@dataclass(frozen=True)
class AssetStatus:
    """How one asset of a data set stands."""

    asset: str
    state: State
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class DatasetStatus:
    """How the assets of a data set stand, inputs before what is made of them.

    Attributes:
        dataset: its name; empty for the assets that all data sets share.
        made: whether a run has stored anything of it.
        problem: why it cannot be looked at.
    """

    dataset: str
    assets: tuple[AssetStatus, ...] = ()
    made: bool = True
    problem: str = ""

    def of(self, state: State) -> list[AssetStatus]:
        """The assets in one state."""
        return [each for each in self.assets if each.state == state]

    @property
    def current(self) -> bool:
        """Whether a run would compute nothing of what has been made."""
        return not self.problem and all(each.state in SETTLED for each in self.assets)

    def with_failures(self, failures: Mapping[str, str]) -> DatasetStatus:
        """The same, where what is not current, or was never made, may have failed when it was last tried.

        Args:
            failures: asset -> first line of the message.
        """
        assets = tuple(
            replace(each, state="failed", reasons=(failures[each.asset], *each.reasons))
            if each.asset in failures and each.state not in ("current", "skipped")
            else each
            for each in self.assets
        )
        return replace(self, assets=assets)


def asset_statuses(steps: Iterable[Step], ledger: Ledger, *, as_made: bool = False) -> list[AssetStatus]:
    """How some assets of a data set stand; of those that are made only when asked for, the ones made.

    Args:
        steps: with all that they hang on, inputs before what is made of them.
        as_made: each is compared with what it was asked for, in place of what a plain run makes.

    Raises:
        RecdagError: what decides an asset, a recipe for example, cannot be read.
    """
    inspection = _Inspection(ledger, as_made)
    for step in steps:
        inspection.inspect(step)
    return list(inspection.statuses.values())


class _Inspection:
    def __init__(self, ledger: Ledger, as_made: bool) -> None:
        self.statuses: dict[str, AssetStatus] = {}
        self._ledger = ledger
        self._as_made = as_made
        self._unsettled: set[str] = set()

    def inspect(self, step: Step) -> None:
        """Find out how an asset stands, given how those stand that it hangs on."""
        state, reasons = self._state(step)
        if step.large and state in ("skipped", "not made"):
            return
        self.statuses[step.name] = AssetStatus(step.name, state, tuple(reasons))
        if state not in SETTLED:
            self._unsettled.add(step.name)

    def _state(self, step: Step) -> tuple[State, Sequence[str]]:
        if reason := step.skipped(self._ledger):
            return "skipped", [reason]
        record = self._ledger.find(step)
        if record is None:
            return ("missing", _files_are_away(step)) if self._ledger.is_lost(step) else ("not made", [])
        waits = [name for name in step.awaits if self._is_open(step, name)]
        if any(self._is_away(step, name) for name in step.awaits):
            return _follows(waits)
        try:
            plan = ((self._as_made and step.plan_as_made) or step.plan)(self._ledger)
            self._unsettled.update(plan.stale_cells)
            changes = plan.changes(record) if plan.stale_cells or plan.key != record.key else []
        except NotMade as error:
            return "follows", [error.problem]
        if changes:
            return "stale", changes
        if waits:
            return _follows(waits)
        return ("current", []) if plan.key == record.key else ("stale", ["what hangs on all of it changed"])

    def _is_open(self, step: Step, name: str) -> bool:
        """Whether an asset that a step hangs on is itself to be computed, or a cell of another one."""
        status = self.statuses.get(name)
        never = status is not None and status.state == "not made"
        return name in self._unsettled or (never and not step.some)

    def _is_away(self, step: Step, name: str) -> bool:
        status = self.statuses.get(name)
        return status is not None and status.state in (("missing",) if step.some else _AWAY)


def _files_are_away(step: Step) -> list[str]:
    return ["the files are away"] if step.store == "files" else []


def _follows(waits: Sequence[str]) -> tuple[State, Sequence[str]]:
    return "follows", [f"after {listed(waits)}"]
