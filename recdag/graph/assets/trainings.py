"""One asset a model of a paper: all of them are trained the same way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from recdag.errors import ConfigError, NotApplicable
from recdag.graph import checks
from recdag.graph.feasibility import note_skipped, why_skipped
from recdag.graph.launch_settings import TrainingLaunch, training_launch
from recdag.graph.ledger import Ledger
from recdag.graph.previews import learning_curve, validation_reached
from recdag.graph.project import Project
from recdag.graph.shared_splits import split_asset
from recdag.graph.step import Check, Outcome, Shown, Step, Work
from recdag.graph.training import Plan, plan_training, train_model
from recdag.graph.training_request import TrainingRequest, request_of
from recdag.graph.tuning import tune_model
from recdag.papers.catalogue import PAPERS
from recdag.papers.paper import Paper
from recdag.recipes.budget import Budget
from recdag.recommenders.catalogue import model_spec
from recdag.recommenders.spec import ModelSpec


def steps(project: Project) -> Iterator[Step]:
    """One a paper and model."""
    for paper in PAPERS.values():
        for name in paper.nodes:
            yield training_step(project, paper, model_spec(name))


def training_step(project: Project, paper: Paper, spec: ModelSpec) -> Step:
    """The training of a model for a paper."""
    place = (paper.id, spec.name)
    recipe = project.recipe_file(paper.id)
    return Step(
        name=f"{paper.id}/{spec.name}",
        needs=(split_asset(paper.protocol),),
        group=paper.id,
        kinds=frozenset(spec.libraries),
        tags={"role": paper.role(spec.name), "protocol": paper.protocol},
        description=_description(paper, spec),
        code=(spec.module, spec.config.__module__),
        links=(str(recipe),),
        store="model",
        plan=lambda ledger: plan_training(ledger.project, TrainingRequest(ledger.dataset, *place)),
        plan_as_made=lambda ledger: _plan_as_made(ledger, *place),
        skipped=lambda ledger: why_skipped(ledger.project, ledger.dataset, *place),
        make=lambda work: _train(work, *place),
        settings=partial(_launch, paper=paper, spec=spec),
        version=partial(_version, paper=paper, spec=spec),
        pool="gpu",
        checks=(
            Check(
                "finite_weights",
                "The weights of every fold are there, can be read and are finite.",
                lambda project, dataset: checks.finite_weights(project, dataset, *place),
                with_asset=True,
            ),
        ),
        preview=_preview,
        about={"paper": paper.url} if paper.url else {},
    )


def _description(paper: Paper, spec: ModelSpec) -> str:
    role = "Not in the paper, shown as a reference. " if paper.role(spec.name) == "reference" else ""
    return (
        f"{spec.summary} {role}Hyperparameters come from `models/recipes/{paper.id}.yaml`, each with its "
        "source; set others in the Launchpad for one run, or there for all."
    )


def _version(project: Project, paper: Paper, spec: ModelSpec) -> str:
    """Changes with the model's code and with its recipe; training says what is wrong with a recipe."""
    try:
        return f"{spec.version}-{project.recipe(paper.id).version(spec.name)}"
    except ConfigError:
        return f"{spec.version}-unreadable"


def _launch(project: Project, paper: Paper, spec: ModelSpec) -> type[TrainingLaunch]:
    """What the Launchpad shows; training says what is wrong with a recipe."""
    try:
        return training_launch(spec, project.recipe(paper.id).models.get(spec.name, {}))
    except ConfigError:
        return training_launch(spec, {})


def _plan_as_made(ledger: Ledger, paper: str, model: str) -> Plan:
    card = ledger.card(paper, model)
    request = request_of(card) if card else TrainingRequest(ledger.dataset, paper, model)
    return plan_training(ledger.project, request)


def _train(work: Work, paper: str, model: str) -> Outcome:
    place = (work.dataset, paper, model)
    launch = work.settings or TrainingLaunch()
    if reason := why_skipped(work.project, work.dataset, paper):
        return Outcome.of_skipped(reason)
    request = TrainingRequest(
        *place,
        overrides=launch.overrides,
        seed=launch.seed,
        selection=launch.selection,
        run_id=work.run_id,
        budget=Budget.parse(launch.budget),
    )
    try:
        tune_model(work.project, request, work.on_progress, work.heartbeat)
        outcome = train_model(work.project, request, work.on_progress, work.heartbeat)
    except NotApplicable as error:
        note_skipped(work.project, *place, str(error))
        return Outcome.of_skipped(str(error))
    note_skipped(work.project, *place, None)
    return outcome


def _preview(work: Work, outcome: Outcome) -> Mapping[str, Shown]:
    return {
        **validation_reached(work.project, outcome.metadata),
        "learning_curve": learning_curve(work.project, outcome.metadata),
    }
