"""The comparison page: one HTML file that holds its style, script and figures and needs no network."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from recdag.recommenders.registry import MODELS
from recdag.report import figures, queries, wording
from recdag.report.lead import lead_sentence
from recdag.report.results import result_table
from recdag.report.studies.contents import ContentsEntry, contents_of, studies_of
from recdag.report.studies.sections import StudySection
from recdag.report.tables import PaperLike, ResultTable, StandsFor

_HERE = Path(__file__).parent
_LONGEST_CURVE = 150


@dataclass(frozen=True)
class DatasetSection:
    """One data set's results for one paper, with its figures as SVG and a caption each."""

    table: ResultTable
    anchor_sources: tuple[str, ...]
    figures: tuple[tuple[Markup, str], ...]


@dataclass(frozen=True)
class PaperSection:
    """One paper: what it is, how its claims came out, whether its lead holds, its results and studies."""

    id: str
    about: PaperLike | None
    verdicts: Mapping[str, int]
    sentence: str
    lead: str
    datasets: tuple[DatasetSection, ...]
    studies: Mapping[str, tuple[StudySection, ...]]
    contents: tuple[ContentsEntry, ...]


def build_report(
    published: Path,
    output: Path,
    *,
    papers: Mapping[str, PaperLike] | None = None,
    anchors: pd.DataFrame | None = None,
    stands_for: StandsFor | None = None,
    made_at: datetime | None = None,
) -> Path:
    """Write the comparison page from the published results.

    The file appears complete or not at all.

    Args:
        published: the published DuckDB file.
        output: where the page goes.
        papers: what is known of each paper, in the order of the page; papers with results that are
            not among them follow.
        anchors: dataset, protocol, model, metric, value, source of independent results.
        stands_for: (our data set, protocol) -> the paper's data set that it stands for.
        made_at: the time printed on the page, now by default.

    Raises:
        DataError: nothing has been published.
    """
    papers = papers or {}
    with queries.reading(published) as connection:
        results = queries.read_results(connection)
        datasets = queries.read_datasets(connection)
        claims = queries.read_claims(connection)
        significance = queries.read_significance(connection)
        curves = queries.read_curves(connection)
        studies = queries.read_studies(connection)

    sections = []
    for paper in dict.fromkeys([*papers, *results["paper"], *studies["paper"]]):
        found = studies_of(studies, paper, about=papers.get(paper), claims=claims, stands_for=stands_for)
        tables = [
            table
            for dataset in datasets_of(results, paper, claims, stands_for or {})
            if (
                table := result_table(
                    results,
                    paper,
                    dataset,
                    about=papers.get(paper),
                    claims=claims,
                    significance=significance,
                    anchors=anchors,
                    stands_for=stands_for,
                )
            )
        ]
        verdicts = _counts(claims[claims["paper"] == paper])
        sections.append(
            PaperSection(
                paper,
                papers.get(paper),
                verdicts,
                verdict_sentence(verdicts, tables),
                " ".join(filter(None, (lead_sentence(t, papers.get(paper), significance) for t in tables))),
                tuple(_dataset_section(table, curves) for table in tables),
                found,
                contents_of(found, papers.get(paper)),
            )
        )
    page = (
        _environment()
        .get_template("page.html")
        .render(
            sections=sections,
            datasets=list(datasets.itertuples(index=False)),
            claims=list(claims.itertuples(index=False)),
            verdicts=_counts(claims),
            models=len(set(results["model"])),
            made_at=made_at or datetime.now(UTC),
            style=Markup((_HERE / "page.css").read_text(encoding="utf-8")),
            script=Markup((_HERE / "page.js").read_text(encoding="utf-8")),
        )
    )
    _write(page, output)
    return output


def datasets_of(results: pd.DataFrame, paper: str, claims: pd.DataFrame, stands_for: StandsFor) -> list[str]:
    """The data sets on which a paper has results, those that it publishes numbers on first."""
    mine = results.loc[results["paper"] == paper, ["dataset", "protocol"]].drop_duplicates()
    with_claims = set(claims.loc[claims["paper"] == paper, "dataset"])
    pairs = zip(mine["dataset"], mine["protocol"], strict=True)
    order = {(stands_for.get(pair, pair[0]) not in with_claims, pair[0]) for pair in pairs}
    return list(dict.fromkeys(dataset for _, dataset in sorted(order)))


def verdict_sentence(verdicts: Mapping[str, int], tables: Sequence[ResultTable]) -> str:
    """What came out, in words: how the published numbers fared and which model is best where."""
    total, parts = sum(verdicts.values()), []
    compared = {
        "reproduced": f"{verdicts['reproduced']} reproduced",
        "higher": f"{verdicts['higher']} higher",
        "lower": f"{verdicts['lower']} lower",
    }
    if any(verdicts[name] for name in compared):
        fared = wording.listed([text for name, text in compared.items() if verdicts[name]])
        open_ones = verdicts["not_comparable"] + verdicts["not_run"]
        rest = f"; {open_ones} still without a counterpart" if open_ones else ""
        parts.append(f"Of {total} published numbers {fared}{rest}.")
    elif total:
        parts.append(f"None of the {total} published numbers has a counterpart yet.")
    for table in tables:
        metric = wording.metric_name(table.metrics[0])
        for row in table.rows:
            cell = row.cells[0]
            if cell and cell.best:
                by = f"{row.model}, which the paper does not compare" if row.reference else row.model
                parts.append(
                    f"On {table.dataset} the best {metric} is {wording.number(cell.value)}, by {by}."
                )
                break
    return " ".join(parts)


def _counts(claims: pd.DataFrame) -> dict[str, int]:
    counts = claims["verdict"].value_counts()
    return {verdict: int(counts.get(verdict, 0)) for verdict in wording.VERDICTS}


def _dataset_section(table: ResultTable, curves: pd.DataFrame) -> DatasetSection:
    cells = [cell for row in table.rows for cell in row.cells if cell]
    sources = dict.fromkeys(source for cell in cells for _, source in cell.anchors)
    mine = curves[(curves["paper"] == table.paper) & (curves["dataset"] == table.dataset)]
    name = f"{table.paper}-{table.dataset}"
    return DatasetSection(
        table, tuple(sources), (*_cost_figure(table, name), *_curve_figures(table, mine, name))
    )


def _cost_figure(table: ResultTable, name: str) -> list[tuple[Markup, str]]:
    points = [
        figures.Point(row.model, _series(row.model), row.seconds, row.cells[0].value, row.cells[0].std_err)
        for row in table.headlines
        if row.cells[0] and not np.isnan(row.seconds)
    ]
    if len(points) < 2:
        return []
    metric = table.metrics[0]
    shown = wording.metric_name(metric)
    title = f"{shown} by training time on {table.dataset}: " + "; ".join(
        f"{p.label} {wording.number(p.value)} in {wording.duration(p.seconds)}" for p in points
    )
    svg = figures.cost_and_quality(points, metric, name=f"{name}-cost", title=title)
    caption = f"{shown} by training time. The grey line joins the models that none beats on both."
    return [(Markup(svg), caption)]


def _curve_figures(table: ResultTable, curves: pd.DataFrame, name: str) -> list[tuple[Markup, str]]:
    drawn = []
    headline = {(row.model, row.variant) for row in table.headlines}
    for value_name, y_label, caption in (
        ("validation", "validation", "Learning curves: quality on the validation part after each epoch."),
        ("loss", "loss, first epoch = 1", "Training loss after each epoch, relative to the first."),
    ):
        lines = [
            _curve(str(model), group, relative=value_name == "loss")
            for (model, variant), group in curves[curves["name"] == value_name].groupby(
                ["model", "variant"], sort=False
            )
            if (model, variant) in headline
        ]
        if lines:
            ends = "; ".join(f"{c.label} ends at {c.values[-1]:.4g}" for c in lines)
            svg = figures.learning_curves(
                lines,
                y_label,
                name=f"{name}-{value_name}",
                title=f"{caption[:-1]} on {table.dataset}: {ends}",
            )
            drawn.append((Markup(svg), caption))
    return drawn


def _curve(model: str, rows: pd.DataFrame, *, relative: bool) -> figures.Curve:
    """A model's line, thinned to a few hundred points; phases that count anew are put in a row."""
    values = rows["value"].to_numpy(dtype=float)
    epochs = rows["epoch"].to_numpy(dtype=float)
    if (np.diff(epochs) <= 0).any():
        epochs = np.arange(1.0, len(values) + 1)
    if relative and values[0]:
        values = values / values[0]
    kept = np.unique(np.linspace(0, len(values) - 1, min(len(values), _LONGEST_CURVE)).round().astype(int))
    return figures.Curve(model, _series(model), epochs[kept].tolist(), values[kept].tolist())


def _series(model: str) -> int:
    """The number of a model's colour: the same in every figure."""
    names = list(MODELS)
    return names.index(model) if model in names else len(names)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("metric_name", "number", "signed", "duration", "memory", "whole", "moment", "listed"):
        environment.filters[name] = getattr(wording, name)
    environment.globals["VERDICTS"] = wording.VERDICTS
    return environment


def _write(page: str, output: Path) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=output.parent, prefix=f".{output.name}.", delete=False
    ) as file:
        file.write(page)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(output)
