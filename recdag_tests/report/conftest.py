"""A published file as runs would leave it: two data sets, three papers, made-up numbers."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from recdag.papers.catalogue import PAPERS
from recdag.papers.claims import STANDS_FOR, compare, load_anchors, load_claims
from recdag.recipes.budget import Budget
from recdag.recommenders.catalogue import MODELS
from recdag.report.tables import Training
from recdag.warehouse.published import PublishedDatabase

RUNS = (
    ("ncf", "ncf-ml-1m", 6040),
    ("ncf", "demo", 1900),
    ("mult_vae", "demo", 400),
    ("benchmark", "demo", 1950),
)
QUALITY = {
    "item_pop": 0.25, "item_knn": 0.39, "ease": 0.449, "wmf": 0.438, "bpr": 0.373, "mult_dae": 0.446,
    "mult_vae_pr": 0.444, "gmf": 0.401, "mlp": 0.399, "neumf": 0.41, "neumf_pretrain": 0.403,
    "eals": 0.42, "exmf": 0.41, "fawmf": 0.43, "implicit_cf_nade": 0.3,
    "implicit_cf_nade_normalised": 0.31, "mf": 0.39, "mmlp": 0.38,
    "mf_mmlp": 0.4, "mfpr": 0.41, "gaussian_vae_pr": 0.43, "gaussian_dae": 0.432, "logistic_vae_pr": 0.428,
    "logistic_dae": 0.427, "slim": 0.434, "cdae": 0.436, "met": 0.3, }  # fmt: skip
SECONDS = {
    "item_pop": 0.004, "item_knn": 0.6, "ease": 1.2, "wmf": 9.0, "bpr": 31.0, "mult_dae": 95.0,
    "mult_vae_pr": 240.0, "gmf": 210.0, "mlp": 480.0, "neumf": 640.0, "neumf_pretrain": 4100.0,
    "eals": 5.0, "exmf": 25.0, "fawmf": 17.0, "implicit_cf_nade": 50.0,
    "implicit_cf_nade_normalised": 80.0, "mf": 3.0, "mmlp": 4.0,
    "mf_mmlp": 6.0, "mfpr": 5.0, "gaussian_vae_pr": 230.0, "gaussian_dae": 90.0, "logistic_vae_pr": 235.0,
    "logistic_dae": 92.0, "slim": 6.0, "cdae": 70.0, "met": 0.4, }  # fmt: skip
SCALE = {"hr@10": 1.68, "ndcg@10": 1.0, "ndcg@100": 0.95, "recall@20": 0.9, "recall@50": 1.2, "mpr": 0.2}


@dataclass(frozen=True)
class Made:
    path: Path
    metrics: pd.DataFrame
    claims: pd.DataFrame


def _metrics():
    rows = []
    for paper, dataset, n_users in RUNS:
        about = PAPERS[paper]
        for model in about.nodes:
            for metric in about.metrics:
                value = QUALITY[model] * SCALE.get(metric, 0.7) * (1 if dataset == "ncf-ml-1m" else 0.6)
                row = {
                    "dataset": dataset, "paper": paper, "study": None, "protocol": about.protocol,
                    "model": model,
                    "variant": "factors=8,layers=3" if "neumf" in model or model == "mlp" else "",
                    "metric": metric, "value": 0.31 - value if metric == "mpr" else value,
                    "std_err": np.nan if metric.startswith("coverage") else 0.4 / n_users**0.5,
                    "n_users": n_users,
                    "seed": 0, "selection": "validation", "train_seconds": SECONDS[model],
                    "peak_memory_mb": 300 + SECONDS[model], "device": "cpu", "code_version": "3f9a12bc77d0",
                    "data_version": "8d0c5e21aa34", "run_id": f"{paper}-{dataset}-run",
                    "created_at": pd.Timestamp("2026-11-20 14:05"),
                    "users": "all",
                    "budget_trials": 3 if (paper, model) == ("benchmark", "wmf") else None,
                    "budget_seconds": None,
                }  # fmt: skip
                rows.append(row)
                if model == "neumf" and dataset == "ncf-ml-1m":
                    test = row["value"] + 0.03
                    rows.append(row | {"value": test, "selection": "as_published"})
                    later = {"created_at": pd.Timestamp("2026-11-20 18:40")}
                    wider = {"variant": "factors=16,layers=3", "value": row["value"] + 0.01}
                    rows.append(row | wider | later)
                if model == "gmf" and dataset == "demo":
                    rows.append(row | {"seed": 1, "value": row["value"] + 0.002})
    return pd.DataFrame(rows)


def _history():
    rows = []
    for paper, dataset, _ in RUNS:
        for model in PAPERS[paper].nodes:
            if not MODELS[model].learns_by_epochs:
                continue
            variant = "factors=8,layers=3" if "neumf" in model or model == "mlp" else ""
            epochs = np.arange(1, 15 + 5 * (model == "bpr"))
            base = {"dataset": dataset, "paper": paper, "model": model, "variant": variant, "fold": 0}
            for epoch in epochs:
                at = {"epoch": epoch, "step": epoch, "seconds": float(epoch)}
                quality = QUALITY[model] * (1 - 0.6 * np.exp(-epoch / 4))
                rows.append(base | at | {"name": "loss", "value": 0.2 + 0.5 * np.exp(-epoch / 5)})
                rows.append(base | at | {"name": "validation", "value": quality})
    return pd.DataFrame(rows)


def _datasets():
    return pd.DataFrame(
        {
            "dataset": ["demo", "ncf-ml-1m", "empty"],
            "title": ["Simulated shop", "MovieLens-1M, NCF", "None"],
            "licence": ["none needed", "research <use> only", ""], "users": [1950, 6040, 0],
            "items": [796, 3706, 0], "interactions": [61000, 1_000_209, 0], "density": [0.039, 0.0447, 0.0],
            "behaviours": ["view, favourite, cart, purchase", "rating", ""], "has_time": [True, True, False],
            "sha256": ["a", "b", "c"], "loaded_at": [pd.Timestamp("2026-11-20")] * 3,
            "simulated": [True, False, False],
        }
    )  # fmt: skip


def _significance():
    pair = {
        "dataset": "ncf-ml-1m", "paper": "ncf", "protocol": "leave_one_out", "metric": "hr@10",
        "difference": 0.005, "ci_low": -0.002, "ci_high": 0.01, "p_value": 0.2, "n_users": 6040,
    }  # fmt: skip
    lead = pair | {"model_a": "neumf_pretrain"}
    return pd.DataFrame(
        [
            pair | {"model_a": "ease", "model_b": "mult_dae", "p_adjusted": 0.4},
            pair | {"model_a": "ease", "model_b": "wmf", "p_adjusted": 0.01},
            pair
            | {"model_a": "neumf_pretrain", "model_b": "eals", "p_adjusted": 0.08, "difference": -0.0286},
            lead | {"model_b": "bpr", "p_adjusted": 0.001, "difference": 0.0504},
            lead | {"model_b": "wmf", "p_adjusted": 0.4, "difference": -0.0588},
            lead | {"model_b": "ease", "p_adjusted": 0.0, "difference": -0.0773},
            *_on_one_split(),
        ]
    )


def _on_one_split():
    common = {
        "dataset": "demo", "paper": "benchmark", "protocol": "user_holdout", "metric": "ndcg@20",
        "ci_low": -0.1, "ci_high": 0.1, "p_value": 0.01, "n_users": 1950,
    }  # fmt: skip
    tests = (
        ("implicit_cf_nade", "wmf", 0.02, 0.001),
        ("implicit_cf_nade", "ease", -0.03, 0.001),
        ("fawmf", "exmf", 0.01, 0.03),
        ("fawmf", "wmf", -0.002, 0.7),
        ("neumf_pretrain", "item_pop", 0.1, 0.0),
        ("neumf_pretrain", "eals", -0.012, 0.004),
        ("neumf_pretrain", "gmf", 0.001, 0.9),
    )
    names = ("model_a", "model_b", "difference", "p_adjusted")
    return [common | dict(zip(names, each, strict=True)) for each in tests]


def _recipes():
    where = {"dataset": "ncf-ml-1m", "paper": "ncf", "model": "neumf", "variant": "factors=8,layers=3"}
    values = (
        ("factors", "8", "paper, section 4.1 | text", "paper"),
        ("hidden", "[32, 16, 8]", "repository", "paper"),
        ("patience", "null", "as quick as can be", "ours"),
    )
    names = ("hyperparameter", "value", "source", "origin")
    return pd.DataFrame([where | dict(zip(names, each, strict=True)) for each in values])


def _trainings():
    """Of NCF on ml-1m: its own models with 8 factors, the others with 64, bpr stopped by its bound."""
    common = {
        "dataset": "ncf-ml-1m", "paper": "ncf", "protocol": "leave_one_out", "seed": 0, "folds": 1,
        "chosen": '{"epochs": 3}', "train_users": 6040, "train_items": 3706, "train_interactions": 988129,
        "validation_users": 6040, "test_users": 6040, "test_interactions": 6040,
        "environment": '{"python": "3.11.9", "torch": "2.13.0"}', "run_id": "ncf-ncf-ml-1m-run",
    }  # fmt: skip
    rows = []
    for model in PAPERS["ncf"].models:
        by_epochs, own = MODELS[model].learns_by_epochs, model in PAPERS["ncf"].proposed
        row = {"model": model, "variant": "factors=8,layers=3" if "neumf" in model or model == "mlp" else ""}
        if by_epochs:
            epoch = 20 if model == "bpr" else 3
            row |= {"factors": 8 if own else 64, "epoch": epoch, "epochs_allowed": 20}
            row["stopped_by_bound"] = model == "bpr"
        rows.append(common | row)
    counts = dict.fromkeys(("factors", "epoch", "epochs_allowed"), "Int64")
    return pd.DataFrame(rows).astype({**counts, "stopped_by_bound": "boolean"})


def _trials():
    where = {"dataset": "demo", "paper": "benchmark", "protocol": "user_holdout", "metric": "ndcg@20"}
    tried = (
        ("wmf", 1, "complete", 0.14, {"l2": 0.007, "factors": 16}),
        ("wmf", 2, "pruned", 0.2, {"l2": 0.5, "factors": 8}),
        ("wmf", 3, "complete", 0.15, {"l2": 0.0123456789, "factors": 32}),
        ("bpr", 1, "failed", None, {"factors": 16}),
    )
    names = ("model", "trial", "state", "validation", "hyperparameters")
    rows = [where | dict(zip(names, each, strict=True)) for each in tried]
    return pd.DataFrame(rows).assign(
        hyperparameters=lambda frame: frame["hyperparameters"].map(json.dumps), seconds=2.0, budget_trials=3
    )


def _on_validation():
    """wmf below item_pop, bpr far below ease."""
    for model, value in (("ease", 0.2), ("bpr", 0.14), ("item_pop", 0.1), ("wmf", 0.09)):
        yield {"series": model, "statistic": "on validation", "value": value}
        for other, reached in (("item_pop", 0.1), ("ease", 0.2)):
            if model != other:
                yield {"series": model, "beside": other, "statistic": "ratio", "value": value / reached}


def _studies():
    where = {"dataset": "demo", "paper": "benchmark", "metric": "ndcg@20"}
    seeds = where | {"study": "seeds", "kind": "seeds", "series": "wmf"}
    return pd.DataFrame(
        [
            seeds | {"statistic": "mean", "value": 0.21, "std_err": 0.004},
            seeds | {"statistic": "seed deviation", "value": 0.0011},
            *(where | {"study": "defaults", "kind": "defaults"} | each for each in _on_validation()),
        ]
    )


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("published") / "recdag.duckdb"
    metrics = _metrics()
    claims = compare(load_claims(), metrics, STANDS_FOR)
    tables = {
        "datasets": _datasets(), "metrics": metrics, "claims": claims,
        "significance": _significance(), "training_history": _history(),
        "recipes": _recipes(), "trainings": _trainings(), "trials": _trials(), "studies": _studies(),
    }  # fmt: skip
    with PublishedDatabase(path).update() as connection:
        for name, frame in tables.items():
            connection.register("new_rows", frame)
            connection.execute(f"INSERT INTO {name} BY NAME SELECT * FROM new_rows")
            connection.unregister("new_rows")
    return Made(path, metrics, claims)


@pytest.fixture(scope="session")
def fair():
    """Makes of a table one whose models were all trained alike, on real data."""

    def alike(table):
        training = Training(factors=64, epoch=5, epochs_allowed=20, stopped_by_bound=False)
        rows = tuple(replace(row, training=training, budget=Budget(trials=20), seeds=3) for row in table.rows)
        return replace(table, rows=rows, simulated=False)

    return alike


@pytest.fixture
def connection(made):
    with duckdb.connect(str(made.path), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def anchors():
    return load_anchors()
