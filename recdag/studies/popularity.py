"""How much of what was held out is found, by how popular the items are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recdag.studies.bench import Bench
from recdag.studies.study import MEAN, SHARE, ModelStudy, StudyPlan, StudyResult

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from recdag.evaluation.split import Split
    from recdag.studies.content import Content, Shown

_GROUP, _USERS = "group by popularity", "users an item"


@dataclass(frozen=True, kw_only=True)
class ByPopularity(ModelStudy):
    """How much of what was held out is in the top lists, by groups of ever more popular items.

    Attributes:
        cutoff: the length of the lists.
        groups: how many, with equally many held-out pairs each.
    """

    cutoff: int = 20
    groups: int = 5

    @property
    def labels(self) -> Mapping[str, str]:
        return {
            _GROUP: "group of items, least popular first",
            f"found@{self.cutoff}": f"Found@{self.cutoff}",
        }

    def plan(self, bench: Bench) -> StudyPlan:
        """Share of each group's held-out pairs that stand in the users' top lists, the folds pooled."""

        def compute() -> StudyResult:
            import numpy as np
            import pandas as pd

            splits = bench.splits()
            held_out = _held_out(splits, self.groups)
            numbered = ((n, held_out[held_out["group"] == n]) for n in range(1, self.groups + 1))
            groups = {float(number): part for number, part in numbered if len(part)}
            rows = [
                (number, "items", _USERS, MEAN, part["popularity"].mean(), np.nan)
                for number, part in groups.items()
            ]
            for model in self.models:
                hits = np.concatenate([_ranks(bench, model, split) for split in splits]) <= self.cutoff
                rows += [
                    (
                        number,
                        model,
                        f"found@{self.cutoff}",
                        SHARE,
                        *share_found(part["user"], hits[part.index]),
                    )
                    for number, part in groups.items()
                ]
            columns = ["x", "series", "metric", "statistic", "value", "std_err"]
            return StudyResult(pd.DataFrame(rows, columns=columns).assign(x_name=_GROUP))

        return StudyPlan({"evaluated": bench.evaluated(self.models)}, compute)

    def content(self, shown: Shown) -> Content:
        """Shares as lines, the popularity of the groups in a sentence."""
        from recdag.studies.content import Content, group_note, lines

        shares = lines(shown.where(shown.measured["statistic"] == SHARE))
        sizes = shown.where(shown.measured["metric"] == _USERS)
        note = group_note("Training users of a held-out pair's item, mean of each group", sizes)
        return Content(shares.figures, note, numbers=shares.numbers)


def _held_out(splits: Sequence[Split], groups: int) -> pd.DataFrame:
    """Every held-out pair of all folds: user, popularity of the item in training, group."""
    import numpy as np
    import pandas as pd

    pairs = []
    for split in splits:
        counts = (split.train_and_validation or split.train).positives.count_nonzero(axis=0)
        items = split.test.target.indices
        users = np.repeat(split.test.user_ids, np.diff(split.test.target.indptr))
        group = popularity_groups(items, counts, groups)
        pairs.append(pd.DataFrame({"user": users, "popularity": counts[items], "group": group}))
    return pd.concat(pairs, ignore_index=True)


def popularity_groups(items: np.ndarray, popularity: np.ndarray, groups: int) -> np.ndarray:
    """The group of every held-out pair, 1 for the least popular items.

    The groups have as equally many pairs as whole items allow.

    Args:
        items: (R,) the pairs' items.
        popularity: (m,) users of each item in training.
    """
    import numpy as np

    pairs = np.bincount(items, minlength=len(popularity))
    order = np.argsort(popularity, kind="stable")
    middle = np.cumsum(pairs[order]) - pairs[order] / 2
    of_item = np.empty(len(popularity), dtype=np.int64)
    of_item[order] = np.minimum(middle * groups // max(len(items), 1), groups - 1) + 1
    of_pair: np.ndarray = of_item[items]
    return of_pair


def share_found(users: pd.Series, hits: np.ndarray) -> tuple[float, float]:
    """The share of pairs that were found, and its standard error with the pairs of a user taken together."""
    import numpy as np
    import pandas as pd

    share = hits.mean()
    by_user = pd.Series(hits - share).groupby(users.to_numpy()).sum()
    return float(share), float(np.sqrt((by_user**2).sum()) / len(hits))


def _ranks(bench: Bench, model: str, split: Split) -> np.ndarray:
    from recdag.evaluation.ranking import rank

    return rank(bench.load(model, split.fold), split.test, top_k=0).rank
