"""Whether the values that models were trained with fit the data, by validation alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from recdag.graph.model_folder import Card, read_history
from recdag.graph.splits import read_splits
from recdag.graph.study_request import StudyPlan, StudyRequest, StudyResult
from recdag.papers.catalogue import PAPERS
from recdag.recommenders.catalogue import model_spec
from recdag.studies.base import Defaults
from recdag.studies.evaluated import evaluated_keys

if TYPE_CHECKING:
    from recdag.evaluation.split import Split


def defaults(study: Defaults, request: StudyRequest) -> StudyPlan:
    """A row for what each model reaches on validation, and one for how many times that of each of `beside`.

    Models whose epoch was chosen on test have no row.
    """
    protocol = PAPERS[request.paper].protocol

    def compute() -> StudyResult:
        from recdag.evaluation.protocols import PROTOCOLS

        splits = read_splits(request.project, request.dataset, protocol)
        metric = f"{PROTOCOLS[protocol].selection_metric} on validation"
        reached = {model: _validated(request, model, splits) for model in study.models}
        ordered = sorted(reached, key=lambda model: -reached[model])
        rows = [(model, metric, reached[model]) for model in ordered]
        rows += [
            (model, f"times {other}", reached[model] / reached[other])
            for other in study.beside
            if reached.get(other)
            for model in ordered
            if model != other
        ]
        table = pd.DataFrame(rows, columns=["series", "metric", "value"]).dropna()
        return StudyResult(table.assign(x_name=None, x=float("nan"), std_err=float("nan")))

    return StudyPlan({"evaluated": evaluated_keys(request, study.models)}, compute)


def _validated(request: StudyRequest, model: str, splits: Sequence[Split]) -> float:
    """Mean over the folds of the best value on validation; nan where there was no validation."""
    folder = request.project.trained(request.dataset, request.paper, model)
    card, spec = Card.read(folder), model_spec(model)
    assert card is not None
    if not spec.learns_by_epochs:
        return float(np.mean([_fitted_once_more(request, card, split) for split in splits]))
    best = []
    for history in read_history(folder):
        curve = [row for row in history if row["phase"].startswith("select") and row["name"] == "validation"]
        if not curve:
            return float("nan")
        best.append(max(row["value"] for row in curve if row["phase"] == curve[-1]["phase"]))
    return float(np.mean(best))


def _fitted_once_more(request: StudyRequest, card: Card, split: Split) -> float:
    """What a model that learns without epochs reaches: what was trained knows the validation part."""
    from recdag.evaluation.experiment import validate_config
    from recdag.evaluation.protocols import PROTOCOLS
    from recdag.training.device import choose_device
    from recdag.training.options import FitOptions

    spec = model_spec(card.model)
    options = FitOptions(seed=card.seed, device=choose_device(), heartbeat=request.heartbeat)
    value, _ = validate_config(spec, spec.config(**card.config), split, PROTOCOLS[card.protocol], options)
    return value
