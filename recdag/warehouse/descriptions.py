"""What tables and columns of the published file mean: comments in the file, descriptions in the graph."""

from __future__ import annotations

TABLES: dict[str, str] = {
    "datasets": "A data set with its sizes.",
    "metrics": "A metric of a model on a data set, with standard error and interval.",
    "user_metrics": "A metric of a model for a single test user.",
    "significance": "Two models compared in pairs by user.",
    "claims": "A published number, the reproduced one and a verdict.",
    "training_history": "A value of a learning curve.",
    "trials": "Hyperparameters that a search tried, and how they validated.",
    "studies": "A point of a figure or table: x, series, metric, statistic, value.",
    "recipes": "A hyperparameter of a trained model, and where its value comes from.",
    "trainings": "How a model was trained: seed, sizes of its data, machine and libraries.",
    "recommendations": "An item of a user's top-N list.",
    "skipped": "A paper or a model of it that was not run, for the data or the machine did not allow it.",
    "provenance": "What every result was made from.",
    "leaderboard": "Models by metric, paper and data set, the best at place 1; sweeps left out.",
}

_COMMON = {
    "dataset": "Name of the data set in the catalogue.",
    "paper": "Paper whose comparison it is.",
    "protocol": "How data are split and candidates ranked.",
    "model": "Model, as in its asset's key.",
    "variant": "Hyperparameters that tell variants of the model apart.",
    "metric": "Metric with its cut-off.",
    "seed": "Seed of the training.",
    "fold": "Fold of the split, from 0.",
    "n_users": "Number of users measured.",
    "ci_low": "Lower end of the 95 % interval.",
    "ci_high": "Upper end of the 95 % interval.",
    "std_err": "Standard error over users.",
    "value": "What was measured.",
    "study": "Study; NULL in the paper's own comparison.",
    "user_key": "The user's key in the data.",
    "item_key": "The item's key in the data.",
    "title": "Title, where one is known.",
    "run_id": "Run of Dagster that made the row.",
    "created_at": "When it was made, in UTC.",
    "source": "Place in the paper, or where a value comes from.",
    "epoch": "Epoch, from 1.",
    "seconds": "Seconds that it took.",
    "users": "Whom it is a mean over: all, those who met their held-out item in supportive feedback (seen), "
    "or the others (unseen).",
    "budget_trials": "Trials that the search for hyperparameters was given; NULL without such a search.",
    "budget_seconds": "Seconds that the search for hyperparameters was given; NULL without such a search.",
}

_OF_TABLE: dict[str, dict[str, str]] = {
    "datasets": {
        "licence": "Terms of the data.",
        "users": "Number of users with a positive interaction.",
        "items": "Number of items with a positive interaction.",
        "interactions": "Number of pairs of user and item, all behaviours.",
        "density": "Share of the cells of users and items that is filled.",
        "behaviours": "Kinds of feedback.",
        "has_time": "Whether interactions have times.",
        "sha256": "Checksum of the files.",
        "loaded_at": "When the files were read, in UTC.",
        "simulated": "Whether the data are simulated: results on them say nothing about the papers.",
    },
    "metrics": {
        "selection": "On what the epoch was chosen.",
        "train_seconds": "Seconds of one fold, validation and final fit included.",
        "peak_memory_mb": "Most memory in use while training.",
        "device": "Device of the training.",
        "code_version": "Version of the model's code.",
        "data_version": "State of the split.",
    },
    "significance": {
        "model_a": "First model.",
        "model_b": "Second model.",
        "difference": "Mean over users of the first less the second.",
        "p_value": "Of the paired t-test.",
        "p_adjusted": "The same, adjusted for the number of comparisons by Holm's method.",
        "p_wilcoxon": "Of the signed-rank test.",
    },
    "claims": {
        "published": "The number that the paper prints.",
        "reproduced": "The number measured here; NULL where there is none.",
        "difference": "Reproduced less published.",
        "tolerance": "Largest difference that counts as reproduced.",
        "verdict": "reproduced, higher, lower, not_comparable or not_run.",
        "reason": "Why there is no comparison.",
    },
    "training_history": {
        "phase": "Part of the training.",
        "step": "Place in the history.",
        "name": "What is measured: loss, validation, or a part of the loss.",
    },
    "trials": {
        "trial": "Number of the trial, from 0: the recipe's own values.",
        "state": "complete, pruned or failed.",
        "hyperparameters": "Values that the search chose, as JSON.",
        "validation": "Best value of the metric on validation.",
        "epochs": "Epochs trained.",
    },
    "studies": {
        "x_name": "What varies.",
        "x": "Its value.",
        "kind": "Kind of the study: grid, curves, seeds, by_activity and so on, as its paper declares it.",
        "series": "Line of the figure.",
        "beside": "Series that it is compared with; NULL: none.",
        "statistic": "What the value is of the metric: mean, on validation, seed deviation, difference, "
        "p_value, ratio or share.",
    },
    "recipes": {
        "hyperparameter": "Name of the hyperparameter.",
        "value": "Its value, as JSON.",
        "origin": "Whose value it is: paper, ours, tuned (found by a search) or run (set for a run).",
    },
    "trainings": {
        "folds": "Number of folds.",
        "chosen": "Epochs chosen, as JSON.",
        "train_users": "Users of the first fold's training part.",
        "train_items": "Items of the first fold's training part.",
        "train_interactions": "Pairs of the first fold's training part.",
        "validation_users": "Users of the first fold's validation part.",
        "test_users": "Users of the first fold's test part.",
        "test_interactions": "Held-out pairs of the first fold's test part.",
        "environment": "Machine and versions of libraries, as JSON.",
        "factors": "Numbers by which a user is described; NULL where the model has no such number.",
        "epoch": "Epoch that was chosen, in the first fold; NULL without epochs.",
        "epochs_allowed": "Epochs at most, by the recipe.",
        "stopped_by_bound": "Whether an epoch chosen is the last one allowed: more might have been better.",
    },
    "recommendations": {
        "rank": "Place in the list, from 1.",
        "score": "What the model gives the item; comparable within a list alone.",
    },
    "skipped": {
        "model": "Model, as in its asset's key; NULL where all of the paper is skipped.",
        "skipped": "Why.",
    },
    "leaderboard": {"place": "Place among the models, from 1."},
}


def column(table: str, name: str) -> str | None:
    """What a column means; None where nothing is said."""
    return _OF_TABLE.get(table, {}).get(name) or _COMMON.get(name)
