"""The simulated shop: plausible as a log, true to its own truth, and worth learning from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest
from scipy.stats import spearmanr

from recdag.datasets.catalogue import load_dataset
from recdag.datasets.entry import Dataset
from recdag.datasets.file_search import find_files
from recdag.datasets.formats import stage
from recdag.datasets.simulator import BEHAVIOURS, DAY, DAYS, MAX_REPEATS, START, Simulation, simulate, truth
from recdag.errors import ConfigError


@pytest.fixture(scope="module")
def shop() -> Simulation:
    return simulate()


def last_purchases(shop: Simulation) -> np.ndarray:
    """(n, m) time of the latest purchase, -1 where there is none."""
    bought = shop.behaviour == BEHAVIOURS.index("purchase")
    latest = np.full(shop.preference.shape, -1, dtype=np.int64)
    np.maximum.at(latest, (shop.user[bought], shop.item[bought]), shop.time[bought])
    return latest


def test_same_seed_same_shop() -> None:
    one, two, other = (simulate(seed, n_users=50, n_items=40) for seed in (1, 1, 2))
    for name in ("user", "item", "behaviour", "time", "preference", "exposure"):
        assert np.array_equal(getattr(one, name), getattr(two, name))
    assert one.titles == two.titles
    assert len(one.user) != len(other.user)


def test_sizes(shop: Simulation) -> None:
    pairs = {name: shop.counts(name) > 0 for name in BEHAVIOURS}
    assert 150_000 < pairs["view"].sum() < 250_000
    assert 60_000 < pairs["purchase"].sum() < 80_000
    bought = pairs["purchase"].sum(1)
    assert np.mean(bought >= 5) > 0.995
    assert 25 < bought.mean() < 40
    assert pairs["purchase"].any(0).all()


def test_funnel(shop: Simulation) -> None:
    viewed, favoured, carted, bought = (shop.counts(name) > 0 for name in BEHAVIOURS)
    assert viewed.sum() > favoured.sum() > carted.sum() > (bought & viewed).sum()
    assert not (favoured & ~viewed).any()
    assert not (carted & ~viewed).any()
    assert not (bought & viewed & ~carted).any()


@pytest.mark.parametrize("percent", [0, 10, 25])
def test_a_share_of_what_is_bought_has_no_other_behaviour(percent: int) -> None:
    shop = simulate(3, n_users=600, n_items=300, unmet_percent=percent)
    viewed, bought = (shop.counts(name) > 0 for name in ("view", "purchase"))
    assert 100 * np.mean(~viewed[bought]) == pytest.approx(percent, abs=1)
    exposed, liked = shop.exposure[bought & ~viewed], shop.preference[bought & ~viewed]
    if percent:
        assert exposed.mean() > 1.5 * shop.exposure[~viewed].mean()
        assert liked.mean() > shop.preference[~viewed].mean()
    with pytest.raises(ConfigError, match="Put less than 100"):
        simulate(unmet_percent=100)


def test_most_of_the_latest_purchases_were_met_before_and_some_were_not(shop: Simulation) -> None:
    latest = last_purchases(shop).argmax(1)
    met = sum(shop.counts(name) for name in BEHAVIOURS[:-1]) > 0
    assert 0.9 < met[np.arange(shop.n_users), latest].mean() < 0.96


def test_counts_vary_and_follow_preference(shop: Simulation) -> None:
    counts = shop.counts("purchase")
    bought = counts > 0
    assert counts.max() <= MAX_REPEATS
    assert 0.2 < np.mean(counts[bought] > 2) < 0.6
    assert spearmanr(counts[bought], shop.preference[bought]).statistic > 0.4


def test_times(shop: Simulation) -> None:
    assert (np.diff(shop.time) >= 0).all()
    assert shop.time.min() >= START
    assert shop.time.max() < START + DAYS * DAY
    first = np.full((len(BEHAVIOURS), *shop.preference.shape), np.iinfo(np.int64).max)
    np.minimum.at(first, (shop.behaviour, shop.user, shop.item), shop.time)
    viewed = shop.counts("view") > 0
    assert (first[0] <= first[1:])[:, viewed].all()


def test_popularity_has_a_long_tail(shop: Simulation) -> None:
    sold = np.sort((shop.counts("purchase") > 0).sum(0))[::-1]
    assert sold[: shop.n_items // 10].sum() > 0.25 * sold.sum()
    assert sold[0] > 4 * np.median(sold)


def test_exposure_is_the_probability_of_being_seen(shop: Simulation) -> None:
    viewed = shop.counts("view") > 0
    chance = shop.exposure * (0.35 + 0.65 * shop.preference)
    for low, high in ((0.0, 0.05), (0.05, 0.2), (0.2, 0.5), (0.5, 1.0)):
        cells = (chance >= low) & (chance < high)
        spread = np.sqrt((chance[cells] * (1 - chance[cells])).sum())
        assert abs(viewed[cells].sum() - chance[cells].sum()) < 5 * spread


def test_exposure_is_communal(shop: Simulation) -> None:
    own = shop.user_community[:, None] == shop.item_community[None, :]
    assert shop.exposure[own].mean() > 1.5 * shop.exposure[~own].mean()
    assert shop.preference[own].mean() > 1.5 * shop.preference[~own].mean()


def test_a_personal_model_beats_popularity(shop: Simulation) -> None:
    latest = last_purchases(shop)
    users, target = np.arange(shop.n_users), latest.argmax(1)
    train = (latest >= 0).astype(float)
    train[users, target] = 0
    unit = train / np.maximum(np.linalg.norm(train, axis=0), 1e-9)
    similarity = unit.T @ unit
    np.fill_diagonal(similarity, 0)
    untouched = sum(shop.counts(name) for name in BEHAVIOURS) == 0
    noise = np.where(untouched, np.random.default_rng(0).random(untouched.shape), -1.0)
    negatives = np.argsort(-noise, axis=1)[:, :99]

    def hit_rate(scores: np.ndarray) -> float:
        others = np.take_along_axis(scores, negatives, axis=1)
        return float(np.mean((others > scores[users, target][:, None]).sum(1) < 10))

    popularity = hit_rate(np.broadcast_to(train.sum(0), train.shape))
    neighbours = hit_rate(train @ similarity)
    assert 0.25 < popularity < 0.5
    assert neighbours > popularity + 0.15
    assert hit_rate(shop.preference * shop.exposure) > neighbours


def test_titles(shop: Simulation) -> None:
    assert len(set(shop.titles)) == shop.n_items
    assert len(set(simulate(n_users=5, n_items=2600).titles)) == 2600


def test_demo_is_the_simulation(catalogue_folder: Path) -> None:
    dataset = load_dataset(catalogue_folder / "demo.yaml")
    found = find_files(dataset, [])
    assert found is not None and found.paths == {}
    shop = truth(dataset)
    with duckdb.connect() as connection:
        report = stage(connection, dataset, found)
        assert report.rows == len(shop.user)
        assert report.has_time and not report.has_value
        assert set(report.behaviours) == set(dataset.all_behaviours) == set(BEHAVIOURS)
        counted = connection.execute(
            "SELECT user_key[2:]::INT - 1, item_key[2:]::INT - 1, count(*) FROM staged_events "
            "WHERE behaviour = 'purchase' GROUP BY ALL"
        ).fetchnumpy()
        user, item, count = counted.values()
        assert np.array_equal(shop.counts("purchase")[user, item], count)
        titles = connection.execute("SELECT title FROM staged_items ORDER BY item_key").fetchall()
        assert tuple(title for (title,) in titles) == shop.titles
        assert connection.execute("SELECT count(*) FROM staged_users").fetchone() == (shop.n_users,)


def test_keys_sort_like_ids_in_larger_shops(make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset("simulated", target="purchase", supportive=["view", "favourite", "cart"],
                           parameters={"n_users": 20, "n_items": 30})  # fmt: skip
    found = find_files(dataset, [])
    assert found is not None
    with duckdb.connect() as connection:
        stage(connection, dataset, found)
        keys = connection.execute("SELECT user_key FROM staged_users ORDER BY user_key").fetchall()
    assert keys == [(f"u{k:04d}",) for k in range(1, 21)]
