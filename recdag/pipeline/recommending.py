"""Recommendations from a trained model: for a user, for a basket of items, for everybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pandas as pd

from recdag.errors import ConfigError, RecdagError
from recdag.papers.catalogue import PAPERS, paper
from recdag.pipeline.project import Project
from recdag.pipeline.trained import Card, load_trained, read_ids
from recdag.recommenders.registry import model_spec
from recdag.warehouse.queries import user_keys
from recdag.warehouse.sql import arrays

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from recdag.recommenders.base import Recommender

TOP = 20
_USERS_AT_ONCE = 512


@dataclass(frozen=True)
class Keys:
    """The users' and items' own names, by id of the data set."""

    users: np.ndarray
    items: np.ndarray
    titles: np.ndarray


@dataclass(frozen=True)
class Service:
    """A trained model with what it takes to recommend from it.

    Attributes:
        name: <paper>/<model>, for messages.
        user_ids, item_ids: ids of the data set by row and column of the model.
        positives: (users, items) 1 where the data set has a positive pair, in ids of the data set.
    """

    name: str
    model: Recommender
    user_ids: np.ndarray
    item_ids: np.ndarray
    keys: Keys
    positives: csr_array

    def for_user(self, key: str, top: int = TOP) -> pd.DataFrame:
        """The best items that a user does not have: rank, item_key, title, score.

        Raises:
            RecdagError: no such user, or one whom the model did not learn and cannot fold in.
        """
        user = _id_of(key, self.keys.users, "user")
        return self._ranked(np.array([user]), top).drop(columns="user_key")

    def for_items(self, keys: Sequence[str], top: int = TOP) -> pd.DataFrame:
        """The best items for someone who is not in the data set and has these items.

        Raises:
            RecdagError: no such item, none that the model knows, or a model that cannot fold in.
        """
        from recdag.recommenders.base import Query

        self._check_folds_in()
        items = np.array([_id_of(key, self.keys.items, "item") for key in keys])
        history = _one_row(self._columns(items), len(self.item_ids))
        scores = self._scores(Query(np.array([-1]), history))
        return self._table(np.array([-1]), scores, history, top).drop(columns="user_key")

    def similar(self, key: str, top: int = TOP) -> pd.DataFrame:
        """The items nearest to one: by the cosine of their vectors, else as a basket of that item.

        Raises:
            RecdagError: no such item, or a model that has neither vectors nor a way to fold in.
        """
        import torch

        state = self.model.parameters_state()
        vectors = state.get("items")
        if vectors is None or vectors.ndim != 2:
            return self.for_items([key], top)
        columns = self._columns(np.array([_id_of(key, self.keys.items, "item")]))
        unit = torch.nn.functional.normalize(vectors.float(), dim=1)
        scores = (unit @ unit[columns[0]])[None].cpu().numpy()
        history = _one_row(columns, len(self.item_ids))
        return self._table(np.array([-1]), scores, history, top).drop(columns="user_key")

    def for_everybody(self, top: int = TOP) -> Iterator[pd.DataFrame]:
        """Top lists of all users whom the model can serve, some hundred users at a time."""
        users = np.arange(len(self.keys.users)) if self.model.folds_in else self.user_ids
        for start in range(0, len(users), _USERS_AT_ONCE):
            yield self._ranked(users[start : start + _USERS_AT_ONCE], top)

    def _ranked(self, users: np.ndarray, top: int) -> pd.DataFrame:
        from recdag.recommenders.base import Query

        rows = np.searchsorted(self.user_ids, users)
        known = (rows < len(self.user_ids)) & (
            self.user_ids[np.minimum(rows, len(self.user_ids) - 1)] == users
        )
        if not known.all():
            self._check_folds_in()
        history = self.positives[users][:, self.item_ids]
        scores = self._scores(Query(np.where(known, rows, -1), history))
        return self._table(users, scores, history, top)

    def _scores(self, query: object) -> np.ndarray:
        import torch

        with torch.no_grad():
            return self.model.score(query).float().cpu().numpy()  # type: ignore[arg-type]

    def _table(self, users: np.ndarray, scores: np.ndarray, seen: csr_array, top: int) -> pd.DataFrame:
        scores[np.repeat(np.arange(len(users)), np.diff(seen.indptr)), seen.indices] = -np.inf
        best = np.argsort(-scores, axis=1, kind="stable")[:, :top]
        values = np.take_along_axis(scores, best, axis=1)
        row, column = np.nonzero(np.isfinite(values))
        items = self.item_ids[best[row, column]]
        return pd.DataFrame(
            {
                "user_key": np.where(users[row] >= 0, self.keys.users[users[row]], None),
                "rank": column + 1,
                "item_key": self.keys.items[items],
                "title": self.keys.titles[items],
                "score": values[row, column],
            }
        )

    def _columns(self, items: np.ndarray) -> np.ndarray:
        """Columns of items, without those that the model never saw."""
        columns = np.flatnonzero(np.isin(self.item_ids, items))
        if not len(columns):
            raise RecdagError(f"{self.name} never saw any of these items", cure="Name others")
        return columns

    def _check_folds_in(self) -> None:
        if not self.model.folds_in:
            able = [each for each in PAPERS["benchmark"].nodes if model_spec(each).implementation().folds_in]
            raise RecdagError(
                f"{self.name} cannot serve users it was not trained on", cure=f"Use one of: {', '.join(able)}"
            )


def open_service(project: Project, dataset: str, name: str) -> Service:
    """A trained model by <paper>/<model>, ready to recommend; the first fold where there are several.

    Raises:
        RecdagError: no such paper or model, or it has not been trained on this data set.
    """
    from recdag.training.device import choose_device

    project.dataset(dataset)
    of_paper, _, model = name.partition("/")
    if model not in paper(of_paper).nodes:
        raise ConfigError(
            f"{of_paper} has no model {model!r}",
            cure=f"Write PAPER/MODEL with one of: {', '.join(PAPERS[of_paper].nodes)}",
        )
    folder = project.trained(dataset, of_paper, model)
    card = Card.read(folder)
    if card is None:
        raise RecdagError(
            f"{name} has not been trained on {dataset!r}",
            cure=f"Train it: recdag run --dataset {dataset} --select '+key:\"{name}\"'",
        )
    spec = model_spec(model)
    users, items = read_ids(folder, 0)
    with project.warehouse.reading(dataset) as connection:
        keys, positives = _read_keys(connection), _read_positives(connection)
    recommender = load_trained(folder, spec, spec.config(**card.config), 0, choose_device())
    return Service(name, recommender, users, items, keys, positives)


def write_recommendations(service: Service, path: Path, top: int = TOP) -> int:
    """Write everybody's top list to a .parquet or .csv file; returns the number of rows.

    Raises:
        ConfigError: a file name with another ending.
    """
    if path.suffix not in (".parquet", ".csv"):
        raise ConfigError(f"{path.name} is neither .parquet nor .csv", cure="Choose one of these endings")
    table = pd.concat(service.for_everybody(top), ignore_index=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path, index=False)
    return len(table)


def _read_keys(connection: duckdb.DuckDBPyConnection) -> Keys:
    items = connection.execute("select item_key, title from items order by item_id").df()
    return Keys(user_keys(connection), items["item_key"].to_numpy(), items["title"].to_numpy())


def _read_positives(connection: duckdb.DuckDBPyConnection) -> csr_array:
    from scipy.sparse import csr_array

    pairs = arrays(connection, "select user_id, item_id from binarized")
    sizes = connection.execute("select (select count(*) from users), (select count(*) from items)").fetchone()
    ones = np.ones(len(pairs["user_id"]), dtype=np.float32)
    return csr_array((ones, (pairs["user_id"], pairs["item_id"])), shape=sizes)


def _id_of(key: str, keys: np.ndarray, kind: str) -> int:
    (found,) = np.nonzero(keys == key)
    if len(found):
        return int(found[0])
    near = duckdb.execute(
        "select key from (select unnest($1) as key) order by levenshtein(key, $2), key limit 3",
        [keys.tolist(), key],
    ).fetchall()
    raise RecdagError(
        f"there is no {kind} {key!r}", cure=f"Near by spelling: {', '.join(each for (each,) in near)}"
    )


def _one_row(columns: np.ndarray, width: int) -> csr_array:
    from scipy.sparse import csr_array

    ones = np.ones(len(columns), dtype=np.float32)
    return csr_array((ones, (np.zeros(len(columns), dtype=np.int32), columns)), shape=(1, width))
