from dataclasses import replace

import pytest

from recdag.papers.catalogue import PAPERS
from recdag.report import queries
from recdag.report.result_tables import result_table
from recdag.report.verdicts.evidence import lacks_of

MODELS = ("neumf_pretrain", "item_pop", "eals", "bpr")


@pytest.fixture
def real(connection):
    """As recorded: unequal sizes, bpr stopped by its bound, nothing searched, one seed."""
    return result_table(
        queries.read_results(connection),
        "ncf",
        "ncf-ml-1m",
        about=PAPERS["ncf"],
        trainings=queries.read_table(connection, "trainings"),
    )


def changed(table, model, **others):
    rows = tuple(replace(row, **others) if row.model == model else row for row in table.rows)
    return replace(table, rows=rows)


def test_what_is_missing_is_named_with_the_command_that_supplies_it(real):
    sizes, epochs, tuning, seeds = lacks_of(real, MODELS)
    assert sizes.what.endswith("neumf_pretrain has 8; eals and bpr have 64")
    assert epochs.what == "room to learn: bpr chose the last epoch allowed"
    assert epochs.cure == "raise their epochs in models/recipes/ncf.yaml"
    assert tuning.what.endswith("for all: none was made")
    assert tuning.command == "recdag run --dataset ncf-ml-1m --paper ncf --budget 20"
    assert seeds.command == (
        "recdag run --dataset ncf-ml-1m --study ncf/seeds"
        " --axis models=eals,neumf_pretrain,bpr --axis seeds=1,2"
    )


def test_nothing_is_missing_where_all_were_trained_alike(real, fair):
    assert lacks_of(fair(real), MODELS) == ()


def test_a_model_that_draws_nothing_needs_no_second_seed_and_one_without_factors_no_size(real, fair):
    training = replace(fair(real).rows[0].training, factors=None)
    table = changed(fair(real), "item_pop", seeds=1, training=training)
    assert lacks_of(table, MODELS) == ()


def test_a_model_that_is_not_among_those_compared_does_not_matter(real, fair):
    table = changed(fair(real), "ease", budget=None, seeds=1)
    assert lacks_of(table, MODELS) == ()


def test_unequal_budgets_and_a_recipe_with_nothing_to_search(real, fair):
    (tuning,) = lacks_of(changed(fair(real), "bpr", budget=None), MODELS, searchable=False)
    assert "had 20 trials" in tuning.what
    assert tuning.cure == "say under search: in models/recipes/ncf.yaml what is worth trying"


def test_what_was_not_recorded_is_missing(real, fair):
    (records,) = lacks_of(changed(fair(real), "eals", training=None), MODELS)
    assert records.topic == "records" and "eals" in records.what


def test_a_deviation_over_seeds_counts_as_several_seeds(real, fair):
    row = next(row for row in fair(real).rows if row.model == "bpr")
    cells = (replace(row.cells[0], seed_deviation=0.002), *row.cells[1:])
    assert lacks_of(changed(fair(real), "bpr", seeds=1, cells=cells), MODELS) == ()
    assert [each.topic for each in lacks_of(changed(fair(real), "bpr", seeds=1), MODELS)] == ["seeds"]
