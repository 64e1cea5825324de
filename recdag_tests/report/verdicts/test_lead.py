from dataclasses import replace

import pandas as pd
import pytest

from recdag.papers.catalogue import PAPERS
from recdag.papers.claims import STANDS_FOR
from recdag.report import queries
from recdag.report.result_tables import result_table
from recdag.report.verdicts.evidence import Unjudged
from recdag.report.verdicts.lead import lead_of, lead_sentence


@pytest.fixture
def table_of(connection, fair):
    results = queries.read_results(connection)
    return lambda paper, dataset: fair(
        result_table(results, paper, dataset, about=PAPERS[paper], stands_for=STANDS_FOR)
    )


def sentence_of(table, about, significance):
    lead = lead_of(table, about, significance)
    return lead_sentence(lead) if lead else ""


def rows_of(paper, dataset, metric, lead, **others):
    """Rows of the table significance: other model -> (difference, adjusted p)."""
    return pd.DataFrame(
        {
            "dataset": dataset, "paper": paper, "metric": metric, "model_a": lead, "model_b": other,
            "difference": difference, "p_adjusted": p,
        }
        for other, (difference, p) in others.items()
    )  # fmt: skip


def test_the_strongest_rival_of_the_paper_decides_and_stronger_references_are_named(table_of, connection):
    table = table_of("ncf", "ncf-ml-1m")
    assert sentence_of(table, PAPERS["ncf"], queries.read_significance(connection)) == (
        "On ncf-ml-1m neumf_pretrain is level with eals in HR@10 (0.6770 against 0.7056, difference "
        "−0.0286, p = 0.080, adjusted); its own variants: gmf (0.6737), mlp (0.6703) and neumf (0.6888); "
        "ease (0.7543), which the paper does not compare, is ahead of it."
    )


def test_a_papers_own_variants_are_no_rivals(table_of):
    """Mult-DAE is the same paper's; where it alone is ahead, the lead over the baselines holds."""
    table = table_of("mult_vae", "demo")
    tests = rows_of(
        "mult_vae", "demo", table.metrics[0], "mult_vae_pr", mult_dae=(-0.02, 0.001), slim=(0.01, 0.001)
    )
    lead = lead_of(table, PAPERS["mult_vae"], tests)
    assert (lead.relation, lead.rival) == ("ahead of", "slim") and "mult_dae" in lead.variants


def test_simulated_data_and_unequal_models_give_no_sentence(table_of, connection):
    tests, about = queries.read_significance(connection), PAPERS["ncf"]
    table = table_of("ncf", "ncf-ml-1m")
    simulated = lead_of(replace(table, simulated=True), about, tests)
    assert simulated == Unjudged("ncf-ml-1m", ("ncf",), ())
    rows = tuple(replace(row, seeds=1) if row.model == "eals" else row for row in table.rows)
    unjudged = lead_of(replace(table, rows=rows), about, tests)
    assert isinstance(unjudged, Unjudged) and [lack.topic for lack in unjudged.lacks] == ["seeds"]


@pytest.mark.parametrize(
    ("difference", "p", "standing"),
    [(0.01, 0.02, "ahead of"), (-0.01, 0.02, "behind"), (0.01, 0.05, "level with")],
)
def test_three_outcomes(table_of, difference, p, standing):
    table = table_of("mult_vae", "demo")
    tests = rows_of("mult_vae", "demo", table.metrics[0], "mult_vae_pr", slim=(difference, p))
    sentence = sentence_of(table, PAPERS["mult_vae"], tests)
    assert sentence.startswith(f"On demo mult_vae_pr is {standing} slim in NDCG@100 (")
    assert "adjusted); its own variants: mult_dae (" in sentence


def test_where_low_is_good_a_negative_difference_is_a_lead(made, fair):
    about = PAPERS["cf_nade"]
    rows = made.metrics.query("dataset == 'demo' and paper == 'benchmark' and metric == 'mpr'")
    rows = rows[rows["model"].isin(["wmf", "item_pop"])]
    lead = rows.head(1).assign(model="implicit_cf_nade", value=0.05)
    measured = pd.concat([rows, lead]).assign(paper="cf_nade", protocol=about.protocol, seeds=1)
    table = fair(result_table(measured, "cf_nade", "demo", about=about))
    tests = rows_of("cf_nade", "demo", "mpr", "implicit_cf_nade", wmf=(-0.2, 0.01), item_pop=(-0.3, 0.01))
    sentence = sentence_of(table, about, tests)
    assert "implicit_cf_nade is ahead of wmf in MPR (0.0500 against" in sentence
    assert "item_pop" not in sentence
    worse = rows_of("cf_nade", "demo", "mpr", "implicit_cf_nade", wmf=(0.1, 0.01), item_pop=(0.1, 0.01))
    assert "is behind wmf" in sentence_of(table, about, worse)
    assert "item_pop" in sentence_of(table, about, worse)


def test_nothing_is_said_without_a_claim_or_a_test(table_of, connection):
    significance = queries.read_significance(connection)
    assert sentence_of(table_of("benchmark", "demo"), PAPERS["benchmark"], significance) == ""
    assert sentence_of(table_of("mult_vae", "demo"), PAPERS["mult_vae"], significance) == ""
    assert sentence_of(table_of("ncf", "demo"), None, significance) == ""
