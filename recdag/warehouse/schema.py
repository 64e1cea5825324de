"""The published tables: the contract with everyone who queries data/recdag.duckdb."""

from __future__ import annotations

from recdag.evaluation.metrics import ALL_USERS, METRICS
from recdag.warehouse import provenance

_TEXT, _WHOLE, _NUMBER, _TIME = "VARCHAR", "BIGINT", "DOUBLE", "TIMESTAMP"


def _texts(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, _TEXT)


_BUDGET = {"budget_trials": _WHOLE, "budget_seconds": _NUMBER}
"""Of the search for hyperparameters; NULL in both: the recipe's values."""

SCHEMA: dict[str, dict[str, str]] = {
    "datasets": {
        **_texts("dataset", "title", "licence"),
        "users": _WHOLE,
        "items": _WHOLE,
        "interactions": _WHOLE,
        "density": _NUMBER,
        "behaviours": _TEXT,
        "has_time": "BOOLEAN",
        "sha256": _TEXT,
        "loaded_at": _TIME,
        "simulated": "BOOLEAN",
    },
    "metrics": {
        # study is NULL in the paper's own comparison
        **_texts("dataset", "paper", "study", "protocol", "model", "variant", "metric", "users"),
        **dict.fromkeys(("value", "std_err", "ci_low", "ci_high"), _NUMBER),
        "n_users": _WHOLE,
        "seed": _WHOLE,
        "selection": _TEXT,
        "train_seconds": _NUMBER,
        "peak_memory_mb": _NUMBER,
        **_texts("device", "code_version", "data_version", "run_id"),
        "created_at": _TIME,
        **_BUDGET,
    },
    "user_metrics": {
        **_texts("dataset", "paper", "protocol", "model", "variant"),
        "fold": "SMALLINT",
        **_texts("user_key", "metric"),
        "value": "FLOAT",
    },
    "significance": {
        **_texts("dataset", "paper", "protocol", "metric", "model_a", "model_b"),
        # p_value is the t-test's, p_adjusted the same by Holm's method, p_wilcoxon the signed-rank test's
        **dict.fromkeys(("difference", "ci_low", "ci_high"), _NUMBER),
        **dict.fromkeys(("p_value", "p_adjusted", "p_wilcoxon"), _NUMBER),
        "n_users": _WHOLE,
    },
    "claims": {
        **_texts("paper", "source", "dataset", "model", "variant", "metric"),
        **dict.fromkeys(("published", "reproduced", "difference", "tolerance"), _NUMBER),
        **_texts("verdict", "reason"),
    },
    "training_history": {
        **_texts("dataset", "paper", "model", "variant"),
        "fold": "SMALLINT",
        "phase": _TEXT,
        "epoch": "INTEGER",
        "step": _WHOLE,
        "name": _TEXT,
        "value": _NUMBER,
        "seconds": _NUMBER,
    },
    "trials": {
        # hyperparameters are JSON, those of the search alone; validation is in the metric's own direction
        **_texts("dataset", "paper", "protocol", "model"),
        "trial": "INTEGER",
        **_texts("state", "hyperparameters", "metric"),
        "validation": _NUMBER,
        "epochs": "INTEGER",
        "seconds": _NUMBER,
        **_BUDGET,
        "created_at": _TIME,
    },
    "studies": {
        # beside: the series that this one is compared with; NULL where statistic tells of one alone
        **_texts("dataset", "paper", "study", "kind", "x_name"),
        "x": _NUMBER,
        **_texts("series", "beside", "metric", "statistic", "users"),
        "value": _NUMBER,
        "std_err": _NUMBER,
    },
    "recipes": {
        # values as JSON
        **_texts("dataset", "paper", "model", "variant", "hyperparameter", "value", "source", "origin"),
    },
    "trainings": {
        # sizes are those of the first fold; chosen and environment are JSON
        **_texts("dataset", "paper", "protocol", "model", "variant"),
        "seed": _WHOLE,
        "folds": "SMALLINT",
        "chosen": _TEXT,
        **dict.fromkeys(("train_users", "train_items", "train_interactions"), _WHOLE),
        **dict.fromkeys(("validation_users", "test_users", "test_interactions"), _WHOLE),
        **_texts("environment", "run_id"),
        # NULL where a model has no such number, or does not learn by epochs
        "factors": _WHOLE,
        "epoch": "INTEGER",
        "epochs_allowed": "INTEGER",
        "stopped_by_bound": "BOOLEAN",
    },
    "recommendations": {
        **_texts("dataset", "paper", "model", "user_key"),
        "rank": "SMALLINT",
        **_texts("item_key", "title"),
        "score": "FLOAT",
    },
    "skipped": {
        # model is NULL where all of the paper is skipped
        **_texts("dataset", "paper", "model", "skipped"),
    },
    "provenance": {"dataset": _TEXT, **provenance.COLUMNS},
}

DEFAULTS = {"users": ALL_USERS}
"""Column -> its value in rows that say nothing of it."""

_LOWER_IS_BETTER = ", ".join(f"'{name}'" for name, each in METRICS.items() if not each.larger_is_better)

VIEWS: dict[str, str] = {
    "leaderboard": f"""
        select dataset, paper, metric,
               rank() over (
                   partition by dataset, paper, metric
                   order by case when split_part(metric, '@', 1) in ({_LOWER_IS_BETTER}) then value
                                 else -value end
               ) as place,
               model, variant, value, std_err, n_users, budget_trials, budget_seconds,
               train_seconds
        from metrics
        where study is null and selection = 'validation' and users = '{ALL_USERS}'
        order by dataset, paper, metric, place
    """
}

KEYS: dict[str, tuple[str, ...]] = {
    "datasets": ("dataset",),
    "metrics": ("dataset", "paper", "study", "protocol", "model", "variant", "metric", "users", "seed"),
    "significance": ("dataset", "paper", "metric", "model_a", "model_b"),
    "claims": ("paper", "source", "dataset", "model", "variant", "metric"),
    "training_history": ("dataset", "paper", "model", "fold", "phase", "epoch", "step", "name"),
    "trials": ("dataset", "paper", "model", "trial"),
    "studies": (
        *("dataset", "paper", "study", "x_name", "x", "series"),
        *("beside", "metric", "statistic", "users"),
    ),
    "recipes": ("dataset", "paper", "model", "hyperparameter"),
    "trainings": ("dataset", "paper", "model"),
    "skipped": ("dataset", "paper", "model"),
    "provenance": ("dataset", "asset"),
}
"""The columns that tell the rows of a table apart; the two tables with rows of single users are too
large to be looked through again and again."""
