"""Popularity as a yardstick: what needs no training must come out as others have published it.

Where it does not, data or split are not those of the publications, and hours of training would go into
numbers that cannot be compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recdag.graph.evaluation_plan import MEASURING
from recdag.graph.feasibility import why_split_skipped
from recdag.graph.ledger import input_versions
from recdag.graph.project import Project
from recdag.graph.shared_splits import read_splits, split_asset
from recdag.graph.step import Verdict, code_version, step_key
from recdag.papers.claims import load_anchors, load_claims, tolerance
from recdag.recommenders.catalogue import model_spec
from recdag.warehouse.provenance import record

MODEL = "item_pop"
_LENIENCE = 2.0
"""Wrong data are off by far more than this many times what another split can change."""


def published_popularity(project: Project, dataset: str, protocol: str) -> dict[str, float]:
    """Metric -> published value of recommending by popularity, independent results before papers' own."""
    stands_for = project.stands_for.get((dataset, protocol), dataset)
    known: dict[str, float] = {}
    for table in (load_claims(), load_anchors()):
        rows = table[
            (table["dataset"] == stands_for) & (table["protocol"] == protocol) & (table["model"] == MODEL)
        ]
        known |= dict(zip(rows["metric"], rows["value"], strict=True))
    return {metric: value for metric, value in known.items() if tolerance(metric) is not None}


def popularity_anchor(project: Project, dataset: str, protocol: str) -> Verdict:
    """Recommending by popularity gives the published values, up to what another split can change.

    It is measured once a split.
    """
    published = published_popularity(project, dataset, protocol)
    if not published:
        return Verdict(True, "Nobody has published popularity on this data set under this protocol")
    if reason := why_split_skipped(project, dataset, protocol):
        return Verdict(True, f"Skipped: {reason}")
    values = _measured(project, dataset, protocol, sorted(published))
    numbers = values | {f"{name} expected": value for name, value in published.items()}
    numbers |= {f"{name} difference": values[name] - value for name, value in published.items()}
    shown = ", ".join(f"{name} {values[name]:.4f} (published {published[name]:.4f})" for name in published)
    allowed = {name: _LENIENCE * (tolerance(name) or 0.0) for name in published}
    if all(abs(values[name] - value) <= allowed[name] for name, value in published.items()):
        return Verdict(True, f"Popularity is as published: {shown}", numbers)
    cure = "Compare the raw files and the catalogue entry with those of the publication."
    return Verdict(False, f"Popularity is not as published: {shown}. {cure}", numbers)


def _measured(project: Project, dataset: str, protocol: str, metrics: Sequence[str]) -> dict[str, float]:
    """Metric -> value, kept in the working file."""
    asset = f"popularity/{protocol}"
    split = input_versions(project, dataset, [split_asset(protocol)])
    key = step_key(
        split=split, model=model_spec(MODEL).version, metrics=metrics, version=code_version(MEASURING)
    )
    known = project.warehouse.provenance(dataset, asset)
    if known is not None and known.key == key:
        return known.metadata
    values = dict(_measure(project, dataset, protocol, metrics))
    with project.warehouse.writing(dataset) as connection:
        record(connection, asset, key, step_key(found=values), values)
    return values


def _measure(project: Project, dataset: str, protocol: str, metrics: Sequence[str]) -> Mapping[str, float]:
    from recdag.evaluation.experiment import evaluate, run_experiment
    from recdag.evaluation.protocols import PROTOCOLS
    from recdag.evaluation.summary import pool_folds
    from recdag.training.options import FitOptions

    spec, rules = model_spec(MODEL), PROTOCOLS[protocol]
    evaluations = []
    for split in read_splits(project, dataset, protocol):
        model = run_experiment(spec, spec.config(), split, rules, FitOptions()).model
        evaluations.append(evaluate(model, split.test, metrics))
    return pool_folds(evaluations).aggregates
