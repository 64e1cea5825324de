"""The papers' published numbers, and what became of each.

claims.csv holds every number that a paper publishes, anchors.csv what independent re-evaluations
reached. A claim is compared with a measured value only where protocol, model and metric are the
same; `recall@20` (of at most min(20, n)) and `recall_plain@20` (of n) are different metrics.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from recdag.evaluation.metrics import ALL_USERS, known_metric, larger_is_better
from recdag.papers.catalogue import PAPERS
from recdag.recommenders.catalogue import MODELS
from recdag.recommenders.variants import settings_of

REPRODUCED, HIGHER, LOWER = "reproduced", "higher", "lower"
NOT_RUN, NOT_COMPARABLE = "not_run", "not_comparable"
VERDICTS = (REPRODUCED, HIGHER, LOWER, NOT_COMPARABLE, NOT_RUN)

COLUMNS = [
    "paper",
    "source",
    "dataset",
    "model",
    "variant",
    "metric",
    "published",
    "reproduced",
    "difference",
    "tolerance",
    "verdict",
    "reason",
]

STANDS_FOR: dict[tuple[str, str], str] = {("ncf-ml-1m", "leave_one_out"): "ml-1m"}
"""(our data set, protocol) -> the paper's data set; every other data set stands for itself."""

_OF_STUDIES = {"speedup": 3.2}
"""Tolerances of what studies measure and that is no metric of a ranking."""

DATA_NOTES = {
    "tv-watch": "the watch counts of a TV service are private data and were never published",
    "taobao": "the authors' sample of Taobao's users is not published, and the full data need a sign-in",
    "amazon-food": "the Amazon fine food reviews need a sign-in and have to be placed by hand",
    "netflix": "the Netflix Prize data have to be placed by hand",
    "msd": "the Million Song Dataset's taste profiles have to be placed by hand",
    "douban": "the Douban ratings have to be placed by hand",
}

_ROUNDING = 1e-9
_VARIANT_ALIASES = {("mult_dae", "I-200-I"): ""}
_MOST_NAMED = 3
_Names = Mapping[tuple[str, str], str]
_METRIC_NOTES = {
    "train_hours": (NOT_COMPARABLE, "hours on the authors' machine; our training times stand in the tables"),
    "speedup": (NOT_RUN, "measured by a study: recdag run --dataset ml-1m --study fawmf/strategies"),
}


def load_claims() -> pd.DataFrame:
    """Every published number: paper, source, dataset, protocol, model, variant, metric, value, std_err."""
    return _read("claims.csv")


def load_anchors() -> pd.DataFrame:
    """Independent results that were read in the publication itself: dataset, protocol, model, metric, value,
    source, verified."""
    anchors = _read("anchors.csv")
    return anchors[anchors["verified"] == "yes"].reset_index(drop=True)


def tolerance(metric: str) -> float | None:
    """Differences that another seed, split or library version can make; None where none is stated.

    A claim has two combined standard errors where those are larger.
    """
    ours = known_metric(metric)
    return ours.tolerance if ours else _OF_STUDIES.get(metric)


def _read(name: str) -> pd.DataFrame:
    table = pd.read_csv(Path(__file__).with_name(name), dtype=str, keep_default_na=False)
    numeric = table.columns.intersection(["value", "std_err"])
    return table.assign(**{column: pd.to_numeric(table[column]) for column in numeric})


def compare(
    claims: pd.DataFrame,
    metrics: pd.DataFrame,
    stands_for: Mapping[tuple[str, str], str] = STANDS_FOR,
) -> pd.DataFrame:
    """Every claim with its verdict, as rows of the published `claims` table.

    Rows of the claim's own paper go before those of another paper with the same protocol, a data set
    named in `stands_for` before the original, and the row with the fewest settings beyond the claim's
    variant before others, a paper's comparison before its studies. Values of several seeds are
    averaged. Rows whose epoch was chosen on the test set (`selection` = as_published) never decide.

    Args:
        claims: as from `load_claims`.
        metrics: rows of the published `metrics` table.
        stands_for: (our data set, protocol) -> the data set of the paper that it stands for.
    """
    of_all = metrics[metrics["users"] == ALL_USERS]
    rows = of_all[of_all["selection"].fillna("") != "as_published"]
    rows = rows.assign(
        stands_for=[
            stands_for.get(key, key[0]) for key in zip(rows["dataset"], rows["protocol"], strict=True)
        ],
        variant=rows["variant"].fillna(""),
    )
    measured = {key: group for key, group in rows.groupby(["stands_for", "protocol", "model", "metric"])}
    names = {(paper_set, protocol): ours for (ours, protocol), paper_set in stands_for.items()}
    verdicts = [_verdict(claim, measured, rows, names) for _, claim in claims.iterrows()]
    table = pd.DataFrame(verdicts, columns=COLUMNS)
    numeric = ["published", "reproduced", "difference", "tolerance"]
    return table.astype(dict.fromkeys(numeric, "float64"))


def _verdict(
    claim: pd.Series,
    measured: Mapping[tuple[Any, ...], pd.DataFrame],
    rows: pd.DataFrame,
    names: _Names,
) -> dict[str, object]:
    base = {name: claim[name] for name in ("paper", "source", "dataset", "model", "variant", "metric")}
    base |= {"published": claim["value"], "reproduced": math.nan, "difference": math.nan}
    usual = tolerance(claim["metric"])
    base["tolerance"] = math.nan if usual is None else usual
    candidates = measured.get((claim["dataset"], claim["protocol"], claim["model"], claim["metric"]))
    row = None if candidates is None else _best_match(claim, candidates, names)
    if row is None:
        verdict, reason = _why_not(claim, candidates, rows, names)
        return base | {"verdict": verdict, "reason": reason}

    difference = row["value"] - claim["value"]
    errors = [error for error in (claim["std_err"], row["std_err"]) if error == error]
    allowed = max(usual or 0.0, 2 * math.hypot(*errors))
    verdict = REPRODUCED if abs(difference) <= allowed + _ROUNDING else HIGHER if difference > 0 else LOWER
    return base | {
        "reproduced": row["value"],
        "difference": difference,
        "tolerance": allowed,
        "verdict": verdict,
        "reason": _measured_as(claim, row),
    }


def _best_match(claim: pd.Series, candidates: pd.DataFrame, names: _Names) -> pd.Series | None:
    wanted = settings_of(_VARIANT_ALIASES.get((claim["model"], claim["variant"]), claim["variant"]))
    settings = candidates["variant"].map(settings_of)
    fitting = candidates[[wanted <= each for each in settings]]
    if fitting.empty:
        return None
    stand_in = names.get((claim["dataset"], claim["protocol"]), claim["dataset"])
    ranked = fitting.assign(
        study=fitting["study"].fillna(""),
        other_paper=fitting["paper"] != claim["paper"],
        original=fitting["dataset"] != stand_in,
        extra=[len(each - wanted) for each in settings[fitting.index]],
    ).sort_values(["other_paper", "original", "extra", "study", "created_at"], kind="stable")
    first = ranked.iloc[0]
    run = ["dataset", "paper", "study", "variant"]
    seeds = ranked[(ranked[run] == first[run]).all(axis=1)]
    return first.copy() if len(seeds) == 1 else _mean_of_seeds(first, seeds)


def _mean_of_seeds(first: pd.Series, seeds: pd.DataFrame) -> pd.Series:
    averaged = first.copy()
    averaged["value"], averaged["std_err"] = seeds["value"].mean(), seeds["std_err"].mean()
    return averaged


def _measured_as(claim: pd.Series, row: pd.Series) -> str:
    notes = []
    if row["dataset"] != claim["dataset"]:
        notes.append(f"measured on {row['dataset']}")
    if row["paper"] != claim["paper"]:
        notes.append(f"from the runs of {row['paper']}")
    if row["variant"] and row["variant"] != claim["variant"]:
        notes.append(f"our run has {row['variant']}")
    if not larger_is_better(claim["metric"]):
        notes.append("lower is better")
    return "; ".join(notes)


def _why_not(
    claim: pd.Series,
    candidates: pd.DataFrame | None,
    rows: pd.DataFrame,
    names: _Names,
) -> tuple[str, str]:
    model, metric = claim["model"], claim["metric"]
    if metric in _METRIC_NOTES:
        return _METRIC_NOTES[metric]
    if candidates is not None:
        have = sorted(v or "the recipe's" for v in set(candidates["variant"]))
        others = ", ".join(have) if len(have) <= _MOST_NAMED else f"{len(have)} others"
        return NOT_RUN, f"{claim['variant']} has not been run; run so far: {others}"

    of_protocol = rows[(rows["stands_for"] == claim["dataset"]) & (rows["protocol"] == claim["protocol"])]
    of_model = of_protocol[of_protocol["model"] == model]
    if not of_model.empty:
        measured = ", ".join(sorted(set(of_model["metric"])))
        return NOT_COMPARABLE, f"{metric} was not measured under this protocol, only {measured}"
    reasons = []
    if model not in MODELS:
        reasons.append(f"the model {model} is not built in")
    if of_protocol.empty and claim["dataset"] in DATA_NOTES:
        reasons.append(DATA_NOTES[claim["dataset"]])
    return NOT_RUN, "; ".join(reasons) or _how_to_run(claim, names)


def _how_to_run(claim: pd.Series, names: _Names) -> str:
    dataset = names.get((claim["dataset"], claim["protocol"]), claim["dataset"])
    own = PAPERS[claim["paper"]]
    running = [
        paper.id
        for paper in (own, *PAPERS.values())
        if paper.protocol == claim["protocol"] and claim["model"] in paper.nodes
    ]
    if not running:
        return f"no paper here runs {claim['model']} under {claim['protocol']}"
    return f"not run yet: recdag run --dataset {dataset} --paper {running[0]}"
