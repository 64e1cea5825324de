from dataclasses import replace

import pandas as pd
import pytest

from recdag.papers.catalogue import PAPERS
from recdag.papers.claims import STANDS_FOR
from recdag.report import queries
from recdag.report.result_tables import result_table


@pytest.fixture
def table_of(connection, anchors):
    results = queries.read_results(connection)

    def make(paper, dataset, **options):
        given = {
            "about": PAPERS[paper],
            "claims": queries.read_claims(connection),
            "significance": queries.read_significance(connection),
            "anchors": anchors,
            "stands_for": STANDS_FOR,
        }
        return result_table(results, paper, dataset, **(given | options))

    return make


def cell(table, model, metric, variant=None, on_test=False):
    (row,) = [
        row
        for row in table.rows
        if row.model == model and row.on_test == on_test and variant in (None, row.variant)
    ]
    return row.cells[table.metrics.index(metric)]


def test_best_first_and_the_test_selected_last(table_of):
    table = table_of("ncf", "ncf-ml-1m")
    assert table.metrics == ("hr@10", "ndcg@10")
    fair = [row.cells[0].value for row in table.rows if not row.on_test]
    assert fair == sorted(fair, reverse=True)
    assert table.rows[-1].on_test and [row.on_test for row in table.rows].count(True) == 1


def test_the_best_is_marked_once_a_metric_and_never_on_test(table_of):
    table = table_of("ncf", "ncf-ml-1m")
    for column in range(len(table.metrics)):
        best = [row for row in table.rows if row.cells[column].best]
        assert [row.model for row in best] == ["ease"]
        assert not any(row.cells[column].best for row in table.rows if row.on_test)


def test_lower_is_better_for_mpr(table_of):
    table = table_of("benchmark", "demo")
    column = table.metrics.index("mpr")
    best = min(row.cells[column].value for row in table.rows)
    assert [row.cells[column].value for row in table.rows if row.cells[column].best] == [best]


def test_where_lower_is_better_the_lowest_stands_first(table_of):
    about = replace(PAPERS["benchmark"], metrics=("mpr", "ndcg@20"))
    table = table_of("benchmark", "demo", about=about)
    values = [row.cells[0].value for row in table.rows if not row.on_test]
    assert table.metrics[0] == "mpr" and len(set(values)) > 1 and values == sorted(values)


def test_ties_with_the_best_come_from_significance(table_of):
    table = table_of("ncf", "ncf-ml-1m")
    assert cell(table, "mult_dae", "hr@10").tied and table.has_ties
    assert not cell(table, "wmf", "hr@10").tied  # significant
    assert not cell(table, "neumf_pretrain", "hr@10").tied  # tested against the paper's lead alone
    assert not cell(table, "mult_dae", "ndcg@10").tied  # not tested
    assert not table_of("ncf", "ncf-ml-1m", significance=None).has_ties


def test_published_numbers_stand_beside_the_row_that_answers_them(table_of):
    table = table_of("ncf", "ncf-ml-1m")
    assert table.stands_for == "ml-1m"
    eight = cell(table, "neumf", "hr@10", "factors=8,layers=3")
    assert (eight.published.value, eight.published.verdict) == (0.688, "reproduced")
    assert eight.published.difference == pytest.approx(eight.value - 0.688)
    assert cell(table, "neumf", "hr@10", "factors=16,layers=3").published.value == 0.696
    assert cell(table, "neumf", "hr@10", on_test=True).published is None
    assert cell(table, "mult_dae", "hr@10").published.paper == "mult_vae"
    assert cell(table, "gmf", "hr@10").published is None


def test_nothing_is_published_on_another_data_set(table_of):
    table = table_of("ncf", "demo")
    assert not any(cell and cell.published for row in table.rows for cell in row.cells)
    assert not any(cell and cell.anchors for row in table.rows for cell in row.cells)


def test_independent_results_stand_beside(table_of):
    assert cell(table_of("ncf", "ncf-ml-1m"), "ease", "hr@10").anchors == (
        (0.7192, "Ferrari Dacrema et al. (TOIS) appendix"),
    )


def test_seeds_are_averaged_and_counted(table_of, made):
    table = table_of("ncf", "demo")
    (row,) = [row for row in table.rows if row.model == "gmf"]
    rows = made.metrics.query("dataset == 'demo' and paper == 'ncf' and model == 'gmf' and metric == 'hr@10'")
    assert row.seeds == 2 and row.cells[0].value == pytest.approx(rows["value"].mean())


def test_one_headline_a_model(table_of):
    headlines = table_of("ncf", "ncf-ml-1m").headlines
    assert sorted(row.model for row in headlines) == sorted(PAPERS["ncf"].nodes)
    assert {row.variant for row in headlines if row.model == "neumf"} == {"factors=8,layers=3"}
    assert {row.model for row in headlines if row.reference} == set(PAPERS["ncf"].references)


def test_an_unknown_paper_shows_every_metric_and_nothing_measured_gives_none(table_of, made):
    assert table_of("fawmf", "demo") is None
    metrics = set(made.metrics.query("paper == 'benchmark'")["metric"])
    assert set(table_of("benchmark", "demo", about=None).metrics) == metrics


def test_groups_of_users_follow_the_metrics_with_their_numbers(connection):
    found = queries.read_results(connection, "demo").query("paper == 'ncf'")
    everyone = found.replace({"model": {"gmf": "mfpr"}}).assign(paper="multi_feedback")
    seen = everyone.assign(users="seen", n_users=700, value=0.9)
    unseen = everyone.assign(users="unseen", n_users=1200, value=0.1)
    results = pd.concat([unseen, seen, everyone], ignore_index=True)
    table = result_table(results, "multi_feedback", "demo", about=PAPERS["multi_feedback"])
    assert [column.title for column in table.columns] == ["HR@10", "NDCG@10", "HR@10 seen", "HR@10 unseen"]
    assert [column.n_users for column in table.columns] == [1900, 1900, 700, 1200] and table.n_users == 1900
    assert table.metrics == ("hr@10", "ndcg@10")
    assert table.by_feedback and {row.cells[2].value for row in table.rows} == {0.9}
    assert [sum(row.cells[column].best for row in table.rows) for column in range(4)] == [1, 1, 0, 0]
    assert [row.model for row in table.rows if row.adapted] == ["mfpr"] and table.has_adapted


def test_other_papers_do_not_show_groups_of_users(connection):
    results = queries.read_results(connection, "demo").query("paper == 'ncf'")
    groups = results.assign(users="seen")
    table = result_table(pd.concat([results, groups]), "ncf", "demo", about=PAPERS["ncf"])
    assert table.metrics == ("hr@10", "ndcg@10") and not table.by_feedback and not table.has_adapted
