"""The simulator behind the data set `demo`: a small shop whose truth is known.

Users and items belong to communities. Whether an item comes before a user's eyes (exposure) depends
on the item's popularity, the user's activity and both communities; whether the user likes it
(preference) on vectors of taste around the communities' centres. What is logged is the product of
both: nothing is viewed without exposure, and of what is viewed the liked things are marked as
favourites, put into the cart, bought, and bought again. Some of what is exposed and not viewed is
bought all the same, at the counter or by post: the log has no other behaviour of such pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import duckdb
import numpy as np

from recdag.datasets.entry import Dataset
from recdag.datasets.titles import shop_titles
from recdag.errors import ConfigError

VERSION = "2"
BEHAVIOURS = ("view", "favourite", "cart", "purchase")
START, DAYS, DAY = 1_700_000_000, 180, 86_400
MAX_REPEATS = 20
_TASTES = 8


@dataclass(frozen=True)
class Simulation:
    """Events of n users with m items, and what they were drawn from.

    Attributes:
        user, item: (E,) int32 ids; behaviour: (E,) int8 index into BEHAVIOURS; time: (E,) int64 unix
            seconds. Sorted by time.
        titles: m titles.
        preference: (n, m) float64, how much a user likes an item, in (0, 1).
        exposure: (n, m) float64, probability that an item came before a user's eyes.
        user_community: (n,), item_community: (m,) int64.
    """

    user: np.ndarray
    item: np.ndarray
    behaviour: np.ndarray
    time: np.ndarray
    titles: tuple[str, ...]
    preference: np.ndarray
    exposure: np.ndarray
    user_community: np.ndarray
    item_community: np.ndarray

    @property
    def n_users(self) -> int:
        return int(self.preference.shape[0])

    @property
    def n_items(self) -> int:
        return int(self.preference.shape[1])

    def counts(self, behaviour: str) -> np.ndarray:
        """(n, m) int64 events of one behaviour."""
        chosen = self.behaviour == BEHAVIOURS.index(behaviour)
        cells = self.user[chosen].astype(np.int64) * self.n_items + self.item[chosen]
        return np.bincount(cells, minlength=self.preference.size).reshape(self.preference.shape)


def simulate(
    seed: int = 7, n_users: int = 2000, n_items: int = 800, n_communities: int = 6, unmet_percent: int = 10
) -> Simulation:
    """Draw a shop and half a year of its log.

    Args:
        seed: the same seed and sizes give the same events.
        n_users, n_items, n_communities: sizes.
        unmet_percent: expected share of the bought pairs that have no other behaviour, below 100; as far as
            there are exposed pairs that were not viewed.

    Returns:
        events and truth.

    Raises:
        ConfigError: all bought pairs would have no other behaviour.
    """
    if unmet_percent >= 100:
        raise ConfigError(
            f"unmet_percent={unmet_percent} leaves no purchase that follows a view", cure="Put less than 100"
        )
    rng = np.random.default_rng(seed)
    user_community = rng.integers(n_communities, size=n_users)
    item_community = rng.permutation(np.arange(n_items) % n_communities)
    preference = _preference(rng, user_community, item_community, n_communities)
    exposure = _exposure(rng, user_community, item_community, n_communities)
    user, item, behaviour, time = _events(rng, preference, exposure, unmet_percent)
    titles = shop_titles(rng, item_community)
    return Simulation(
        user, item, behaviour, time, titles, preference, exposure, user_community, item_community
    )


def _preference(
    rng: np.random.Generator, user_community: np.ndarray, item_community: np.ndarray, n_communities: int
) -> np.ndarray:
    centres = rng.normal(size=(n_communities, _TASTES))
    users = centres[user_community] + rng.normal(size=(len(user_community), _TASTES))
    items = centres[item_community] + rng.normal(size=(len(item_community), _TASTES))
    affinity = users @ items.T
    affinity = (affinity - affinity.mean()) / affinity.std()
    chances: np.ndarray = 1 / (1 + np.exp(0.6 - 2.2 * affinity))
    return chances


def _exposure(
    rng: np.random.Generator, user_community: np.ndarray, item_community: np.ndarray, n_communities: int
) -> np.ndarray:
    n_items = len(item_community)
    popularity = rng.permutation((np.arange(n_items) + 10.0) ** -1.0)
    activity = rng.lognormal(sigma=0.35, size=len(user_community))
    nearness = np.where(np.eye(n_communities, dtype=bool), 2.5, rng.uniform(0.4, 1.0, (n_communities,) * 2))
    rate = np.outer(activity, popularity) * nearness[user_community][:, item_community]
    chances: np.ndarray = -np.expm1(-0.27 * rate / rate.mean())
    return chances


def _events(
    rng: np.random.Generator, preference: np.ndarray, exposure: np.ndarray, unmet_percent: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    exposed = rng.random(exposure.shape) < exposure
    user, item = np.nonzero(exposed)
    liking = preference[user, item]
    viewed = rng.random(len(user)) < 0.35 + 0.65 * liking
    favoured = viewed & (rng.random(len(user)) < 0.2 + 0.6 * liking)
    carted = viewed & (rng.random(len(user)) < 0.05 + 0.7 * liking)
    bought = carted & (rng.random(len(user)) < 0.5 + 0.4 * liking)
    wanted = bought.sum() * unmet_percent / (100 - unmet_percent)
    bought |= ~viewed & (rng.random(len(user)) * liking[~viewed].sum() < wanted * liking)
    keenness = rng.gamma(2.0, 0.5, size=len(user))
    repeats = np.minimum(1 + rng.poisson(3 * keenness * liking**3), MAX_REPEATS)
    first_seen = rng.random(len(user)) * (DAYS - 14) * DAY
    # Of each exposed pair: how often each behaviour occurs, and how long after the first look.
    purchases = bought * repeats
    looks = viewed * (np.maximum(purchases, 1) + rng.poisson(0.3 + 0.5 * liking))
    times = (looks, favoured.astype(int), viewed * np.maximum(carted, purchases), purchases)
    delays = (0.0, 0.2, 0.5, 1.0)
    parts = []
    for code, (count, delay) in enumerate(zip(times, delays, strict=True)):
        pair = np.repeat(np.arange(len(user)), count)
        nth = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count)
        wait = delay * DAY * (1 + rng.random(len(pair)))
        span = (DAYS - 1) * DAY - first_seen[pair]
        again = np.where(nth > 0, rng.random(len(pair)) * np.minimum(span - wait, 45 * DAY), 0.0)
        seconds = START + (first_seen[pair] + wait + again).astype(np.int64)
        parts.append((user[pair], item[pair], np.full(len(pair), code), seconds))
    users, items, codes, seconds = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((codes, items, users, seconds))
    return (
        users[order].astype(np.int32),
        items[order].astype(np.int32),
        codes[order].astype(np.int8),
        seconds[order],
    )


@lru_cache(maxsize=2)
def _cached(parameters: tuple[tuple[str, int], ...]) -> Simulation:
    return simulate(**dict(parameters))


def truth(dataset: Dataset) -> Simulation:
    """The simulation behind a simulated data set, with preference and exposure."""
    return _cached(tuple(sorted(dataset.parameters.items())))


def stage_simulation(connection: duckdb.DuckDBPyConnection, dataset: Dataset) -> None:
    """Create staged_events, staged_items and staged_users.

    Keys are u0001, ... and i0001, ...; the users' attribute is their community.
    """
    import pyarrow as pa

    simulation = truth(dataset)
    tables = {
        "simulated_events": {
            "u": simulation.user,
            "i": simulation.item,
            "b": simulation.behaviour,
            "t": simulation.time,
        },
        "simulated_items": {"i": np.arange(simulation.n_items), "title": simulation.titles},
        "simulated_users": {"u": np.arange(simulation.n_users), "community": simulation.user_community},
    }
    user, item = (f"'{x}' || lpad(({x} + 1)::VARCHAR, 4, '0')" for x in "ui")
    names = "[" + ", ".join(f"'{name}'" for name in BEHAVIOURS) + "]"
    try:
        for name, columns in tables.items():
            connection.register(name, pa.table(columns))
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE staged_events AS SELECT {user} AS user_key, {item} AS item_key, "
            f"({names})[b + 1] AS behaviour, NULL::DOUBLE AS value, t AS time FROM simulated_events"
        )
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE staged_items AS "
            f"SELECT {item} AS item_key, title FROM simulated_items"
        )
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE staged_users AS SELECT {user} AS user_key, "
            "json_object('community', community)::VARCHAR AS attributes FROM simulated_users"
        )
    finally:
        for name in tables:
            connection.unregister(name)
