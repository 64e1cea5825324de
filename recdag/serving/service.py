"""Recommendations from a trained model: for a user, for a basket of items, for everybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

from recdag.errors import RecdagError
from recdag.papers.catalogue import PAPERS
from recdag.recommenders.catalogue import model_spec

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_array

    from recdag.recommenders.base import Query, Recommender

TOP = 20
_USERS_AT_ONCE = 512
_PAIRS_AT_ONCE = 100_000
"""Of users and items, for a model that runs a network a pair."""


@dataclass(frozen=True)
class Keys:
    """The users' and items' own names, by id of the data set; a title may be None."""

    users: np.ndarray
    items: np.ndarray
    titles: np.ndarray


@dataclass(frozen=True)
class Recommendation:
    """One item of a list, the best one at rank 1."""

    rank: int
    item_key: str
    title: str | None
    score: float


@dataclass(frozen=True)
class Service:
    """A trained model with what it takes to recommend from it.

    A user's history is all that the data set knows of her, held-out items too: none of it is
    recommended, and a model that looks at histories makes use of all of it.

    Attributes:
        name: <paper>/<model>, for messages.
        user_ids, item_ids: ascending ids of the data set by row and column of the model.
        histories: (users of the data set, items of the model) 1 for a positive pair.
    """

    name: str
    model: Recommender[Any]
    user_ids: np.ndarray
    item_ids: np.ndarray
    keys: Keys
    histories: csr_array

    def for_user(self, key: str, top: int = TOP) -> list[Recommendation]:
        """The best items that a user does not have.

        Raises:
            RecdagError: no such user, or one whom the model did not learn and cannot fold in.
        """
        user = np.array([_id_of(key, self.keys.users, "user")])
        if not self._serves(user)[0]:
            self._check_folds_in()
            raise RecdagError(
                f"user {key!r} has no item that {self.name} knows", cure="Recommend by --items instead"
            )
        query = self._query(user)
        return self._list(self._scores(query), query.history, top)

    def for_items(self, keys: Sequence[str], top: int = TOP) -> list[Recommendation]:
        """The best items for someone who is not in the data set and has these items.

        Raises:
            RecdagError: no such item, none that the model knows, or a model that cannot fold in.
        """
        from recdag.recommenders.base import Query

        self._check_folds_in()
        history = self._basket(keys)
        return self._list(self._scores(Query(np.array([-1]), history)), history, top)

    def similar(self, key: str, top: int = TOP) -> list[Recommendation]:
        """The items nearest to one: by the cosine of their vectors, else as a basket of that item.

        For a model whose weights join items with items, such as EASE, the basket's scores are the item's
        row of them.

        Raises:
            RecdagError: no such item, or a model that has neither vectors nor a way to fold in.
        """
        from torch.nn.functional import normalize

        vectors = self.model.item_vectors()
        if vectors is None:
            self._check_folds_in("cannot tell which items are alike")
            return self.for_items([key], top)
        history = self._basket([key])
        unit = normalize(vectors.detach().float(), dim=1)
        scores = (unit[history.indices] @ unit.T).cpu().numpy()
        return self._list(scores, history, top)

    def for_everybody(self, top: int = TOP) -> Iterator[pd.DataFrame]:
        """Top lists of all users whom the model can serve, some of them at a time.

        Columns are user_key, rank, item_key, title and score.
        """
        users = np.arange(len(self.keys.users))
        users = users[self._serves(users)]
        step = _USERS_AT_ONCE
        if not self.model.scores_all_items:
            step = max(1, min(step, _PAIRS_AT_ONCE // len(self.item_ids)))
        for start in range(0, len(users), step):
            yield self._table(users[start : start + step], top)

    def _rows(self, users: np.ndarray) -> np.ndarray:
        """Rows of the model, -1 for users whom it did not learn."""
        places = np.minimum(np.searchsorted(self.user_ids, users), len(self.user_ids) - 1)
        return np.where(self.user_ids[places] == users, places, -1)

    def _serves(self, users: np.ndarray) -> np.ndarray:
        """Which users the model learned, or can fold in by the items they have."""
        learned = self._rows(users) >= 0
        return learned | (np.diff(self.histories.indptr)[users] > 0) if self.model.folds_in else learned

    def _query(self, users: np.ndarray) -> Query:
        from recdag.recommenders.base import Query

        return Query(self._rows(users), self.histories[users])

    def _scores(self, query: Query) -> np.ndarray:
        import torch

        with torch.no_grad():
            return np.array(self.model.score(query).float().cpu())

    def _list(self, scores: np.ndarray, seen: csr_array, top: int) -> list[Recommendation]:
        """The top list of one user; overwrites `scores`."""
        _, place, column, score = best_unseen(scores, seen, top)
        items = self.item_ids[column]
        columns = ((place + 1).tolist(), self.keys.items[items], self.keys.titles[items], score.tolist())
        return [Recommendation(*each) for each in zip(*columns, strict=True)]

    def _table(self, users: np.ndarray, top: int) -> pd.DataFrame:
        """The top lists of users by id."""
        import pandas as pd

        query = self._query(users)
        row, place, column, score = best_unseen(self._scores(query), query.history, top)
        items = self.item_ids[column]
        return pd.DataFrame(
            {
                "user_key": self.keys.users[users[row]],
                "rank": place + 1,
                "item_key": self.keys.items[items],
                "title": self.keys.titles[items],
                "score": score,
            }
        )

    def _basket(self, keys: Sequence[str]) -> csr_array:
        """(1, m) history of the items that the model knows among those named."""
        from scipy.sparse import csr_array

        items = [_id_of(key, self.keys.items, "item", self.keys.titles) for key in keys]
        columns = np.flatnonzero(np.isin(self.item_ids, items))
        if not len(columns):
            raise RecdagError(f"{self.name} never saw any of these items", cure="Name others")
        ones = np.ones(len(columns), dtype=np.float32)
        return csr_array((ones, columns, [0, len(columns)]), shape=(1, len(self.item_ids)))

    def _check_folds_in(self, problem: str = "cannot serve users it was not trained on") -> None:
        if not self.model.folds_in:
            able = [each for each in PAPERS["benchmark"].nodes if model_spec(each).implementation().folds_in]
            raise RecdagError(
                f"{self.name} {problem}",
                cure=f"Use one of: {', '.join(f'benchmark/{each}' for each in able)}",
            )


def best_unseen(
    scores: np.ndarray, seen: csr_array, top: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(row, place from 0, column, score) of the best unseen items of every row; overwrites `scores`."""
    scores[np.repeat(np.arange(len(scores)), np.diff(seen.indptr)), seen.indices] = -np.inf
    row, place, column = best_columns(scores, top)
    return row, place, column, scores[row, column]


def best_columns(scores: np.ndarray, top: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(row, place from 0, column) of the best finite scores of every row; equal scores by column."""
    top = min(top, scores.shape[1])
    bound = np.partition(scores, -top, axis=1)[:, -top]
    row, column = np.nonzero((scores >= bound[:, None]) & np.isfinite(scores))
    order = np.lexsort((column, -scores[row, column], row))
    row, column = row[order], column[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    kept = place < top
    return row[kept], place[kept], column[kept]


def _id_of(key: str, keys: np.ndarray, kind: str, titles: np.ndarray | None = None) -> int:
    """The id that a key stands for.

    Raises:
        RecdagError: there is none; names the nearest by spelling of the key or the title.
    """
    (places,) = np.nonzero(keys == key)
    if len(places):
        return int(places[0])
    near = duckdb.execute(
        """
        select case when title is null then key else concat(key, ' (', title, ')') end
        from (select unnest($keys) as key, unnest($titles::varchar[]) as title)
        order by greatest(jaro_winkler_similarity(lower(key), lower($wanted)),
                          jaro_winkler_similarity(lower(coalesce(title, '')), lower($wanted))) desc, key
        limit 3
        """,
        {"keys": keys.tolist(), "titles": [] if titles is None else titles.tolist(), "wanted": key},
    ).fetchall()
    raise RecdagError(
        f"there is no {kind} {key!r}", cure=f"Near by spelling: {', '.join(n for (n,) in near)}"
    )
