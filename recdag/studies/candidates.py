"""The models of a paper that ranks a sample of items, measured once more among items that users touched."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from recdag.graph.evaluation import evaluate_trained
from recdag.graph.model_folder import Card
from recdag.graph.splits import read_splits
from recdag.graph.study_request import StudyPlan, StudyRequest, StudyResult
from recdag.papers.catalogue import PAPERS
from recdag.studies.base import Candidates
from recdag.studies.evaluated import evaluated_keys

if TYPE_CHECKING:
    from recdag.evaluation.split import Split


def candidates(study: Candidates, request: StudyRequest) -> StudyPlan:
    """Rank among the protocol's candidates, then among touched ones; x is how many a user touched, mean."""

    def compute() -> StudyResult:
        from recdag.evaluation.feedback import number_touched
        from recdag.evaluation.summary import pool_folds, summarise

        splits = read_splits(request.project, request.dataset, PAPERS[request.paper].protocol)
        others = [_among_touched(split, request.seed) for split in splits]
        readings = {round(sum(map(number_touched, each)) / len(each), 1): each for each in (others, splits)}
        rows = []
        for touched, reading in sorted(readings.items()):
            for model in study.models:
                card = Card.read(request.project.trained(request.dataset, request.paper, model))
                if card is None:
                    continue
                evaluations = evaluate_trained(request.project, card, reading, study.metrics)
                rows += [
                    (touched, model, name, summary.value, summary.std_err)
                    for name, summary in summarise(pool_folds(evaluations), seed=request.seed).items()
                ]
        table = pd.DataFrame(rows, columns=["x", "series", "metric", "value", "std_err"])
        return StudyResult(table.assign(x_name="touched negatives"))

    keys = evaluated_keys(request, study.models)
    return StudyPlan({"evaluated": keys, "seed": request.seed}, compute)


def _among_touched(split: Split, seed: int) -> Split:
    from recdag.evaluation.feedback import among_touched

    return replace(split, test=among_touched(split, seed))
