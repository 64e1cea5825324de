import csv
import math
from pathlib import Path

import pandas as pd
import pytest

from recdag.papers import claims as module
from recdag.papers.claims import COLUMNS, VERDICTS, compare, load_anchors, load_claims, tolerance


def claim(**given):
    row = {
        "paper": "ncf", "source": "Table 2", "dataset": "ml-1m", "protocol": "leave_one_out",
        "model": "neumf", "variant": "factors=8", "metric": "hr@10", "value": 0.688, "std_err": math.nan,
    }  # fmt: skip
    return pd.DataFrame([row | given])


def measured(*rows):
    base = {
        "dataset": "ncf-ml-1m", "paper": "ncf", "protocol": "leave_one_out", "model": "neumf",
        "variant": "factors=8,layers=3", "study": None, "metric": "hr@10", "value": 0.69, "std_err": 0.006,
        "users": "all", "seed": 0, "selection": "validation", "created_at": pd.Timestamp("2026-11-01"),
    }  # fmt: skip
    return pd.DataFrame([base | row for row in rows], columns=list(base))


def one(claims, metrics, **options):
    table = compare(claims, metrics, **options)
    assert list(table.columns) == COLUMNS and len(table) == 1
    return table.iloc[0]


def test_every_published_number_is_read_as_it_stands():
    claims = load_claims()
    with Path(module.__file__).with_name("claims.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(claims) == len(rows) >= 317
    assert list(claims["value"]) == [float(row["value"]) for row in rows]
    assert (claims["variant"] == "").sum() == sum(row["variant"] == "" for row in rows)
    assert claims["std_err"].isna().sum() == sum(row["std_err"] == "" for row in rows)


def test_every_metric_with_a_claim_has_a_tolerance_or_a_reason():
    for metric in set(load_claims()["metric"]):
        assert tolerance(metric) is not None or metric in module._METRIC_NOTES


def test_anchors_from_memory_are_left_out():
    assert (load_anchors()["verified"] == "yes").all()
    assert 0 < len(load_anchors()) < len(module._read("anchors.csv"))


def test_with_nothing_run_every_claim_says_why():
    table = compare(load_claims(), measured())
    assert len(table) == len(load_claims())
    assert set(table["verdict"]) == {"not_run", "not_comparable"}
    assert set(table["verdict"]) <= set(VERDICTS)
    assert (table["reason"].str.len() > 10).all()
    assert table["reproduced"].isna().all() and table["difference"].isna().all()
    private = table[table["dataset"] == "tv-watch"]
    assert private["reason"].str.contains("private").all()
    slim = table[(table["model"] == "slim") & (table["dataset"] == "ml-20m")]
    assert slim["reason"].str.contains("recdag run --dataset ml-20m").all() and len(slim) == 3
    ncf = table[(table["paper"] == "ncf") & (table["dataset"] == "ml-1m")]
    assert ncf["reason"].str.endswith("recdag run --dataset ncf-ml-1m --paper ncf").all()


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(0.688, "reproduced"), (0.70, "reproduced"), (0.6999, "reproduced"), (0.71, "higher"), (0.66, "lower")],
)
def test_verdict_by_difference(value, verdict):
    row = one(claim(), measured({"value": value}))
    assert row["verdict"] == verdict
    assert row["difference"] == pytest.approx(value - 0.688)
    assert row["tolerance"] == pytest.approx(0.012)  # two standard errors of .006


def test_tolerance_combines_both_standard_errors():
    row = one(claim(std_err=0.008), measured({"std_err": 0.006}))
    assert row["tolerance"] == pytest.approx(0.02)
    assert one(claim(), measured({"std_err": math.nan}))["tolerance"] == pytest.approx(0.01)


def test_a_stand_in_counts_only_under_its_protocol():
    five_fold = claim(
        paper="fawmf", protocol="five_fold_cv", model="wmf", variant="", metric="recall_plain@5"
    )
    rows = measured(
        {"paper": "fawmf", "protocol": "five_fold_cv", "model": "wmf", "metric": "recall_plain@5"}
    )
    assert one(five_fold, rows)["verdict"] == "not_run"
    assert one(five_fold, rows.assign(dataset="ml-1m"))["verdict"] != "not_run"


def test_the_stand_in_goes_before_a_split_of_our_own():
    rows = measured({"value": 0.5, "dataset": "ml-1m"}, {"value": 0.69})
    row = one(claim(), rows)
    assert row["reproduced"] == 0.69 and "measured on ncf-ml-1m" in row["reason"]
    assert one(claim(), rows[:1])["reproduced"] == 0.5


def test_a_claims_settings_are_a_subset_of_the_rows():
    rows = measured(
        {"variant": "factors=8,layers=3,negatives=4", "value": 0.1},
        {"variant": "factors=8,layers=3", "value": 0.69},
        {"variant": "factors=16,layers=3", "value": 0.2},
    )
    assert one(claim(), rows)["reproduced"] == 0.69
    assert one(claim(variant="factors=16"), rows)["reproduced"] == 0.2
    assert one(claim(variant="negatives=4"), rows)["reproduced"] == 0.1
    missing = one(claim(variant="factors=64"), rows)
    assert missing["verdict"] == "not_run" and "factors=16,layers=3" in missing["reason"]


def test_the_recipes_run_answers_a_claim_without_variant_and_is_named():
    row = one(claim(variant=""), measured({"variant": "factors=8,layers=3"}))
    assert row["reproduced"] == 0.69 and "our run has factors=8,layers=3" in row["reason"]


def test_rows_of_the_same_paper_go_first_then_those_of_another():
    table_3 = claim(paper="mult_vae", source="Table 3", model="mult_dae", variant="I-200-I", value=0.722)
    from_ncf = {"model": "mult_dae", "variant": "", "value": 0.72}
    row = one(table_3, measured(from_ncf))
    assert row["verdict"] == "reproduced" and "from the runs of ncf" in row["reason"]
    both = measured(from_ncf, from_ncf | {"paper": "mult_vae", "value": 0.6})
    assert one(table_3, both)["reproduced"] == 0.6


def test_numbers_selected_on_the_test_set_never_decide():
    rows = measured({"selection": "as_published"})
    assert one(claim(), rows)["verdict"] == "not_run"


def test_seeds_are_averaged():
    row = one(claim(), measured({"value": 0.68}, {"value": 0.70, "seed": 1}))
    assert row["reproduced"] == pytest.approx(0.69)


def test_recall_variants_are_never_mixed():
    of_vae = claim(
        paper="mult_vae", dataset="ml-20m", protocol="strong_generalization", model="wmf",
        variant="", metric="recall@20", value=0.36,
    )  # fmt: skip
    other = {"paper": "mult_vae", "dataset": "ml-20m", "protocol": "strong_generalization", "model": "wmf"}
    row = one(of_vae, measured(other | {"metric": "recall_plain@20"}))
    assert row["verdict"] == "not_comparable" and "recall_plain@20" in row["reason"]
    assert math.isnan(row["reproduced"])


def test_times_are_not_compared():
    table = compare(load_claims(), measured())
    hours, speedup = (table[table["metric"] == name] for name in ("train_hours", "speedup"))
    assert set(hours["verdict"]) == {"not_comparable"} and set(speedup["verdict"]) == {"not_run"}


def test_lower_is_better_is_said():
    mpr = claim(paper="cf_nade", protocol="holdout_10pct", model="wmf", variant="alpha=100", metric="mpr")
    rows = measured(
        {"paper": "cf_nade", "protocol": "holdout_10pct", "model": "wmf", "metric": "mpr",
         "dataset": "ml-1m", "variant": "alpha=100,factors=256", "value": 0.9}
    )  # fmt: skip
    row = one(mpr, rows)
    assert row["verdict"] == "higher" and "lower is better" in row["reason"]
