"""Metrics by the length of the recommended list."""

from __future__ import annotations

import pandas as pd

from recdag.graph.evaluation import evaluate_trained
from recdag.graph.model_folder import Card
from recdag.graph.splits import read_splits
from recdag.graph.study_request import StudyPlan, StudyRequest, StudyResult
from recdag.papers.catalogue import PAPERS
from recdag.studies.base import TopList
from recdag.studies.evaluated import evaluated_keys


def top_list(study: TopList, request: StudyRequest) -> StudyPlan:
    """Rank once more with the trained models, and cut the lists at every length."""
    names = {f"{metric}@{k}": (metric, k) for metric in study.metrics for k in study.cutoffs}

    def compute() -> StudyResult:
        from recdag.evaluation.summary import pool_folds, summarise

        splits = read_splits(request.project, request.dataset, PAPERS[request.paper].protocol)
        rows = []
        for model in study.models:
            card = Card.read(request.project.trained(request.dataset, request.paper, model))
            if card is None:
                continue
            pooled = pool_folds(evaluate_trained(request.project, card, splits, list(names)))
            rows += [
                (float(names[name][1]), model, names[name][0], summary.value, summary.std_err)
                for name, summary in summarise(pooled).items()
            ]
        table = pd.DataFrame(rows, columns=["x", "series", "metric", "value", "std_err"])
        return StudyResult(table.assign(x_name="cutoff"))

    return StudyPlan({"evaluated": evaluated_keys(request, study.models)}, compute)
