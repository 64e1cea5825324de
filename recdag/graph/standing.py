"""How an asset may stand.

`stale` is what a run would compute anew, and `missing` what was there once and is away. What `follows`
has everything as it was, but hangs on something that a run would compute: it is computed where that comes
out different. What is `left out` cannot be made of these data, or on this machine. What is `not made` has
never been asked for, and nothing waits for it; a run of everything makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

State = Literal["current", "stale", "follows", "missing", "failed", "left out", "not made"]
SETTLED: tuple[State, ...] = ("current", "left out", "not made")


@dataclass(frozen=True)
class Standing:
    """How one asset of a data set stands."""

    asset: str
    state: State
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Status:
    """How the assets of a data set stand, inputs before what is made of them.

    Attributes:
        dataset: its name; empty for the assets that all data sets share.
        made: whether a run has stored anything of it.
        problem: why it cannot be looked at.
    """

    dataset: str
    standings: tuple[Standing, ...] = ()
    made: bool = True
    problem: str = ""

    def of(self, state: State) -> list[Standing]:
        """The assets in one state."""
        return [each for each in self.standings if each.state == state]

    @property
    def current(self) -> bool:
        """Whether a run would compute nothing of what has been made."""
        return not self.problem and all(each.state in SETTLED for each in self.standings)

    def with_failures(self, failures: Mapping[str, str]) -> Status:
        """The same, where what is not current, or was never made, may have failed when it was last tried.

        Args:
            failures: asset -> first line of the message.
        """
        told = tuple(
            replace(each, state="failed", reasons=(failures[each.asset], *each.reasons))
            if each.asset in failures and each.state not in ("current", "left out")
            else each
            for each in self.standings
        )
        return replace(self, standings=told)
