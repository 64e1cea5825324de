"""What has to hold of data, splits and results; each function gives a verdict with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from duckdb import DuckDBPyConnection

from recdag.datasets.entry import Expected
from recdag.evaluation.metrics import known_metric
from recdag.evaluation.protocols import PROTOCOLS
from recdag.graph.evaluation_plan import plan_evaluation
from recdag.graph.feasibility import why_skipped, why_split_skipped
from recdag.graph.model_folder import Card, check_trained
from recdag.graph.project import Project
from recdag.graph.step import Verdict
from recdag.papers.catalogue import PAPERS
from recdag.sql_text import columns, identifier, row
from recdag.warehouse.schema import KEYS, SCHEMA


def expected_size(project: Project, dataset: str) -> Verdict:
    """Compare the sizes before any filter with those in the catalogue entry."""
    with project.warehouse.reading(dataset) as connection:
        counts = row(
            connection,
            "select (select count(*) from event_users), (select count(*) from event_items), "
            "(select count(*) from events)",
        )
    return _sizes(counts, project.dataset(dataset).expected)


def expected_split_size(project: Project, dataset: str, protocol: str) -> Verdict:
    """Compare the sizes after a protocol's filters with those that the papers state."""
    stated = project.dataset(dataset).expected_by_protocol
    expected = next((sizes for name, sizes in stated.items() if name == protocol), Expected())
    if expected == Expected():
        return Verdict(True, "The catalogue states no sizes under this protocol")
    if reason := why_split_skipped(project, dataset, protocol):
        return Verdict(True, f"Skipped: {reason}")
    with project.warehouse.reading(dataset) as connection:
        counts = row(
            connection,
            "select count(distinct user_id), count(distinct item_id), count(*)"
            f" from {identifier(f'split_{protocol}')} where fold = 0",
        )
    return _sizes(counts, expected)


def _sizes(counts: Sequence[int], expected: Expected) -> Verdict:
    sizes = dict(zip(("users", "items", "interactions"), counts, strict=True))
    stated = {name: size for name, size in asdict(expected).items() if size is not None}
    numbers = sizes | {f"{name} expected": size for name, size in stated.items()}
    numbers |= {f"{name} difference": sizes[name] - size for name, size in stated.items()}
    wrong = [
        f"{name} {sizes[name]} (expected {size})" for name, size in stated.items() if sizes[name] != size
    ]
    if wrong:
        return Verdict(False, f"Sizes differ from the catalogue: {', '.join(wrong)}", numbers)
    return Verdict(True, "Sizes are as expected" if stated else "The catalogue states no sizes", numbers)


def no_duplicates(project: Project, dataset: str) -> Verdict:
    """Every user, item and behaviour is one row, and users and items have the ids that matrices count on."""
    with project.warehouse.reading(dataset) as connection:
        repeated, strangers = row(
            connection,
            """
            select (select count(*) from (select 1 from interactions group by user_id, item_id, behaviour
                                          having count(*) > 1)),
                   (select count(*) from interactions
                    where user_id is null or user_id not between 0 and (select count(*) - 1 from users)
                       or item_id is null or item_id not between 0 and (select count(*) - 1 from items))
            """,
        )
    return Verdict(
        repeated == 0 and strangers == 0,
        f"{repeated} (user, item, behaviour) are there more than once, {strangers} rows have an unknown id",
        {"repeated": repeated, "unknown_ids": strangers},
    )


def no_leak(project: Project, dataset: str, protocol: str) -> Verdict:
    """Count held-out pairs that are training or input pairs of the same fold."""
    if reason := why_split_skipped(project, dataset, protocol):
        return Verdict(True, f"Skipped: {reason}")
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
    """Every model that is trained has every metric of the protocol, finite and in its range."""
    if reason := why_skipped(project, dataset, paper):
        return Verdict(True, f"Skipped: {reason}")
    with project.published.reading() as connection:
        rows = connection.execute(
            "select model, metric, value from metrics where dataset = ? and paper = ? and study is null",
            [dataset, paper],
        ).fetchall()
    strange = [f"{model} {metric} = {value}" for model, metric, value in rows if not _in_range(metric, value)]
    wanted = PROTOCOLS[PAPERS[paper].protocol].metrics
    measured = {(model, metric) for model, metric, _ in rows}
    missing = {
        model: [metric for metric in wanted if (model, metric) not in measured]
        for model in plan_evaluation(project, dataset, paper).cards
    }
    absent = [f"{model} has no {', '.join(metrics)}" for model, metrics in missing.items() if metrics]
    numbers = {
        "metrics": len(rows),
        "models": len(missing),
        "implausible": len(strange),
        "absent": len(absent),
    }
    if strange or absent:
        return Verdict(False, "; ".join([*strange, *absent]), numbers)
    message = f"{len(rows)} metrics of {len(missing)} models are finite and within their range"
    return Verdict(True, message, numbers)


def _in_range(metric: str, value: float | None) -> bool:
    known = known_metric(metric)
    return value is not None and known is not None and known.allows(value)


def finite_weights(project: Project, dataset: str, paper: str, model: str) -> Verdict:
    """The weights of a trained model are all there, can be read and are finite."""
    folder = project.trained(dataset, paper, model)
    card = Card.read(folder)
    if card is None and (reason := why_skipped(project, dataset, paper, model)):
        return Verdict(True, f"Skipped: {reason}")
    wrong = check_trained(folder, card.folds) if card else [f"{folder} has no card"]
    if wrong:
        cure = f"Delete {folder} and run again; where they are not finite, lower the learning rate first."
        return Verdict(False, f"{'; '.join(wrong)}. {cure}")
    return Verdict(True, "The weights of every fold can be read and are finite")


def published_schema(project: Project) -> Verdict:
    """The published tables have the columns and types of the contract, and no row twice."""
    with project.published.reading() as connection:
        wrong = [
            f"{table}.{name} is {stored.get(name, 'missing')}, not {kind}"
            for table, fields in SCHEMA.items()
            for stored in [columns(connection, table)]
            for name, kind in fields.items()
            if stored.get(name) != kind
        ]
        if not wrong:
            wrong = [
                f"{table} has {repeated} rows more than once (same {', '.join(key)})"
                for table, key in KEYS.items()
                if (repeated := _repeated(connection, table, key))
            ]
    if wrong:
        cure = "Delete the file and run again: it is filled from the trained models."
        return Verdict(False, f"{project.settings.published}: {'; '.join(wrong)}. {cure}")
    return Verdict(True, f"{len(SCHEMA)} tables have their columns and types, and no row twice")


def _repeated(connection: DuckDBPyConnection, table: str, key: Sequence[str]) -> int:
    names = ", ".join(map(identifier, key))
    (repeats,) = row(
        connection,
        f"select count(*) from (select 1 from {identifier(table)} group by {names} having count(*) > 1)",
    )
    return int(repeats)
