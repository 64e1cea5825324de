"""Studies: the papers' sweeps, curves and tables, declared with the grid that they run over.

A study is an asset a data set. What it measures becomes rows of the published table `studies`; a
claim whose source is among `sources` is drawn beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any

from recdag.evaluation.metrics import ALL_USERS
from recdag.recommenders.catalogue import MODELS

Axes = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, kw_only=True)
class Study:
    """What all studies have.

    Attributes:
        id: snake_case name, unique in its paper; the asset is <paper>/<id>.
        title: what is varied or shown.
        figure: the place in the paper, "Figure 4, Table 2"; empty where it is ours.
        sources: the values of `source` in claims.csv that this study answers.
        summary: one or two sentences for the graph and the report.
        quick: cheap enough to run whenever its paper runs.
    """

    id: str
    title: str
    figure: str = ""
    sources: tuple[str, ...] = ()
    summary: str = ""
    quick: bool = False


@dataclass(frozen=True)
class Series:
    """One line of a grid: a model, and what differs from its recipe.

    Attributes:
        model: its name.
        label: the name of the line; the model's by default.
        settings: hyperparameters that replace the recipe's.
        linked: hyperparameter -> (axis, factor): it is factor times the value on that axis.
    """

    model: str
    label: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    linked: Mapping[str, tuple[str, float]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.label or self.model


@dataclass(frozen=True, kw_only=True)
class Sweep(Study):
    """Trainings at every point of some axes, each measured on test.

    Attributes:
        axes: what varies -> its values.
        metrics: the protocol's metrics to show, the leading one first.
        by_dataset: data set -> axes that take the place of `axes` there.
    """

    axes: Axes
    metrics: tuple[str, ...]
    by_dataset: Mapping[str, Axes] = field(default_factory=dict)

    def grid(self, dataset: str, chosen: Axes | None = None) -> dict[str, list[Any]]:
        """The values of every axis on a data set; `chosen` goes before all."""
        given = {name: values for name, values in (chosen or {}).items() if values}
        return {
            name: list(values)
            for name, values in {**self.axes, **self.by_dataset.get(dataset, {}), **given}.items()
        }

    def trainings(self, dataset: str) -> int:
        """How many models it trains on a data set, if nothing else is asked for."""
        return prod(len(values) for values in self.grid(dataset).values())


@dataclass(frozen=True, kw_only=True)
class Grid(Sweep):
    """Models trained at every point of a grid of hyperparameters, the paper's own.

    An axis that a model does not have is left out for it.

    Attributes:
        series: the lines.
        x: the axis that the figure's horizontal axis shows; None compares points without an order.
        folds: how many folds of the protocol to run; None: all.
        users: whom the metrics shown are means over: all, those of a group of USER_GROUPS.
    """

    series: tuple[Series, ...]
    x: str | None
    users: tuple[str, ...] = (ALL_USERS,)
    folds: int | None = None

    def points(self, series: Series, axes: Axes) -> Iterator[dict[str, Any]]:
        """axis -> value, of every cell of a line."""
        known = MODELS[series.model].config.model_fields
        own = {name: values for name, values in axes.items() if name in known}
        for values in product(*own.values()):
            yield dict(zip(own, values, strict=True))

    def trainings(self, dataset: str) -> int:
        axes = self.grid(dataset)
        return sum(1 for series in self.series for _ in self.points(series, axes))


@dataclass(frozen=True, kw_only=True)
class Seeds(Sweep):
    """The evaluated models trained again, as they are, with other seeds.

    Its axes are `models`, names of the paper's, and `seeds`, besides the one of the evaluation.
    """


def by_seed(models: Sequence[str], metrics: Sequence[str]) -> Seeds:
    """A paper's study over seeds, of those of its models that draw anything at random."""
    return Seeds(
        id="seeds",
        title="By seed",
        summary="Models trained again with further seeds: the mean over seeds, and how far single seeds are "
        "from it, beside the standard error over users. Models that draw nothing at random are left out.",
        axes={"models": tuple(model for model in models if MODELS[model].random), "seeds": (1, 2)},
        metrics=tuple(metrics),
    )


@dataclass(frozen=True, kw_only=True)
class Curves(Grid):
    """The learning curves at every point of a grid, on the first fold.

    Attributes:
        over: what the horizontal axes show: "epoch", "seconds" or both.
        values: names in the learning curve: "loss", "validation".
        speedup: two series with equally many iterations an epoch, the faster one first: how many times
            as fast its iterations are becomes a row of the table `metrics`.
    """

    x: str | None = None
    folds: int | None = 1
    over: tuple[str, ...] = ("epoch",)
    values: tuple[str, ...] = ("loss", "validation")
    speedup: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Results(Study):
    """A table of the paper: its models side by side as they were evaluated.

    Attributes:
        models: in the paper's order.
        metrics: of the paper's evaluation, or "train_seconds".
    """

    models: tuple[str, ...]
    metrics: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Candidates(Study):
    """Metrics of trained models among the candidates of a protocol that draws them from untouched items,
    and among items that the users touched in supportive feedback and did not choose.

    Attributes:
        models: trained for the paper.
        metrics: of the protocol.
    """

    models: tuple[str, ...]
    metrics: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TopList(Study):
    """Metrics by the length of the recommended list.

    Attributes:
        models: trained for the paper.
        metrics: without cut-off, "hr" and "ndcg" for example.
        cutoffs: the lengths.
    """

    models: tuple[str, ...]
    metrics: tuple[str, ...]
    cutoffs: tuple[int, ...] = tuple(range(1, 11))


@dataclass(frozen=True, kw_only=True)
class ByActivity(Study):
    """A metric by groups of users who are equally many and ever more active.

    Attributes:
        models: the first is tested against each other one, in pairs by user.
        metric: of the paper's evaluation.
        groups: how many.
    """

    models: tuple[str, ...]
    metric: str
    groups: int = 5


@dataclass(frozen=True, kw_only=True)
class ByPopularity(Study):
    """How much of what was held out is in the top lists, by groups of ever more popular items.

    Attributes:
        cutoff: the length of the lists.
        groups: how many, with equally many held-out pairs each.
    """

    models: tuple[str, ...]
    cutoff: int = 20
    groups: int = 5


@dataclass(frozen=True, kw_only=True)
class Defaults(Study):
    """What models reach on validation with the values that they were trained with.

    Attributes:
        models: trained for the paper, those beside which the others stand among them.
        beside: a model whose values fit the data is above the first and not far below the last.
    """

    models: tuple[str, ...]
    beside: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Counts(Study):
    """Histograms of the strengths of positives and of their relative ratings.

    Attributes:
        bins: of the relative ratings, and of the counts on a logarithmic scale.
    """

    bins: int = 20


@dataclass(frozen=True, kw_only=True)
class Communities(Study):
    """The communities that an exposure model found: their items and their members.

    Attributes:
        model: with memberships and exposures by community.
        top: items shown of each.
    """

    model: str
    top: int = 10


def models_read(study: Study, chosen: Axes | None = None) -> tuple[str, ...]:
    """The evaluated models that a study shows or goes on from; none for one that reads no evaluation.

    Args:
        chosen: axes that take the place of the study's own.
    """
    match study:
        case Seeds():
            return tuple((chosen or {}).get("models") or study.axes["models"])
        case Results() | Candidates() | TopList() | ByActivity() | ByPopularity() | Defaults():
            return study.models
        case Communities():
            return (study.model,)
        case _:
            return ()
