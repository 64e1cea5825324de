"""What has to hold of data, splits and results; each function gives a verdict with its reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from recdag.papers.catalogue import PAPERS
from recdag.pipeline.project import Project


@dataclass(frozen=True)
class Verdict:
    """The result of a check."""

    passed: bool
    explanation: str
    metadata: dict[str, Any] = field(default_factory=dict)


def expected_size(project: Project, dataset: str) -> Verdict:
    """Compare the sizes before any filter with those in the catalogue entry."""
    expected = project.dataset(dataset).expected
    with project.warehouse.reading(dataset) as connection:
        found = connection.execute(
            "select (select count(*) from event_users), (select count(*) from event_items), "
            "(select count(*) from events)"
        ).fetchone()
    sizes = dict(zip(("users", "items", "interactions"), found or (), strict=True))
    stated = {name: size for name, size in asdict(expected).items() if size is not None}
    wrong = [
        f"{name} {sizes[name]} (expected {size})" for name, size in stated.items() if sizes[name] != size
    ]
    if wrong:
        return Verdict(False, f"Sizes differ from the catalogue: {', '.join(wrong)}", sizes)
    return Verdict(True, "Sizes are as expected" if stated else "The catalogue states no sizes", sizes)


def no_leak(project: Project, dataset: str, protocol: str) -> Verdict:
    """Count held-out pairs that are training or input pairs of the same fold."""
    with project.warehouse.reading(dataset) as connection:
        counted = connection.execute(
            f"""
            select count(*) filter (where known.user_id is not null), count(*)
            from split_{protocol} held
            left join split_{protocol} known
              on known.fold = held.fold and known.user_id = held.user_id
              and known.item_id = held.item_id and known.part in ('train', held.part || '_input')
            where held.part in ('validation', 'test')
            """
        ).fetchone()
    leaks, held_out = counted or (0, 0)
    passed = leaks == 0 and held_out > 0
    explanation = (
        f"{held_out} held-out pairs, {leaks} of them also in training"
        if held_out
        else "The split holds nothing out: the data set is too small for this protocol"
    )
    return Verdict(passed, explanation, {"held_out": held_out, "leaks": leaks})


def plausible_metrics(project: Project, dataset: str, paper: str) -> Verdict:
    """Every model has every metric, finite and in range."""
    with project.published.reading() as connection:
        rows = connection.execute(
            "select model, metric, value from metrics where dataset = ? and paper = ? and study is null",
            [dataset, paper],
        ).fetchall()
    strange = [
        f"{model} {metric} = {value}"
        for model, metric, value in rows
        if value is None or not 0 <= value <= (float("inf") if metric == "mrr_sum" else 1)
    ]
    missing = set(PAPERS[paper].nodes) - {model for model, _, _ in rows}
    if strange or missing:
        return Verdict(False, "; ".join([*strange, *(f"{model} has no metrics" for model in missing)]))
    return Verdict(True, f"{len(rows)} metrics are finite and within their range")
