"""The metrics of a paper's table recomputed by ir-measures, from exported lists.

For every model of the paper the test users' lists and held-out items are written as TREC run and qrels
files, read back and evaluated by ir-measures. Each user's values are compared with the published table
`user_metrics`, and their mean with `metrics`. Lists of 100 items give the metrics with a cut-off; lists
of all items mrr and map too. A user is left out where a held-out item has the same score as another
candidate: recdag gives tied items their mean rank, a list has to put one first. Metrics that ir-measures
does not have (mpr, mrr_sum, coverage) are not compared.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ir_measures
import numpy as np
import torch
from ir_measures import AP, RR, Measure, P, R, Success, nDCG

from recdag.errors import RecdagError
from recdag.evaluation.metrics import metric_named
from recdag.evaluation.ranking import USERS_STEP
from recdag.evaluation.split import HeldOut, Split
from recdag.graph.model_folder import Card, load_trained
from recdag.graph.project import Project
from recdag.graph.shared_splits import read_splits
from recdag.recommenders.base import Query, Recommender
from recdag.warehouse.lookups import user_keys

TOLERANCE = 1e-6
_AT_A_CUTOFF = {"recall": R, "recall_plain": R, "precision": P, "ndcg": nDCG, "hr": Success}
_OF_WHOLE_LISTS = {"mrr": RR, "map": AP}


@dataclass(frozen=True)
class Comparison:
    """One metric of one model.

    Attributes:
        published, recomputed: means over the users compared, then over folds.
        in_table: the published mean of all users.
        worst: largest difference of a user.
        users, left_out: how many were compared, and were not because of ties.
    """

    model: str
    metric: str
    published: float
    recomputed: float
    in_table: float
    worst: float
    users: int
    left_out: int

    @property
    def agrees(self) -> bool:
        means = abs(self.recomputed - self.published)
        if not self.left_out:
            means = max(means, abs(self.recomputed - self.in_table))
        return max(means, self.worst) <= TOLERANCE


def measures(metrics: tuple[str, ...], depth: int, n_items: int) -> dict[str, Measure]:
    """The metrics that lists of `depth` items determine and ir-measures has."""
    measures = {}
    for name in metrics:
        own = metric_named(name)
        if own.family in _AT_A_CUTOFF and (own.cutoff <= depth or depth >= n_items):
            measures[name] = _AT_A_CUTOFF[own.family] @ own.cutoff
        elif own.family in _OF_WHOLE_LISTS and depth >= n_items:
            measures[name] = _OF_WHOLE_LISTS[own.family]
    return measures


def export(
    model: Recommender[Any], split: Split, depth: int, run: Path, qrels: Path
) -> tuple[dict[str, int], set[str]]:
    """Append the lists and held-out items of a fold's test users to two files.

    Returns:
        query id -> number of held-out items, and the query ids with tied held-out items.
    """
    held_out, sizes, tied = split.test, {}, set()
    with run.open("a") as lists, qrels.open("a") as targets:
        for rows, scores in _scored(model, held_out):
            for row, values in zip(rows, scores, strict=True):
                query = f"{split.fold}:{held_out.user_ids[row]}"
                wanted = held_out.target[[row]].indices
                sizes[query] = len(wanted)
                ordered = np.sort(values)
                equal = np.searchsorted(ordered, values[wanted], "right") - np.searchsorted(
                    ordered, values[wanted]
                )
                if (equal > 1).any():
                    tied.add(query)
                best = np.argsort(-values, kind="stable")[:depth]
                best = best[np.isfinite(values[best])]
                lists.writelines(
                    f"{query} Q0 {item} {place} {len(best) - place} recdag\n"
                    for place, item in enumerate(best)
                )
                targets.writelines(f"{query} 0 {item} 1\n" for item in wanted)
    return sizes, tied


def _scored(model: Recommender[Any], held_out: HeldOut) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows of test users and their scores, -inf for what is not a candidate."""
    step = 4 * USERS_STEP
    for start in range(0, len(held_out), step):
        rows = np.arange(start, min(start + step, len(held_out)))
        padded = np.minimum(np.arange(start, start + -(-len(rows) // USERS_STEP) * USERS_STEP), rows[-1])
        with torch.no_grad():
            query = Query(held_out.users[padded], held_out.history[padded])
            scores = np.array(model.score(query).float().cpu())[: len(rows)]
        if held_out.candidates is None:
            scores[held_out.history[rows].nonzero()] = -np.inf
        else:
            candidates = held_out.candidates[rows]
            allowed = np.zeros(scores.shape, bool)
            place = np.nonzero(candidates >= 0)
            allowed[place[0], candidates[place]] = True
            scores[~allowed] = -np.inf
        yield rows, scores


def compare(project: Project, dataset: str, card: Card, depth: int, folder: Path) -> list[Comparison]:
    """All metrics of one trained model that can be recomputed."""
    splits = read_splits(project, dataset, card.protocol)
    n_items = max(len(split.item_ids) for split in splits)
    with project.warehouse.reading(dataset) as connection:
        keys = user_keys(connection)
    with project.published.reading() as connection:
        values = connection.execute(
            "select fold, user_key, metric, value from user_metrics"
            " where dataset = ? and paper = ? and model = ? and variant = ?",
            [dataset, card.paper, card.model, card.variant],
        ).fetchall()
        means = dict(
            connection.execute(
                "select metric, value from metrics where dataset = ? and paper = ? and model = ?"
                " and variant = ? and study is null and users = 'all'",
                [dataset, card.paper, card.model, card.variant],
            ).fetchall()
        )
    wanted = measures(tuple(means), min(depth or n_items, n_items), n_items)
    run, qrels = folder / f"{card.model}.run", folder / f"{card.model}.qrels"
    sizes: dict[str, int] = {}
    tied: set[str] = set()
    trained = project.trained(dataset, card.paper, card.model)
    for split in splits:
        model = load_trained(trained, card, split.fold, torch.device("cpu"))
        of_fold, tied_of_fold = export(model, split, depth or n_items, run, qrels)
        sizes |= of_fold
        tied |= tied_of_fold
    ids = {key: number for number, key in enumerate(keys)}
    published = {(metric, f"{fold}:{ids[user]}"): value for fold, user, metric, value in values}
    recomputed = ir_measures.iter_calc(
        list(wanted.values()),
        list(ir_measures.read_trec_qrels(str(qrels))),
        list(ir_measures.read_trec_run(str(run))),
    )
    by_measure: dict[str, dict[str, float]] = {}
    for each in recomputed:
        by_measure.setdefault(str(each.measure), {})[each.query_id] = each.value
    return [
        _compared(card.model, name, by_measure[str(measure)], published, means[name], sizes, tied)
        for name, measure in wanted.items()
    ]


def _compared(
    model: str,
    metric: str,
    values: dict[str, float],
    published: dict[tuple[str, str], float],
    in_table: float,
    sizes: dict[str, int],
    tied: set[str],
) -> Comparison:
    own = metric_named(metric)
    queries = [query for query in sizes if query not in tied]
    theirs = np.array([values[query] for query in queries])
    if own.family == "recall":
        held_out = np.array([sizes[query] for query in queries])
        theirs = theirs * held_out / np.minimum(held_out, own.cutoff)
    ours = np.array([published[metric, query] for query in queries])
    worst = float(np.abs(theirs - ours).max(initial=0))
    folds = np.array([query.split(":")[0] for query in queries])
    published_mean, recomputed_mean = (
        float(np.mean([each[folds == fold].mean() for fold in np.unique(folds)])) for each in (ours, theirs)
    )
    return Comparison(
        model, metric, published_mean, recomputed_mean, in_table, worst, len(queries), len(tied)
    )


def compare_paper(
    project: Project, dataset: str, paper: str, models: Sequence[str], depth: int, lists: Path | None = None
) -> Iterator[Comparison]:
    """Recompute the trained models of a paper, one after the other.

    Args:
        depth: length of the lists; 0: all items.
        lists: keep the run and qrels files in this folder.

    Raises:
        RecdagError: none of the models has been trained on this data set.
    """
    cards = [Card.read(project.trained(dataset, paper, model)) for model in models]
    trained = [card for card in cards if card is not None]
    if not trained:
        raise RecdagError(
            f"nothing of {paper} has been trained on {dataset!r}",
            cure=f"Train it first: recdag run --dataset {dataset} --paper {paper}",
        )
    with tempfile.TemporaryDirectory() as passing:
        folder = lists or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        for card in trained:
            for end in ("run", "qrels"):
                (folder / f"{card.model}.{end}").unlink(missing_ok=True)
            yield from compare(project, dataset, card, depth, folder)
