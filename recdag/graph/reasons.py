"""Why something is stale: what it was made from beside what it would be made from now, in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from recdag.graph.model_folder import Card
from recdag.graph.request import SET_FOR_RUN
from recdag.graph.step import MadeFrom
from recdag.graph.training import Plan

_NAMES = {"raw_files": "the raw files", "settings": "the catalogue entry"}


def table_changes(known: Mapping[str, Any] | None, now: MadeFrom) -> list[str]:
    """What differs in a table's inputs, code and settings.

    Args:
        known: the recorded `MadeFrom` as a mapping; None where none was recorded.
    """
    if known is None:
        return ["inputs, code or settings changed"]
    inputs = [f"{_NAMES.get(name, name)} changed" for name in _differing(known["inputs"], now.inputs)]
    code = [] if known["version"] == now.version else [f"code version {known['version']} → {now.version}"]
    settings = [
        f"{_NAMES[name]} changed"
        if name in _NAMES
        else f"{name} {_shown(known['config'].get(name))} → {_shown(now.config.get(name))}"
        for name in _differing(known["config"], now.config)
    ]
    return [*inputs, *code, *settings]


def training_changes(card: Card, plan: Plan) -> list[str]:
    """What differs between a trained model and the one that a plain run would train."""
    reasons = []
    config = plan.config.model_dump()
    for name in _differing(card.config, config):
        old, new = _shown(card.config.get(name)), _shown(config.get(name))
        if card.sources.get(name) == SET_FOR_RUN:
            reasons.append(f"{name} was {old} for one run, the recipe says {new}")
        elif card.budget:
            reasons.append(f"{name} {old}, found by a search ({card.budget}), the recipe says {new}")
        else:
            reasons.append(f"recipe: {name} {old} → {new}")
    for name, before, after in (
        ("code version", card.code_version, plan.spec.version),
        ("seed", card.seed, plan.request.seed),
        ("epoch chosen on", card.selection, plan.request.selection),
    ):
        if before != after:
            reasons.append(f"{name} {before} → {after}")
    if card.split_version != plan.split_version:
        reasons.append("its split changed")
    if card.budget and not reasons:
        reasons.append(f"searched for hyperparameters ({card.budget}), a plain run does not")
    return reasons or ["what decides a training is counted differently now"]


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Names whose values differ, in the form in which both are kept."""
    before, after = _plain(old), _plain(new)
    return [name for name in dict.fromkeys([*after, *before]) if before.get(name) != after.get(name)]


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(dict(values), default=str))


def _shown(value: Any) -> str:
    return "unset" if value is None else json.dumps(value, default=str).strip('"')
