"""What several kinds of study read: the evaluated models of their paper."""

from __future__ import annotations

from collections.abc import Sequence

from recdag.errors import RecdagError
from recdag.pipeline.studies.request import StudyRequest
from recdag.warehouse.queries import recorded_keys


def evaluated_keys(request: StudyRequest, models: Sequence[str]) -> dict[str, str]:
    """Model -> key of its published evaluation.

    Raises:
        RecdagError: one of the models has not been evaluated.
    """
    with request.project.published.reading() as connection:
        known = recorded_keys(connection)
    keys = {model: known.get((request.dataset, f"{request.paper}/{model}"), "") for model in models}
    if missing := [model for model, key in keys.items() if not key]:
        raise RecdagError(
            f"not evaluated yet on {request.dataset!r}: {', '.join(missing)}",
            cure=f"Run: recdag run --dataset {request.dataset} --paper {request.paper}",
        )
    return keys
