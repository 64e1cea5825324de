import math

import pytest

from recdag.report import queries
from recdag.report.searches import searches_of


@pytest.fixture
def trials(connection):
    return queries.read_table(connection, "trials")


def test_trials_are_counted_and_the_best_complete_one_is_named(trials):
    wmf, bpr = searches_of(trials, "benchmark", "demo")
    assert (wmf.model, wmf.complete, wmf.pruned, wmf.failed, wmf.trials) == ("wmf", 2, 1, 0, 3)
    assert (wmf.recipe, wmf.best, wmf.seconds) == (0.14, 0.15, 6.0)
    assert wmf.values == (("l2", "0.01235"), ("factors", "32"))
    assert bpr.failed == 1 and math.isnan(bpr.best) and math.isnan(bpr.recipe) and bpr.values == ()


def test_where_small_is_good_the_smallest_is_best(trials):
    (wmf, _) = searches_of(trials.assign(metric="mpr"), "benchmark", "demo")
    assert wmf.best == 0.14


def test_elsewhere_there_is_none(trials):
    assert searches_of(trials, "ncf", "demo") == ()
