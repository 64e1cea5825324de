"""Training one model of one paper on one data set."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from recdag.errors import TrainingError
from recdag.papers.catalogue import PAPERS
from recdag.pipeline.memory import PeakMemory
from recdag.pipeline.project import Project
from recdag.pipeline.splits import read_splits, split_asset
from recdag.pipeline.steps import Outcome, input_versions, step_key
from recdag.pipeline.trained import Card, save_trained
from recdag.recommenders.configs.base import Config
from recdag.recommenders.registry import ModelSpec, model_spec

if TYPE_CHECKING:
    from recdag.training.options import Progress

Selection = Literal["validation", "as_published"]


@dataclass(frozen=True)
class TrainingRequest:
    """Which model to train, and what differs from its recipe.

    Attributes:
        overrides: hyperparameters that replace the recipe's.
        selection: `validation`, or `as_published` to choose the epoch on test as some authors did;
            the latter is labelled in every row.
    """

    dataset: str
    paper: str
    model: str
    overrides: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    selection: Selection = "validation"
    run_id: str = ""


def variant(spec: ModelSpec, config: Config) -> str:
    """The hyperparameters that papers tell variants apart by, for example `factors=8,layers=3`."""
    return ",".join(f"{name}={getattr(config, name)}" for name in spec.variant)


def train_model(
    project: Project,
    request: TrainingRequest,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    heartbeat: Callable[[], None] = lambda: None,
) -> Outcome:
    """Train all folds, or find that the trained model is current.

    Raises:
        TrainingError: names data set, model and what to change.
    """
    dataset, paper, model = request.dataset, request.paper, request.model
    spec, protocol = model_spec(model), PAPERS[paper].protocol
    recipe = project.recipe(paper)
    config = recipe.config(model, dataset, request.overrides)
    split_version = input_versions(project, dataset, [split_asset(protocol)])[split_asset(protocol)]
    key = step_key(
        model=model,
        version=spec.version,
        config=asdict(config),
        seed=request.seed,
        selection=request.selection,
        split=split_version,
    )
    folder = project.trained(dataset, paper, model)
    known = Card.read(folder)
    if known is not None and known.key == key:
        return Outcome(known.data_version, known.told(), cached=True)

    from recdag.evaluation.experiment import run_experiment
    from recdag.evaluation.protocols import PROTOCOLS
    from recdag.training.device import choose_device
    from recdag.training.options import FitOptions

    device = choose_device()
    checkpoints = folder.with_name(f"{model}.checkpoints")
    memory = PeakMemory(str(device))
    experiments = []
    for split in read_splits(project, dataset, protocol):
        options = FitOptions(
            seed=request.seed,
            device=device,
            checkpoint=checkpoints / f"fold-{split.fold}",
            fingerprint=f"{key}-{split.fold}",
            on_progress=on_progress,
            heartbeat=heartbeat,
        )
        try:
            experiments.append(
                run_experiment(spec, config, split, PROTOCOLS[protocol], options, selection=request.selection)
            )
        except TrainingError as error:
            raise TrainingError(
                error.problem, where=f"{paper}/{model} on {dataset}", cure=error.cure
            ) from error
    card = Card(
        key=key,
        data_version="",
        dataset=dataset,
        paper=paper,
        protocol=protocol,
        model=model,
        variant=variant(spec, config),
        config=asdict(config),
        sources={name: source for name, _, source in recipe.sources(model, dataset)},
        selected=experiments[0].history.selected,
        selection=request.selection,
        seed=request.seed,
        folds=len(experiments),
        train_seconds=sum(experiment.seconds for experiment in experiments) / len(experiments),
        peak_memory_mb=memory.megabytes(),
        device=str(device),
        code_version=spec.version,
        split_version=split_version,
        run_id=request.run_id,
    )
    card = save_trained(folder, experiments, card)
    shutil.rmtree(checkpoints, ignore_errors=True)
    return Outcome(card.data_version, card.told(), cached=False)
