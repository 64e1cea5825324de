"""A metric by how active users are, with paired tests between models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from recdag.studies.bench import Bench
from recdag.studies.study import DIFFERENCE, MEAN, P_VALUE, ModelStudy, StudyPlan, StudyResult

if TYPE_CHECKING:
    import pandas as pd

    from recdag.studies.content import Content, Shown
    from recdag.studies.numbers import NumberCell, NumberTable

_GROUP, _ITEMS = "group by activity", "items a user"
_UNADJUSTED = 0.05


@dataclass(frozen=True, kw_only=True)
class ByActivity(ModelStudy):
    """A metric by groups of users who are equally many and ever more active.

    Attributes:
        models: the first is tested against each other one, in pairs by user.
        metric: of the paper's evaluation.
        groups: how many.
    """

    metric: str
    groups: int = 5

    library: ClassVar[str] = "numpy"

    @property
    def labels(self) -> Mapping[str, str]:
        return {_GROUP: "group of users, least active first"}

    def plan(self, bench: Bench) -> StudyPlan:
        """Means by group of users, and the first model's lead over each other one."""

        def compute() -> StudyResult:
            import numpy as np
            import pandas as pd

            values, activity = bench.user_results(self.models, self.metric), _activity(bench)
            users = values.index
            order = np.argsort(activity.reindex(users).to_numpy(), kind="stable")
            groups = pd.Series(0, index=users)
            for number, members in enumerate(np.array_split(order, self.groups), 1):
                groups.iloc[members] = number
            parts = [
                self._group(number, values[groups == number])
                for number in range(1, self.groups + 1)
                if (groups == number).any()
            ]
            mean = activity.reindex(users).groupby(groups).mean()
            sizes = pd.DataFrame({"x": mean.index, "value": mean.to_numpy()})
            sizes = sizes.assign(series="users", metric=_ITEMS, statistic=MEAN)
            rows = pd.concat([*parts, sizes], ignore_index=True)
            return StudyResult(rows.assign(x=rows["x"].astype(float), x_name=_GROUP))

        return StudyPlan({"evaluated": bench.evaluated(self.models)}, compute)

    def _group(self, number: int, values: pd.DataFrame) -> pd.DataFrame:
        import numpy as np
        import pandas as pd
        from scipy import stats

        first, *others = self.models
        rows: list[tuple[Any, ...]] = [
            (model, None, MEAN, values[model].mean(), values[model].sem()) for model in self.models
        ]
        for other in others:
            lead = values[first] - values[other]
            p_value = stats.ttest_rel(values[first], values[other]).pvalue if len(values) > 1 else np.nan
            rows += [
                (first, other, DIFFERENCE, lead.mean(), lead.sem()),
                (first, other, P_VALUE, p_value, np.nan),
            ]
        table = pd.DataFrame(rows, columns=["series", "beside", "statistic", "value", "std_err"])
        return table.assign(metric=self.metric, x=number)

    def content(self, shown: Shown) -> Content:
        """Means as lines, the sizes of the groups in a sentence, the tests as a table."""
        from recdag.studies.content import Content, group_note, lines

        is_size = shown.measured["metric"] == _ITEMS
        means = lines(shown.where((shown.measured["statistic"] == MEAN) & ~is_size))
        note = group_note(
            "Items that the models are given of a user, mean of each group", shown.where(is_size)
        )
        tests = _tests(shown)
        return Content(means.figures, note, [tests] if tests else [], means.numbers)


def _activity(bench: Bench) -> pd.Series:
    """User key -> items given to the models."""
    import numpy as np
    import pandas as pd

    from recdag.warehouse.lookups import user_keys

    with bench.working_file() as connection:
        keys = user_keys(connection)
    counted = [
        pd.Series(np.diff(split.test.history.indptr), index=keys[split.test.user_ids])
        for split in bench.splits()
    ]
    return pd.concat(counted).groupby(level=0).mean()


def _tests(shown: Shown) -> NumberTable | None:
    """The first model's lead by group of users, with stars; None where nothing was tested."""
    from recdag.studies.numbers import NumberTable

    rows = shown.measured
    tests = rows[rows["statistic"] == P_VALUE]
    if tests.empty:
        return None
    leads = rows[rows["statistic"] == DIFFERENCE].set_index(["series", "beside", "x"])["value"]
    groups = sorted(tests["x"].unique())
    cells = tuple(
        (
            f"{series} − {beside}",
            tuple(
                _lead(leads.get((series, beside, group)), part.set_index("x")["value"].get(group))
                for group in groups
            ),
        )
        for (series, beside), part in tests.groupby(["series", "beside"], sort=False)
    )
    caption = (
        "Paired differences by group, with p-values of t-tests over its users; they are not adjusted for "
        f"the number of tests. * p < {_UNADJUSTED:g}"
    )
    return NumberTable(caption, ("group", *(f"{group:g}" for group in groups)), cells)


def _lead(lead: float | None, p_value: float | None) -> NumberCell:
    from recdag import words
    from recdag.studies.numbers import NumberCell

    if lead is None or p_value is None:
        return NumberCell("–")
    star = "*" if p_value < _UNADJUSTED else ""
    return NumberCell(f"{words.signed(lead)}{star}", error=words.probability(p_value))
