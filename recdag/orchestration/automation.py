"""Which assets Dagster may request by itself, and when; stopped until a person starts it."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

_NEWS: dg.AutomationCondition[Any] = dg.AutomationCondition.eager().replace(
    "newly_updated", dg.AutomationCondition.data_version_changed()
)
"""Something that the asset needs came out different; a rerun that gave the same does not count."""

_EDITED: dg.AutomationCondition[Any] = dg.AutomationCondition.code_version_changed()

CURRENT: dg.AutomationCondition[Any] = (
    _NEWS
    | (
        _EDITED.since_last_handled()
        & ~dg.AutomationCondition.missing()
        & ~dg.AutomationCondition.in_progress()
        & ~dg.AutomationCondition.any_deps_in_progress()
    )
).with_label("on changed data, code or recipe")
"""For what is made a data set: on news from above, and where code or recipe changed of what there is."""

OF_SOME: dg.AutomationCondition[Any] = CURRENT.replace(
    "any_deps_missing", dg.AutomationCondition.all_deps_match(dg.AutomationCondition.missing())
)
"""The same for what is made of those of its needs that are there: an evaluation, of the models trained."""

GATHERED: dg.AutomationCondition[Any] = (
    dg.AutomationCondition.eager()
    .without(~dg.AutomationCondition.any_deps_missing())
    .replace("newly_updated", dg.AutomationCondition.data_version_changed())
    .with_label("on changed results of any data set")
)
"""For what is made of all data sets, most of which are never there."""


def automated(assets: Sequence[dg.AssetsDefinition]) -> list[dg.AssetsDefinition]:
    """The assets with their conditions.

    Raw files have none: the sensor `new_data` watches them. Studies that train many models have none:
    they run when a person asks for them.
    """
    mapped = dg.map_asset_specs(_with_condition, assets)
    return [each for each in mapped if isinstance(each, dg.AssetsDefinition)]


def _with_condition(spec: dg.AssetSpec) -> dg.AssetSpec:
    if not spec.deps or spec.tags.get("study") == "large":
        return spec
    condition = OF_SOME if spec.key.path[-1] == "evaluation" else CURRENT
    return spec.replace_attributes(automation_condition=condition if spec.partitions_def else GATHERED)


automation = dg.AutomationConditionSensorDefinition(
    "automation",
    target=dg.AssetSelection.all(),
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Materializes what an automation condition asks for: what needs changed data, and models "
    "whose code or recipe changed.",
)
