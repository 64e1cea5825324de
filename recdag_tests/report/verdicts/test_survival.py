from dataclasses import replace

import pytest

from recdag.papers.catalogue import PAPERS
from recdag.report import queries
from recdag.report.result_tables import result_table
from recdag.report.verdicts.survival import Survivals, survival_sentence, survival_summary, survivals_of


@pytest.fixture
def table(connection, fair):
    results = queries.read_results(connection)
    return fair(result_table(results, "benchmark", "demo", about=PAPERS["benchmark"]))


@pytest.fixture
def survivals(table, connection):
    return survivals_of(table, PAPERS, queries.read_significance(connection))


@pytest.fixture
def found(survivals):
    assert survivals.unjudged is None
    return {each.paper: each for each in survivals.judged}


def test_papers_without_tests_are_left_out(found):
    assert list(found) == ["ncf", "cf_nade", "fawmf"]


def test_a_claim_survives_where_its_model_is_ahead_of_all_that_its_paper_compares(found):
    claim = found["cf_nade"]  # ease is ahead of it, but the paper does not compare ease
    assert claim.outcome == "survives" and [rival.model for rival in claim.ahead] == ["wmf"]
    assert not claim.level and not claim.behind


def test_one_that_is_level_leaves_it_open_and_one_that_is_ahead_refutes_it(found):
    assert found["fawmf"].outcome == "is undecided"
    assert [[each.model for each in found["fawmf"].level], [each.model for each in found["fawmf"].ahead]] == [
        ["wmf"],
        ["exmf"],
    ]
    assert found["ncf"].outcome == "does not survive"
    assert [(each.model, each.difference, each.p_value) for each in found["ncf"].behind] == [
        ("eals", -0.012, 0.004)
    ]


def test_a_papers_own_variants_stand_apart(found):
    assert [each.model for each in found["ncf"].variants] == ["gmf"]
    assert "gmf" not in found["ncf"].compared


def test_one_paper_alone_may_not_be_judged_yet(table, connection):
    rows = tuple(replace(row, budget=None) if row.model == "wmf" else row for row in table.rows)
    survivals = survivals_of(replace(table, rows=rows), PAPERS, queries.read_significance(connection))
    assert [each.paper for each in survivals.judged] == ["ncf"]
    assert survivals.unjudged.papers == ("cf_nade", "fawmf")
    assert [lack.topic for lack in survivals.unjudged.lacks] == ["tuning"]
    assert survival_summary(survivals) == (
        "on demo the claim of ncf does not survive and the claims of cf_nade and fawmf cannot be judged yet"
    )


def test_simulated_data_judge_nothing(table, connection):
    survivals = survivals_of(replace(table, simulated=True), PAPERS, queries.read_significance(connection))
    assert not survivals.judged and survivals.unjudged.lacks == ()
    assert survival_summary(survivals) == ""


def test_in_words(survivals):
    assert survival_summary(survivals) == (
        "on demo the claim of cf_nade survives, the claim of fawmf is undecided "
        "and the claim of ncf does not survive"
    )
    assert survival_sentence(survivals.judged) == (
        "On demo, by NDCG@20, the claim of cf_nade (implicit_cf_nade is ahead of wmf) survives; "
        "the claim of fawmf (fawmf is level with wmf) is undecided; "
        "the claim of ncf (neumf_pretrain is behind eals) does not survive."
    )
    assert survival_summary(Survivals()) == survival_sentence(()) == ""


def test_a_papers_own_table_says_nothing_of_others(connection):
    table = result_table(queries.read_results(connection), "ncf", "ncf-ml-1m", about=PAPERS["ncf"])
    assert survivals_of(table, PAPERS, queries.read_significance(connection)) == Survivals()
