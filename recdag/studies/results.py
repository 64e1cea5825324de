"""Tables of a paper: its models as they were evaluated."""

from __future__ import annotations

import pandas as pd

from recdag.graph.study_request import StudyPlan, StudyRequest, StudyResult
from recdag.studies.base import Results
from recdag.studies.evaluated import evaluated_keys


def results(study: Results, request: StudyRequest) -> StudyPlan:
    """The models' rows of the table `metrics`, in the study's form."""

    def compute() -> StudyResult:
        with request.project.published.reading() as connection:
            found = connection.execute(
                "from metrics where dataset = ? and paper = ? and study is null and users = 'all'"
                " and list_contains(?, model)",
                [request.dataset, request.paper, list(study.models)],
            ).df()
        seconds = found.drop_duplicates("model").assign(
            metric="train_seconds", value=lambda each: each["train_seconds"], std_err=float("nan")
        )
        rows = pd.concat([found, seconds], ignore_index=True)
        rows = rows[rows["metric"].isin(study.metrics)].rename(columns={"model": "series"})
        return StudyResult(rows[["series", "metric", "value", "std_err"]].assign(x_name=None, x=float("nan")))

    return StudyPlan({"evaluated": evaluated_keys(request, study.models)}, compute)
