import csv
from pathlib import Path

import pytest

from recdag.errors import ConfigError
from recdag.papers import catalogue
from recdag.papers.catalogue import PAPERS, paper
from recdag.recommenders.catalogue import MODELS


def test_every_paper_names_models_that_can_be_trained():
    assert set(PAPERS) >= {"ncf", "mult_vae", "cf_nade", "multi_feedback", "fawmf", "benchmark"}
    for each in PAPERS.values():
        assert set(each.nodes) <= set(MODELS), each.id
        assert len(set(each.nodes)) == len(each.nodes), each.id
        assert each.metrics and each.summary and each.claim_sentence


def test_the_benchmark_holds_models_of_every_kind():
    nodes = set(PAPERS["benchmark"].nodes)
    assert nodes <= set(MODELS) and {"item_pop", "ease", "wmf", "neumf", "mult_vae_pr"} <= nodes


def test_a_paper_leads_with_metrics_that_it_published():
    shipped = Path(catalogue.__file__).with_name("claims.csv")
    with shipped.open(encoding="utf-8") as file:
        published = {(row["paper"], row["protocol"], row["metric"]) for row in csv.DictReader(file)}
    for each in PAPERS.values():
        if each.id != "benchmark":
            assert {(each.id, each.protocol, metric) for metric in each.metrics} <= published, each.id


def test_models_of_a_paper_are_its_own():
    shipped = Path(catalogue.__file__).with_name("claims.csv")
    with shipped.open(encoding="utf-8") as file:
        published = {(row["paper"], row["model"]) for row in csv.DictReader(file)}
    drawn_only = {("ncf", name) for name in ("gmf", "item_pop", "item_knn", "bpr", "eals")}
    drawn_only |= {("multi_feedback", part) for part in ("mf", "mmlp")}
    for each in PAPERS.values():
        if each.id != "benchmark":
            assert {(each.id, name) for name in each.models} <= published | drawn_only
            assert not {(each.id, name) for name in each.references} & (published | drawn_only) - {
                ("mult_vae", "mult_dae")
            }


def test_an_unknown_paper_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="multi_feedback"):
        paper("nfc")


def test_a_paper_proposes_its_lead_and_compares_it_with_baselines():
    for each in PAPERS.values():
        assert set(each.proposed) < set(each.models), each.id
        assert set(each.baselines) == set(each.models) - set(each.proposed), each.id
        roles = {model: each.role(model) for model in each.nodes}
        assert {model for model, role in roles.items() if role == "reference"} == set(each.references)
        assert {model for model, role in roles.items() if role == "baseline"} == set(each.baselines)
        if each.id != "benchmark":
            assert each.lead in each.proposed, each.id
    assert PAPERS["ncf"].role("item_pop") == "baseline"
    assert "mult_dae" not in PAPERS["mult_vae"].baselines
    assert PAPERS["benchmark"].lead == "" and PAPERS["benchmark"].role("neumf") == "proposed"


def test_every_paper_has_a_study_over_the_seeds_of_its_models_that_draw_at_random():
    for each in PAPERS.values():
        assert set(each.study("seeds").axes["models"]) == {
            name for name in each.models if MODELS[name].random
        }
        assert each.study("seeds").metrics[0] == each.metrics[0], each.id
