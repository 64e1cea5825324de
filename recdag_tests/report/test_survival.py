import pytest

from recdag.papers.catalogue import PAPERS
from recdag.report import queries
from recdag.report.results import result_table
from recdag.report.survival import survival_sentence, survival_summary, survivals_of


@pytest.fixture
def found(connection):
    table = result_table(queries.read_results(connection), "benchmark", "demo", about=PAPERS["benchmark"])
    return {each.paper: each for each in survivals_of(table, PAPERS, queries.read_significance(connection))}


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


def test_in_words(found):
    claims = list(found.values())
    assert survival_summary(claims) == (
        "on demo the claim of cf_nade survives, the claim of fawmf is undecided "
        "and the claim of ncf does not survive"
    )
    assert survival_sentence(claims) == (
        "On demo, by NDCG@20, the claim of cf_nade (implicit_cf_nade is ahead of wmf) survives; "
        "the claim of fawmf (fawmf is level with wmf) is undecided; "
        "the claim of ncf (neumf_pretrain is behind eals) does not survive."
    )
    assert survival_summary([]) == survival_sentence([]) == ""


def test_a_papers_own_table_says_nothing_of_others(connection):
    table = result_table(queries.read_results(connection), "ncf", "ncf-ml-1m", about=PAPERS["ncf"])
    assert survivals_of(table, PAPERS, queries.read_significance(connection)) == ()
