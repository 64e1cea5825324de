"""What figures and tables call measures and series, the colours of these, and how numbers are written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from recdag import words
from recdag.evaluation.metrics import ALL_USERS, larger_is_better, metric_title
from recdag.plots.drawing import COLOURS, MARKERS
from recdag.recommenders.catalogue import MODELS
from recdag.studies.study import MEAN, RATIO, SHARE

_COMMA_OUTSIDE_BRACKETS = re.compile(r",\s+(?![^\[]*\])")
METRICS = {"train_seconds": "training time in seconds"}
AXES = {"seconds": "training time in seconds"}
"""How metrics and axes are written that several kinds of study have."""
_COSTS = ("loss", "train_seconds")


@dataclass(frozen=True)
class Measure:
    """What a value of a study is: columns of the table `studies`; `beside` is empty where it is NULL."""

    metric: str
    statistic: str
    beside: str = ""
    users: str = ALL_USERS

    @classmethod
    def among(cls, rows: pd.DataFrame) -> list[Measure]:
        """The measures of rows of the table `studies`, each once, in their order."""
        return list(dict.fromkeys(cls.each(rows)))

    @classmethod
    def each(cls, rows: pd.DataFrame) -> list[Measure]:
        """The measure of each row of the table `studies`."""
        columns = (rows["metric"], rows["statistic"], rows["beside"].fillna(""), rows["users"])
        return [cls(*each) for each in zip(*columns, strict=True)]

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows of this measure."""
        return rows[[measure == self for measure in self.each(rows)]]

    def label(self, metric: str | None = None) -> str:
        """Its name for an axis or the head of a table.

        Args:
            metric: how the metric is written, by default as everywhere.
        """
        if self.statistic == RATIO:
            return f"times {self.beside}"
        title = metric or metric_title(self.metric)
        parts = [title]
        parts += [] if self.users == ALL_USERS else [self.users]
        parts += [] if self.statistic in (MEAN, SHARE) else [self.statistic]
        parts += [f"beside {self.beside}"] if self.beside else []
        return " ".join(parts)

    @property
    def smaller_is_better(self) -> bool:
        return self.metric in _COSTS or not larger_is_better(self.metric)

    def __str__(self) -> str:
        """As part of an id: what is usual is left out."""
        usual = (MEAN, SHARE, ALL_USERS, "")
        parts = (self.beside, self.users, self.statistic)
        return "-".join([self.metric, *(part for part in parts if part not in usual)])


@dataclass(frozen=True)
class Names:
    """What the series of a figure are called.

    Attributes:
        short: label -> the part of it that tells it from the others.
        common: what all have in common, empty where there is nothing.
        colours: label -> the number of its colour, another for each.
        models: label -> the number of its model's colour, as in other figures; that of `colours` where
            it is no model's.
    """

    short: dict[str, str]
    common: str
    colours: dict[str, int]
    models: dict[str, int]


def names_of(labels: Sequence[str]) -> Names:
    """Short names and colours of a figure's series, "mlp, factors=8" for example.

    A model has its colour of the other figures unless one before it has the same; further series of it,
    and names that are no model's, take those that are left.
    """
    parts = {label: _COMMA_OUTSIDE_BRACKETS.split(label) for label in labels}
    shared = [part for part in parts[labels[0]] if all(part in each for each in parts.values())]
    rest = {label: [part for part in each if part not in shared] for label, each in parts.items()}
    if len(labels) == 1 or not all(rest.values()):
        rest, shared = parts, []
    short = {label: ", ".join(_without_key(part) for part in each) for label, each in rest.items()}
    models = {label: number for label in labels if (number := _model_colour(label)) is not None}
    colours = _distinct(labels, models)
    return Names(short, ", ".join(shared), colours, colours | models)


def _without_key(part: str) -> str:
    """A setting by its value alone where that is a word: sampler=uniform as uniform."""
    _, sign, value = part.partition("=")
    return value if sign and value.replace("_", "").isalpha() else part


def _model_colour(label: str) -> int | None:
    """The colour of the model that a label begins with."""
    models = list(MODELS)
    model = re.split(r"[ ,]", label, maxsplit=1)[0]
    return models.index(model) if model in models else None


def _distinct(labels: Sequence[str], models: Mapping[str, int]) -> dict[str, int]:
    """A colour for each: its model's if no other label has that, else one that is left."""
    chosen: dict[str, int] = {}
    for label, number in models.items():
        if number % COLOURS not in {taken % COLOURS for taken in chosen.values()}:
            chosen[label] = number
    taken = {number % COLOURS for number in chosen.values()}
    free = [number for number in range(COLOURS) if number not in taken]
    free += [number for number in range(COLOURS, COLOURS * len(MARKERS)) if number not in chosen.values()]
    others = [label for label in labels if label not in chosen]
    return chosen | {label: free[index % len(free)] for index, label in enumerate(others)}


def amount(value: float) -> str:
    """A metric's value to four digits; one digit where it is no share."""
    return words.number(value, 4 if not abs(value) >= 10 else 1)
