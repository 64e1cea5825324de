"""Training one model of one paper on one data set."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from recdag.errors import TrainingError
from recdag.graph.best_values import best_values_for
from recdag.graph.differences import differing, written
from recdag.graph.environment import environment
from recdag.graph.feasibility import require_memory
from recdag.graph.ledger import Record, input_versions
from recdag.graph.machine_memory import PeakMemory
from recdag.graph.model_folder import Card, relabel, save_trained
from recdag.graph.project import Project
from recdag.graph.shared_splits import read_splits, split_asset
from recdag.graph.step import Outcome, step_key
from recdag.graph.training_request import SET_FOR_RUN, TrainingRequest
from recdag.papers.catalogue import PAPERS
from recdag.recipes.budget import Budget
from recdag.recipes.origins import OURS, PAPER, RUN, TUNED
from recdag.recommenders.catalogue import model_spec
from recdag.recommenders.config import Config
from recdag.recommenders.spec import ModelSpec

if TYPE_CHECKING:
    from recdag.evaluation.experiment import Experiment
    from recdag.evaluation.split import Split
    from recdag.training.options import Progress


def variant(spec: ModelSpec, config: Config, also: Iterable[str] = ()) -> str:
    """The hyperparameters that papers tell variants apart by, for example `factors=8,layers=3`.

    Args:
        also: further ones to name.
    """
    return ",".join(f"{name}={getattr(config, name)}" for name in dict.fromkeys([*spec.variant, *also]))


@dataclass(frozen=True)
class Plan:
    """A training that is fully determined.

    Attributes:
        sources: hyperparameter -> where its value is from; origins: whose it is, of those in `request`.
        key: hash of all that decides the result; where the values are from does not.
        budget: of the search behind the configuration; None: there was no search.
    """

    request: TrainingRequest
    spec: ModelSpec
    protocol: str
    config: Config
    sources: Mapping[str, str]
    origins: Mapping[str, str]
    split_version: str
    key: str
    budget: Budget | None
    stale_cells: ClassVar[tuple[str, ...]] = ()

    def changes(self, record: Record) -> list[str]:
        """What differs between a trained model and the one that this plan leads to, in words."""
        return self.changes_since(record.card) if record.card else []

    def changes_since(self, card: Card) -> list[str]:
        """The same, given the card of the trained model."""
        reasons = []
        config = self.config.model_dump()
        for name in differing(card.config, config):
            old, new = written(card.config.get(name)), written(config.get(name))
            if card.sources.get(name) == SET_FOR_RUN:
                reasons.append(f"{name} was {old} for one run, the recipe says {new}")
            elif card.budget:
                reasons.append(f"{name} {old}, found by a search ({card.budget}), the recipe says {new}")
            else:
                reasons.append(f"recipe: {name} {old} → {new}")
        for name, before, after in (
            ("code version", card.code_version, self.spec.version),
            ("seed", card.seed, self.request.seed),
            ("epoch chosen on", card.selection, self.request.selection),
        ):
            if before != after:
                reasons.append(f"{name} {before} → {after}")
        if card.split_version != self.split_version:
            reasons.append("its split changed")
        if card.budget and not reasons:
            reasons.append(f"searched for hyperparameters ({card.budget}), a plain run does not")
        return reasons or ["what decides a training is counted differently now"]


def plan_training(project: Project, request: TrainingRequest) -> Plan:
    """What would be trained, and under which key the result is known.

    Raises:
        ConfigError: the recipe or an override does not fit the model.
        RecdagError: the split, or the search that is asked for, has not been made.
    """
    spec, protocol = model_spec(request.model), PAPERS[request.paper].protocol
    recipe = project.recipe(request.paper)
    tuned = best_values_for(project, request)
    found = tuned.values if tuned else {}
    config = recipe.config(request.model, request.dataset, {**found, **request.overrides})
    split_version = input_versions(project, request.dataset, [split_asset(protocol)])[split_asset(protocol)]
    key = step_key(
        model=request.model,
        version=spec.version,
        config=config.model_dump(),
        seed=request.seed,
        selection=request.selection,
        split=split_version,
    )
    sources = recipe.sources(request.model, request.dataset)
    origins = {name: OURS if source.startswith(OURS) else PAPER for name, source in sources.items()}
    sources |= dict.fromkeys(found, tuned.source if tuned else "")
    sources |= dict.fromkeys(request.overrides, SET_FOR_RUN)
    origins |= dict.fromkeys(found, TUNED) | dict.fromkeys(request.overrides, RUN)
    budget = request.budget if tuned else None
    return Plan(request, spec, protocol, config, sources, origins, split_version, key, budget)


def fit_folds(
    plan: Plan,
    splits: Sequence[Split],
    checkpoints: Path,
    on_progress: Callable[[Progress], None],
    heartbeat: Callable[[], None],
    *,
    refit: bool = True,
) -> tuple[list[Experiment], Card]:
    """Train the model of a plan on every split, going on from checkpoints.

    Args:
        refit: train once more on training and validation data, where the protocol has it so.

    Raises:
        NotApplicable: this machine has not the memory for it.
        TrainingError: names data set, model and what to change.
    """
    from recdag.evaluation.experiment import run_experiment
    from recdag.evaluation.protocols import PROTOCOLS
    from recdag.training.device import choose_device
    from recdag.training.options import FitOptions

    request, device = plan.request, choose_device()
    memory = PeakMemory(str(device))
    experiments = []
    for split in splits:
        require_memory(plan.spec, len(split.user_ids), len(split.item_ids))
        options = FitOptions(
            seed=request.seed,
            device=device,
            checkpoint=checkpoints / f"fold-{split.fold}",
            fingerprint=f"{plan.key}-{split.fold}",
            on_progress=on_progress,
            heartbeat=heartbeat,
        )
        try:
            experiments.append(
                run_experiment(
                    plan.spec,
                    plan.config,
                    split,
                    PROTOCOLS[plan.protocol],
                    options,
                    selection=request.selection,
                    refit=refit,
                )
            )
        except TrainingError as error:
            raise TrainingError(
                error.problem,
                where=f"{request.paper}/{request.model} on {request.dataset}",
                cure=error.cure,
            ) from error
    return experiments, Card(
        key=plan.key,
        data_version="",
        dataset=request.dataset,
        paper=request.paper,
        protocol=plan.protocol,
        model=request.model,
        variant=variant(plan.spec, plan.config),
        config=plan.config.model_dump(),
        sources=dict(plan.sources),
        selected=experiments[0].history.selected,
        selection=request.selection,
        seed=request.seed,
        folds=len(experiments),
        train_seconds=sum(experiment.seconds for experiment in experiments) / len(experiments),
        peak_memory_mb=memory.megabytes(),
        device=str(device),
        code_version=plan.spec.version,
        split_version=plan.split_version,
        run_id=request.run_id,
        environment=environment(device),
        origins=dict(plan.origins),
        budget=plan.budget,
    )


def train_model(
    project: Project,
    request: TrainingRequest,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    heartbeat: Callable[[], None] = lambda: None,
) -> Outcome:
    """Train all folds, or find that the trained model is current.

    Raises:
        NotApplicable: this machine has not the memory for it.
        TrainingError: names data set, model and what to change.
    """
    plan = plan_training(project, request)
    folder = project.trained(request.dataset, request.paper, request.model)
    if known := _current(plan, folder):
        return known
    with project.training_lock(heartbeat):
        if known := _current(plan, folder):  # trained by another run meanwhile
            return known
        checkpoints = folder.with_name(f"{request.model}.checkpoints")
        splits = read_splits(project, request.dataset, plan.protocol)
        experiments, card = fit_folds(plan, splits, checkpoints, on_progress, heartbeat)
        card = save_trained(folder, splits, experiments, card)
        shutil.rmtree(checkpoints, ignore_errors=True)
    return Outcome(card.data_version, card.summary(), cached=False)


def _current(plan: Plan, folder: Path) -> Outcome | None:
    """The model that a plan leads to, where it is trained already."""
    known = Card.read(folder)
    if known is None or known.key != plan.key:
        return None
    known = relabel(folder, known, sources=dict(plan.sources), origins=dict(plan.origins), budget=plan.budget)
    return Outcome(known.data_version, known.summary(), cached=True)
