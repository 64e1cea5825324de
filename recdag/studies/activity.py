"""A metric by how active users are, with paired tests between models."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recdag.graph.splits import read_splits
from recdag.graph.study_request import StudyPlan, StudyRequest, StudyResult
from recdag.papers.catalogue import PAPERS
from recdag.studies.base import ByActivity
from recdag.studies.evaluated import evaluated_keys
from recdag.warehouse.queries import user_keys


def by_activity(study: ByActivity, request: StudyRequest) -> StudyPlan:
    """Means by group of users, and the first model's lead over each other one."""

    def compute() -> StudyResult:
        values, activity = _values(study, request), _activity(request)
        users = values.index
        order = np.argsort(activity.reindex(users).to_numpy(), kind="stable")
        groups = pd.Series(0, index=users)
        for number, members in enumerate(np.array_split(order, study.groups), 1):
            groups.iloc[members] = number
        parts = [
            _group(study, number, values[groups == number])
            for number in range(1, study.groups + 1)
            if (groups == number).any()
        ]
        mean = activity.reindex(users).groupby(groups).mean()
        sizes = pd.DataFrame({"x": mean.index, "value": mean.to_numpy()})
        rows = pd.concat([*parts, sizes.assign(series="users", metric="items a user")], ignore_index=True)
        return StudyResult(rows.assign(x=rows["x"].astype(float), x_name="group by activity"))

    return StudyPlan({"evaluated": evaluated_keys(request, study.models)}, compute)


def _values(study: ByActivity, request: StudyRequest) -> pd.DataFrame:
    """(users, models) values of the metric, means over folds."""
    with request.project.published.reading() as connection:
        found = connection.execute(
            "select user_key, model, avg(value)::double as value from user_metrics"
            " where dataset = ? and paper = ? and metric = ? and list_contains(?, model) group by all",
            [request.dataset, request.paper, study.metric, list(study.models)],
        ).df()
    return found.pivot(index="user_key", columns="model", values="value")[list(study.models)]


def _activity(request: StudyRequest) -> pd.Series:
    """User key -> items given to the models."""
    splits = read_splits(request.project, request.dataset, PAPERS[request.paper].protocol)
    with request.project.warehouse.reading(request.dataset) as connection:
        keys = user_keys(connection)
    counted = [
        pd.Series(np.diff(split.test.history.indptr), index=keys[split.test.user_ids]) for split in splits
    ]
    return pd.concat(counted).groupby(level=0).mean()


def _group(study: ByActivity, number: int, values: pd.DataFrame) -> pd.DataFrame:
    from scipy import stats

    first, *others = study.models
    rows = [(model, study.metric, values[model].mean(), values[model].sem()) for model in study.models]
    for other in others:
        lead = values[first] - values[other]
        p_value = stats.ttest_rel(values[first], values[other]).pvalue if len(values) > 1 else np.nan
        rows += [
            (f"{first} - {other}", f"{study.metric} difference", lead.mean(), lead.sem()),
            (f"{first} - {other}", f"{study.metric} p_value", p_value, np.nan),
        ]
    return pd.DataFrame(rows, columns=["series", "metric", "value", "std_err"]).assign(x=number)
