"""Which columns the columns of the tables come from, by asset; what is not named comes from no column."""

from __future__ import annotations

from collections.abc import Mapping

Sources = Mapping[str, tuple[tuple[str, str], ...]]
"""Column -> (asset, column) of everything it is computed from."""

_PAIR: Sources = {side: (("binarized", side),) for side in ("user_id", "item_id")}
_OF_SPLIT = tuple(("split", column) for column in ("part", "user_id", "item_id", "weight"))
_OF_EVALUATION = (("evaluation", "value"), ("evaluation", "std_err"))

SOURCES: Mapping[str, Sources] = {
    "interactions": {
        "user_id": (("events", "user_number"),),
        "item_id": (("events", "item_number"),),
        "behaviour": (("events", "behaviour"),),
        "count": tuple(("events", column) for column in ("user_number", "item_number", "behaviour")),
        "value": (("events", "value"), ("events", "time")),
        "first_time": (("events", "time"),),
        "last_time": (("events", "time"),),
    },
    "binarized": {
        "user_id": (("interactions", "user_id"),),
        "item_id": (("interactions", "item_id"),),
        "strength": (("interactions", "value"), ("interactions", "count")),
        "last_time": (("interactions", "last_time"),),
    },
    "relative_rating": {**_PAIR, "relative_rating": (("binarized", "strength"),)},
    "split": {**_PAIR, "part": (("binarized", "last_time"),), "weight": (("binarized", "strength"),)},
    "metrics": dict.fromkeys(("value", "std_err", "ci_low", "ci_high", "n_users"), _OF_SPLIT),
    "claims": {
        "reproduced": (("evaluation", "value"),),
        "difference": (("evaluation", "value"),),
        "tolerance": (("evaluation", "std_err"),),
        "verdict": _OF_EVALUATION,
    },
    "recommendations": {
        "user_key": (("interactions", "user_id"),),
        "item_key": (("interactions", "item_id"),),
        "title": (("interactions", "item_id"),),
    },
}
