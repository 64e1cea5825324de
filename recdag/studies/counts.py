"""Histograms of counts and of relative ratings."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recdag.graph.step import input_versions
from recdag.graph.study_request import StudyPlan, StudyRequest, StudyResult
from recdag.studies.base import Counts


def counts(study: Counts, request: StudyRequest) -> StudyPlan:
    """How many positives have which count, and which relative rating."""
    inputs = input_versions(request.project, request.dataset, ["binarized", "relative_rating"])

    def compute() -> StudyResult:
        with request.project.warehouse.reading(request.dataset) as connection:
            strength = connection.execute("select strength from binarized").df()["strength"].to_numpy(float)
            relative = connection.execute("from relative_rating").df()["relative_rating"].to_numpy(float)
        positive = strength[strength > 0]
        edges = _geometric(positive, study.bins)
        even = np.linspace(0.0, 1.0, study.bins + 1)
        histograms = [_histogram("count", positive, edges), _histogram("relative rating", relative, even)]
        return StudyResult(pd.concat(histograms, ignore_index=True))

    return StudyPlan(inputs, compute)


def _geometric(values: np.ndarray, bins: int) -> np.ndarray:
    """Edges of bins that widen evenly on a logarithmic scale; whole counts get whole edges."""
    edges = np.geomspace(values.min(), values.max(), bins + 1)
    if not (values % 1).any():
        edges = np.append(np.ceil(edges[:-1]), edges[-1] + 1)
    return np.unique(edges)


def _histogram(name: str, values: np.ndarray, edges: np.ndarray) -> pd.DataFrame:
    """Share of the values in each bin, at the bin's lower edge."""
    if len(edges) < 2:
        edges = np.array([edges[0], edges[0] + 1])
    found, _ = np.histogram(values, edges)
    return pd.DataFrame(
        {
            "x_name": name,
            "x": edges[:-1],
            "series": "positives",
            "metric": "share",
            "value": found / found.sum(),
            "std_err": float("nan"),
        }
    )
