"""The trained models of a paper, measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

from recdag.errors import RecdagError
from recdag.evaluation.protocols import PROTOCOLS
from recdag.graph import checks
from recdag.graph.asset_status import SETTLED, asset_statuses
from recdag.graph.assets import preparation
from recdag.graph.assets.splits import split_step
from recdag.graph.assets.trainings import training_step
from recdag.graph.evaluation import evaluate_paper
from recdag.graph.evaluation_plan import MEASURING, EvaluationPlan, plan_evaluation
from recdag.graph.feasibility import publish_skipped, why_skipped
from recdag.graph.ledger import Ledger, Record, Recorded
from recdag.graph.previews import leading_values, published_rows, results_table
from recdag.graph.project import Project
from recdag.graph.shared_splits import split_asset
from recdag.graph.snapshot import Snapshot
from recdag.graph.step import Check, Markdown, Outcome, Shown, Step, Verdict, Work
from recdag.papers.catalogue import PAPERS
from recdag.papers.paper import Paper
from recdag.recommenders.catalogue import model_spec


def steps(project: Project) -> Iterator[Step]:
    """One a paper."""
    yield from map(evaluation_step, PAPERS.values())


def evaluation_step(paper: Paper) -> Step:
    """Every model of a paper on the test users of its protocol."""
    split = split_asset(paper.protocol)
    measured = tuple((split, column) for column in ("part", "user_id", "item_id", "weight"))
    return Step(
        name=f"{paper.id}/evaluation",
        needs=tuple(f"{paper.id}/{name}" for name in paper.nodes),
        some=True,
        group=paper.id,
        kinds=frozenset({"duckdb", "torch"}),
        tags={"protocol": paper.protocol},
        description=f"{paper.summary} Here every model is measured on the test users of "
        f"`{paper.protocol}`; `recdag sql` reads the tables that it fills, `metrics`, `user_metrics` and "
        "`training_history`.",
        code=MEASURING,
        links=(f"papers/{paper.id}.py",),
        store="published",
        plan=partial(_plan, paper=paper.id),
        skipped=lambda ledger: why_skipped(ledger.project, ledger.dataset, paper.id),
        make=partial(_evaluate, paper=paper.id),
        table="metrics",
        origins=dict.fromkeys(("value", "std_err", "ci_low", "ci_high", "n_users"), measured),
        checks=(
            Check(
                "plausible_metrics",
                "Every metric is finite and within its range, and every model has all of them.",
                partial(checks.plausible_metrics, paper=paper.id),
            ),
            Check(
                "results_current",
                "The rows are those that recipes, code and data of this moment would give; where not, "
                "says why.",
                partial(results_current, paper=paper.id),
                blocking=False,
            ),
        ),
        preview=partial(_preview, paper=paper.id),
        about={"paper": paper.url} if paper.url else {},
    )


@dataclass(frozen=True)
class _Measurements:
    """What decides a paper's rows, beside those that there are."""

    plan: EvaluationPlan
    recorded: Recorded

    @property
    def key(self) -> str:
        return self.plan.key

    @cached_property
    def stale_cells(self) -> list[str]:
        return [f"{self.plan.paper}/{model}" for model in self.plan.stale(self.recorded)]

    def changes(self, record: Record) -> list[str]:
        return self.plan.changes_since(self.recorded)


def _plan(ledger: Ledger, paper: str) -> _Measurements:
    return _Measurements(plan_evaluation(ledger.project, ledger.dataset, paper), ledger.recorded)


def _evaluate(work: Work, paper: str) -> Outcome:
    if reason := publish_skipped(work.project, work.dataset, paper).get(paper):
        return Outcome.of_skipped(reason)
    return evaluate_paper(work.project, work.dataset, paper, work.run_id)


def results_current(project: Project, dataset: str, paper: str) -> Verdict:
    """The published rows are those that recipes, code and data of this moment would give.

    A model is taken as it was asked for: tuned, with another seed or with values set for a run.
    """
    if reason := why_skipped(project, dataset, paper):
        return Verdict(True, f"Skipped: {reason}")
    snapshot, about = Snapshot(project.settings), PAPERS[paper]
    models = [training_step(snapshot, about, model_spec(name)) for name in about.nodes]
    evaluation = evaluation_step(about)
    steps = [*preparation.steps(snapshot), split_step(PROTOCOLS[about.protocol]), *models, evaluation]
    try:
        statuses = asset_statuses(steps, Ledger(snapshot, dataset), as_made=True)
    except RecdagError as error:
        return Verdict(False, str(error))
    decisive = {*evaluation.needs, evaluation.name}
    old = [each for each in statuses if each.asset in decisive and each.state not in SETTLED]
    if old:
        explained = [f"{each.asset}: {'; '.join(each.reasons) or each.state}" for each in old]
        numbers = {"not current": len(old), "stale": [each.asset for each in old]}
        return Verdict(False, ". ".join(explained), numbers)
    return Verdict(True, "A run would measure nothing anew", {"not current": 0})


def _preview(work: Work, outcome: Outcome, paper: str) -> Mapping[str, Shown]:
    project, dataset = work.project, work.dataset
    return {
        "results": Markdown(results_table(project, dataset, paper)),
        **leading_values(project, dataset, paper),
        "dagster/row_count": published_rows(project, "metrics", dataset=dataset, paper=paper),
    }
