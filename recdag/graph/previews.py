"""What a person is shown of stored tables beside their numbers: pictures, and results as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from recdag.evaluation.metrics import larger_is_better, metric_title
from recdag.evaluation.protocols import PROTOCOLS
from recdag.graph.model_folder import PICTURE, read_history
from recdag.graph.project import Project
from recdag.graph.step import Markdown, Picture
from recdag.papers.catalogue import PAPERS
from recdag.plots.distributions import count_bars, long_tails
from recdag.sql_text import arrays, identifier, scalar
from recdag.studies.names import Measure
from recdag.words import number

MOST_COLUMNS = 12
_BINS = {"1": (1, 1), "2": (2, 2), "3-4": (3, 4), "5-8": (5, 8), "9-16": (9, 16), "17+": (17, 2**31)}
_BEHAVIOURS_SHOWN = 4


def tails_picture(project: Project, dataset: str, version: str) -> bytes:
    """A PNG of the positives by user and by item.

    Args:
        version: data version of `binarized`; the picture is kept under it.
    """

    def draw(connection: duckdb.DuckDBPyConnection) -> bytes:
        sides = {}
        for side in ("user", "item"):
            query = f"select count(*) as positives from binarized group by {side}_id"
            sides[f"{side}s"] = arrays(connection, query)["positives"]
        return long_tails(sides)

    return _kept(project, dataset, "binarized", version, draw)


def counts_picture(project: Project, dataset: str, version: str) -> bytes:
    """A PNG of the number of events of a user with an item, by behaviour.

    Args:
        version: data version of `interactions`; the picture is kept under it.
    """

    def draw(connection: duckdb.DuckDBPyConnection) -> bytes:
        columns = ", ".join(f"avg((count between {low} and {high})::int)" for low, high in _BINS.values())
        rows = connection.execute(
            f"select behaviour, {columns} from interactions group by behaviour"
            f" order by count(*) desc limit {_BEHAVIOURS_SHOWN}"
        ).fetchall()
        return count_bars({name: shares for name, *shares in rows}, list(_BINS))

    return _kept(project, dataset, "interactions", version, draw)


def _kept(
    project: Project,
    dataset: str,
    name: str,
    version: str,
    draw: Callable[[duckdb.DuckDBPyConnection], bytes],
) -> bytes:
    """The picture of a table as it is now; drawn where the last one showed another version."""
    folder = project.settings.data / "pictures" / dataset
    path: Path = folder / f"{name}-{version}.png"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with project.warehouse.reading(dataset) as connection:
            picture = draw(connection)
        for old in folder.glob(f"{name}-*.png"):
            old.unlink()
        path.write_bytes(picture)
    return path.read_bytes()


def published_rows(project: Project, table: str, **where: str) -> int:
    """How many rows of a published table have these values."""
    condition = " and ".join(f"{identifier(name)} = ?" for name in where) or "true"
    with project.published.reading() as connection:
        return scalar(
            connection, f"select count(*) from {identifier(table)} where {condition}", list(where.values())
        )


def results_table(project: Project, dataset: str, paper: str) -> str:
    """A paper's models on a data set by its own metrics, the best at the top, as Markdown."""
    metrics = PAPERS[paper].metrics
    with project.published.reading() as connection:
        rows = connection.execute(
            "select model, metric, value, std_err from metrics"
            " where dataset = ? and paper = ? and study is null and users = 'all'",
            [dataset, paper],
        ).df()
    if rows.empty:
        return "No rows."
    rows["shown"] = [_with_error(*each) for each in zip(rows["value"], rows["std_err"], strict=True)]
    shown, values = (
        rows.pivot(index="model", columns="metric", values=column) for column in ("shown", "value")
    )
    names = [metric for metric in metrics if metric in shown]
    best_first = values[names[0]].sort_values(ascending=not larger_is_better(names[0])).index
    return _markdown(shown.loc[best_first, names].rename(columns=metric_title).fillna(""))


def learning_curve(project: Project, card: Mapping[str, Any]) -> Picture | Markdown:
    """The picture that lies beside the weights of a trained model.

    Args:
        card: what is known of the training.
    """
    picture = project.trained(card["dataset"], card["paper"], card["model"]) / PICTURE
    if not picture.exists():
        return Markdown("Solved in closed form: no learning curve.")
    return Picture("learning curve", picture.read_bytes())


def leading_values(project: Project, dataset: str, paper: str) -> dict[str, float]:
    """The paper's first metric of every model, under names such as `HR@10 neumf`: a plot is a leaderboard."""
    metric = PAPERS[paper].metrics[0]
    with project.published.reading() as connection:
        rows = connection.execute(
            "select model, value from metrics"
            " where dataset = ? and paper = ? and study is null and users = 'all'"
            " and metric = ? order by model",
            [dataset, paper, metric],
        ).fetchall()
    return {f"{metric_title(metric)} {model}": value for model, value in rows if value is not None}


def validation_reached(project: Project, card: Mapping[str, Any]) -> dict[str, float | int]:
    """The best validation of a trained model's first fold and the epoch that was chosen by it.

    Args:
        card: what is known of the training; nothing is told of a model that learns by no epochs.
    """
    folder = project.trained(card["dataset"], card["paper"], card["model"])
    validations = [row for row in read_history(folder)[0] if row["name"] == "validation"]
    if not validations:
        return {}
    last = [row["value"] for row in validations if row["phase"] == validations[-1]["phase"]]
    sign = 1 if larger_is_better(PROTOCOLS[card["protocol"]].selection_metric) else -1
    return {"validation": sign * max(last), "epoch": int(card["selected"]["epochs"])}


def study_table(project: Project, dataset: str, paper: str, study: str) -> str:
    """The first measure of a study, a row a series, as Markdown; a long axis is shown in steps."""
    with project.published.reading() as connection:
        rows = connection.execute(
            "select series, beside, x_name, x, metric, statistic, users, value from studies"
            " where dataset = ? and paper = ? and study = ? and statistic is not null",
            [dataset, paper, study],
        ).df()
    if rows.empty:
        return "No rows."
    measure = Measure.among(rows)[0]
    first = measure.of(rows)
    first = first[first["x_name"].eq(first["x_name"].iloc[0]) | first["x_name"].isna()]
    wide = first.assign(x=first["x"].map("{:g}".format)).pivot_table(
        index="series", columns="x", values="value", sort=False
    )
    step = -(-wide.shape[1] // MOST_COLUMNS)
    title = f"{measure.label(measure.metric)} by {first['x_name'].iloc[0] or 'series'}"
    return f"{title}\n\n{_markdown(wide.iloc[:, ::step])}"


def _with_error(value: float, error: float) -> str:
    return number(value) if pd.isna(error) else f"{number(value)} ± {number(error)}"


def _markdown(table: pd.DataFrame) -> str:
    head = f"| {table.index.name} | " + " | ".join(map(str, table.columns)) + " |"
    rule = "|" + "---|" * (table.shape[1] + 1)
    rows = [
        f"| {name} | " + " | ".join(map(_cell, values)) + " |"
        for name, values in zip(table.index, table.to_numpy(), strict=True)
    ]
    return "\n".join([head, rule, *rows])


def _cell(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return "" if pd.isna(value) else f"{value:.4g}"
