"""The communities that FAWMF found: the items they know best, and who belongs to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recdag.studies.bench import Bench
from recdag.studies.study import DIFFERENCE, SHARE, Axes, Reads, Study, StudyPlan, StudyResult

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from recdag.studies.content import Content, Shown
    from recdag.studies.numbers import NumberTable

_MOST_VALUES = 25
"""Attributes with more different values than this are no groups of people."""
_MOST_SHOWN = 3
_EXPOSURE, _USERS, _MEMBERS = "exposure above average", "share of users", "share above average"


@dataclass(frozen=True, kw_only=True)
class Communities(Study):
    """The communities that an exposure model found: their items and their members.

    Attributes:
        model: with memberships and exposures by community.
        top: items shown of each.
    """

    model: str
    top: int = 10

    def reads(self, chosen: Axes | None = None) -> Reads:
        return Reads(models=(self.model,))

    def plan(self, bench: Bench) -> StudyPlan:
        """Rows of three metrics for each community: its top items, its size, and its members' attributes.

        An item's value is how much better the community knows it than all users do (difference of
        exposures); an attribute's value is its share among members less that among all users, members
        weighed by their membership.
        """

        def compute() -> StudyResult:
            import pandas as pd

            split = bench.splits()[0]
            state = bench.load(self.model, 0).parameters_state()
            # (n, D) memberships and (m, D) exposures of the first fold's model
            theta, reach = (state[name].cpu().numpy() for name in ("theta", "reach"))
            with bench.working_file() as connection:
                items = connection.execute(
                    "select coalesce(title, item_key) as title from items order by item_id"
                ).df()
                attributes = connection.execute("select attributes from users order by user_id").df()
            titles = items["title"].to_numpy()[split.item_ids]
            of_users = attributes["attributes"].iloc[split.user_ids]
            rows = [*_items(theta, reach, titles, self.top), *_sizes(theta), *_members(theta, of_users)]
            table = pd.DataFrame(rows, columns=["x", "series", "metric", "statistic", "value"])
            return StudyResult(table.assign(x_name="community"))

        return StudyPlan({"evaluated": bench.evaluated([self.model])}, compute)

    def content(self, shown: Shown) -> Content:
        from recdag.studies.content import Content

        return Content(tables=[community_table(shown.measured)])


def _items(theta: np.ndarray, reach: np.ndarray, titles: np.ndarray, top: int) -> Iterator[tuple[Any, ...]]:
    import numpy as np

    lead = reach - (reach @ theta.mean(0))[:, None]
    for community in range(theta.shape[1]):
        for item in np.argsort(-lead[:, community], kind="stable")[:top]:
            yield float(community), str(titles[item]), _EXPOSURE, DIFFERENCE, float(lead[item, community])


def _sizes(theta: np.ndarray) -> Iterator[tuple[Any, ...]]:
    for community, share in enumerate(theta.mean(0)):
        yield float(community), "members", _USERS, SHARE, float(share)


def _members(theta: np.ndarray, attributes: pd.Series) -> Iterator[tuple[Any, ...]]:
    import pandas as pd

    if attributes.isna().all():
        return
    table = pd.json_normalize([json.loads(text) for text in attributes.fillna("{}")])
    weights = theta / theta.sum(0)
    for name in table.columns:
        if table[name].nunique() > _MOST_VALUES:
            continue
        groups = pd.get_dummies(table[name].astype(str)).astype(float)
        lead = weights.T @ groups.to_numpy() - groups.mean().to_numpy()
        for community in range(theta.shape[1]):
            for value, share in zip(groups.columns, lead[community], strict=True):
                yield float(community), f"{name} {value}", _MEMBERS, DIFFERENCE, float(share)


def community_table(measured: pd.DataFrame) -> NumberTable:
    """Each community's share of users, its items, and what its members are more often than others."""
    from recdag.studies.numbers import NumberCell, NumberTable

    items, sizes, members = (measured[measured["metric"] == name] for name in (_EXPOSURE, _USERS, _MEMBERS))
    heads = ["community", "share of users", "items it knows better than others do"]
    if len(members):
        heads.append("its members are more often")
    rows = []
    for community in sorted(measured["x"].unique()):
        top = items[items["x"] == community].sort_values("value", ascending=False, kind="stable")
        share = sizes.loc[sizes["x"] == community, "value"].sum()
        cells = [NumberCell(f"{100 * share:.1f} %"), NumberCell("; ".join(top["series"]), numeric=False)]
        if len(members):
            theirs = members[(members["x"] == community) & (members["value"] > 0)]
            theirs = theirs.nlargest(_MOST_SHOWN, "value")
            described = (
                f"{name} (+{100 * lead:.1f} points)"
                for name, lead in zip(theirs["series"], theirs["value"], strict=True)
            )
            cells.append(NumberCell("; ".join(described) or "–", numeric=False))
        rows.append((f"{community + 1:g}", tuple(cells)))
    return NumberTable("Communities: their items and their members", tuple(heads), tuple(rows))
