"""What several kinds of study read: the evaluated models of their paper."""

from __future__ import annotations

from collections.abc import Sequence

from recdag.errors import RecdagError
from recdag.graph.study_request import StudyRequest
from recdag.warehouse.queries import recorded_keys


def evaluated_among(request: StudyRequest, models: Sequence[str]) -> tuple[str, ...]:
    """Those of some models that have been evaluated."""
    return tuple(model for model, key in _keys(request, models).items() if key)


def evaluated_keys(request: StudyRequest, models: Sequence[str]) -> dict[str, str]:
    """Model -> key of its published evaluation.

    Raises:
        RecdagError: one of the models has not been evaluated.
    """
    keys = _keys(request, models)
    if missing := [model for model, key in keys.items() if not key]:
        raise RecdagError(
            f"not evaluated yet on {request.dataset!r}: {', '.join(missing)}",
            cure=f"Run: recdag run --dataset {request.dataset} --paper {request.paper}"
            f" --models {','.join(missing)}",
        )
    return keys


def _keys(request: StudyRequest, models: Sequence[str]) -> dict[str, str]:
    """Model -> key of its published evaluation; empty where there is none."""
    with request.project.published.reading() as connection:
        known = recorded_keys(connection)
    return {model: known.get((request.dataset, f"{request.paper}/{model}"), "") for model in models}
