"""Trials of hyperparameters, one after the other, in a file that survives the process; by Optuna."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from recdag.errors import TrainingError
from recdag.recipes.search_space import Choice, Range, Space

if TYPE_CHECKING:
    import optuna

# Of the trials: drawn at random before the sampler learns from them; finished before one is pruned.
RANDOM_TRIALS = 5
UNPRUNED_TRIALS = 4
UNPRUNED_EPOCHS = 3
# Epochs of a later phase of a fit are counted on from here.
_PHASE = 100_000

Report = Callable[[str, int, float], None]


@dataclass(frozen=True)
class Trial:
    """A trial that has ended.

    Attributes:
        state: `complete`, `pruned`, or `failed` where the model could not be trained.
        quality: larger is better; of a pruned trial the last one seen, of a failed one None.
        epochs: chosen on validation, or reached before pruning; None for models without epochs.
        problem: why the model could not be trained, of a failed trial.
        ended_at: in UTC, without time zone.
    """

    state: str
    values: Mapping[str, Any]
    quality: float | None
    epochs: int | None
    seconds: float
    ended_at: datetime
    problem: str | None = None


class Pruned(Exception):
    """The trial at hand is not worth going on with."""


class Search:
    """A search for the best values in a space; where there is one of that name, it goes on.

    A trial's values depend on the seed and the trials before it alone, so that a search that was
    stopped ends as one that was not. A trial that was cut off with its process is tried again.

    Args:
        path: the file; searches of several names share it.
        space: what to search.
        own: values of the first trial.
    """

    def __init__(
        self, path: Path, name: str, space: Mapping[str, Space], own: Mapping[str, Any], seed: int
    ) -> None:
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._study = optuna.create_study(
            storage=JournalStorage(JournalFileBackend(str(path))),
            study_name=name,
            direction="maximize",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(UNPRUNED_TRIALS, UNPRUNED_EPOCHS),
        )
        self._space, self._seed = space, seed
        self._distributions = {key: _distribution(each) for key, each in space.items()}
        if not self._study.trials:
            self._study.enqueue_trial({key: _coded(space[key], own[key]) for key in space})
        for cut_off in self._study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):
            if cut_off.params:
                self._study.enqueue_trial(cut_off.params)
            self._study.tell(cut_off.number, state=optuna.trial.TrialState.FAIL)

    def trials(self) -> list[Trial]:
        """All that have ended, in order; those that were cut off are not among them."""
        return list(self._ended())

    def _ended(self) -> Iterator[Trial]:
        for trial in self._study.trials:
            if trial.state.is_finished() and "seconds" in trial.user_attrs and trial.datetime_complete:
                yield Trial(
                    state="failed" if trial.state.name == "FAIL" else trial.state.name.lower(),
                    values=self._decoded(trial.params),
                    quality=trial.value,
                    epochs=trial.user_attrs["epochs"],
                    seconds=trial.user_attrs["seconds"],
                    ended_at=trial.datetime_complete.astimezone(UTC).replace(tzinfo=None),
                    problem=trial.user_attrs.get("problem"),
                )

    def attempt(self, measure: Callable[[dict[str, Any], Report], tuple[float, int | None]]) -> None:
        """One more trial.

        Args:
            measure: given values and a function to report phase, epoch and quality to; returns
                quality, larger is better, and the number of epochs. A `TrainingError` fails the
                trial and not the search.

        Raises:
            Whatever else `measure` raises; the trial is then tried again by the next search.
        """
        import optuna

        done = len(self.trials())
        seed = int(np.random.SeedSequence((self._seed, done)).generate_state(1)[0])
        self._study.sampler = optuna.samplers.TPESampler(n_startup_trials=RANDOM_TRIALS, seed=seed)
        trial = self._study.ask(self._distributions)
        phases: dict[str, int] = {}
        reached: int | None = None

        def report(phase: str, epoch: int, quality: float) -> None:
            nonlocal reached
            reached = epoch
            trial.report(quality, phases.setdefault(phase, len(phases)) * _PHASE + epoch)
            if trial.should_prune():
                raise Pruned

        started, states = time.perf_counter(), optuna.trial.TrialState
        value, epochs, state = None, None, states.COMPLETE
        try:
            value, epochs = measure(self._decoded(trial.params), report)
        except Pruned:
            epochs, state = reached, states.PRUNED
        except TrainingError as error:
            state = states.FAIL
            trial.set_user_attr("problem", error.problem)
        trial.set_user_attr("epochs", epochs)
        trial.set_user_attr("seconds", time.perf_counter() - started)
        self._study.tell(trial, value, state)

    def _decoded(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {
            key: json.loads(params[key]) if isinstance(each, Choice) else params[key]
            for key, each in self._space.items()
        }


def _distribution(space: Space) -> optuna.distributions.BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(space, Choice):
        return CategoricalDistribution([_coded(space, value) for value in space.values])
    if space.integer:
        return IntDistribution(int(space.low), int(space.high), log=space.log)
    return FloatDistribution(space.low, space.high, log=space.log)


def _coded(space: Space, value: Any) -> Any:
    """A value as Optuna can store it: what is chosen may be a list, so it is written as JSON."""
    return value if isinstance(space, Range) else json.dumps(value)
