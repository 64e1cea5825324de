"""The folder of a trained model: weights, learning curve, recipe as used, card.

The folder is written beside its place and moved there, so that it is whole or absent.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from recdag.errors import RecdagError
from recdag.evaluation.metrics import larger_is_better, metric_title
from recdag.evaluation.protocols import PROTOCOLS
from recdag.files import write_whole
from recdag.graph.training_request import SET_FOR_RUN
from recdag.plots.learning_curve import learning_curve
from recdag.recipes.budget import Budget
from recdag.recipes.origins import RUN
from recdag.recommenders.catalogue import model_spec

if TYPE_CHECKING:
    import torch

    from recdag.evaluation.experiment import Experiment, Selection
    from recdag.evaluation.split import Split
    from recdag.recommenders.base import Recommender

CARD = "card.json"
PICTURE = "learning_curve.png"


@dataclass(frozen=True)
class Card:
    """What is known of a trained model without loading it.

    Attributes:
        sources: hyperparameter -> where its value is from; origins: whose it is, of those in `request`.
        budget: of the search behind the configuration; None: there was no search.
    """

    key: str
    data_version: str
    dataset: str
    paper: str
    protocol: str
    model: str
    variant: str
    config: dict[str, Any]
    sources: dict[str, str]
    selected: dict[str, Any]
    selection: Selection
    seed: int
    folds: int
    train_seconds: float
    peak_memory_mb: float
    device: str
    code_version: str
    split_version: str
    run_id: str
    environment: dict[str, str] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    budget: Budget | None = None

    def summary(self) -> dict[str, Any]:
        """What a person wants to know of the training; the rest identifies it."""
        silent = {"key", "data_version", "code_version", "split_version", "run_id"}
        fields = {name: value for name, value in asdict(self).items() if name not in silent}
        return fields | {"budget": str(self.budget) if self.budget else None}

    @classmethod
    def read(cls, folder: Path) -> Card | None:
        """The card in `folder`, or None where no model has been trained.

        Raises:
            RecdagError: the card is damaged.
        """
        path = folder / CARD
        if not path.exists():
            return None
        try:
            return cls(**_card_fields(json.loads(path.read_text())))
        except (ValueError, TypeError) as error:
            raise RecdagError(
                f"the card of the trained model cannot be read ({error})",
                where=str(path),
                cure=_train_again(folder),
            ) from error


def _card_fields(stored: dict[str, Any]) -> dict[str, Any]:
    """A card's fields of what its file holds; cards of earlier versions are brought up to this one.

    They told a value that was set for the run by its source, and the budget of a search in words.
    """
    if "origins" not in stored:
        stored["origins"] = {name: RUN for name, source in stored["sources"].items() if source == SET_FOR_RUN}
        budget = Budget.parse(stored.pop("tuning", None) or "0")
        return {**stored, "budget": budget}
    return {**stored, "budget": Budget(**stored["budget"]) if stored["budget"] else None}


def save_trained(
    folder: Path, splits: Sequence[Split], experiments: Sequence[Experiment], card: Card
) -> Card:
    """Write weights, ids, history and card; returns the card with the data version of the weights."""
    from safetensors.numpy import save_file as save_arrays
    from safetensors.torch import save_file

    fresh = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for fold, (split, experiment) in enumerate(zip(splits, experiments, strict=True)):
        save_arrays({"users": split.user_ids, "items": split.item_ids}, fresh / f"ids-{fold}.safetensors")
        path = fresh / f"fold-{fold}.safetensors"
        state = experiment.model.parameters_state()
        save_file({name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}, path)
    history = [[asdict(row) for row in experiment.history.rows] for experiment in experiments]
    (fresh / "history.json").write_text(json.dumps(history))
    metric = PROTOCOLS[card.protocol].selection_metric
    picture = learning_curve(history[0], metric_title(metric), smaller_is_better=not larger_is_better(metric))
    if picture is not None:
        (fresh / PICTURE).write_bytes(picture)
    complete = replace(card, data_version=_weights_version(fresh, len(splits)))
    (fresh / CARD).write_text(json.dumps(asdict(complete), indent=2))
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    return complete


def _weights_version(folder: Path, folds: int) -> str:
    """Digest of the weights of all folds."""
    digest = hashlib.sha256()
    for path in (folder / f"fold-{fold}.safetensors" for fold in range(folds)):
        status = path.stat()
        digest.update(_digest(path, status.st_size, status.st_mtime_ns))
    return digest.hexdigest()[:20]


@lru_cache(maxsize=64)
def _digest(path: Path, size: int, changed: int) -> bytes:
    """SHA-256 of a file, taken once as long as it stays as it is."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _require_unchanged(folder: Path, card: Card) -> None:
    try:
        changed = _weights_version(folder, card.folds) != card.data_version
    except OSError as error:
        raise RecdagError(
            "the weights cannot be read", where=str(folder), cure=_train_again(folder)
        ) from error
    if changed:
        raise RecdagError(
            "the weights have changed since training", where=str(folder), cure=_train_again(folder)
        )


def relabel(
    folder: Path, card: Card, *, sources: dict[str, str], origins: dict[str, str], budget: Budget | None
) -> Card:
    """The card of a trained model whose values are the same, but now come from elsewhere; kept."""
    current = replace(card, sources=sources, origins=origins, budget=budget)
    if current != card:
        write_whole(json.dumps(asdict(current), indent=2), folder / CARD)
    return current


def read_ids(folder: Path, fold: int) -> tuple[np.ndarray, np.ndarray]:
    """Which ids of the data set the rows and columns of a fold's weights are: (n,) users, (m,) items.

    Raises:
        RecdagError: the file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    path = folder / f"ids-{fold}.safetensors"
    try:
        ids = load_file(path)
    except (OSError, SafetensorError) as error:
        raise RecdagError("the ids cannot be read", where=str(path), cure=_train_again(folder)) from error
    return ids["users"], ids["items"]


def read_history(folder: Path) -> list[list[dict[str, Any]]]:
    """The learning curves, one list of rows a fold.

    Raises:
        RecdagError: the file is missing or damaged.
    """
    path = folder / "history.json"
    try:
        history: list[list[dict[str, Any]]] = json.loads(path.read_text())
        return history
    except (OSError, ValueError) as error:
        raise RecdagError(
            f"the learning curve cannot be read ({error})", where=str(path), cure=_train_again(folder)
        ) from error


def load_trained(folder: Path, card: Card, fold: int, device: torch.device) -> Recommender[Any]:
    """A trained model from its folder.

    Raises:
        RecdagError: the weights are missing or damaged, not those that were trained, or another version of
            the model learned them.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    spec = model_spec(card.model)
    if card.code_version != spec.version:
        raise RecdagError(
            f"{card.paper}/{card.model} was trained by version {card.code_version} of the model, this is "
            f"version {spec.version}",
            where=str(folder),
            cure=f"Train it again: recdag run --dataset {card.dataset} --paper {card.paper}",
        )
    _require_unchanged(folder, card)
    path = folder / f"fold-{fold}.safetensors"
    model = spec.create(spec.config(**card.config), device)
    try:
        state = load_file(path, device=str(device))
    except (OSError, SafetensorError) as error:
        raise RecdagError("the weights cannot be read", where=str(path), cure=_train_again(folder)) from error
    model.load_parameters(state)
    return model


def check_trained(folder: Path, folds: int) -> list[str]:
    """What is wrong with the weights of a trained model: none, unreadable or not finite; no torch needed."""
    from safetensors import SafetensorError, safe_open

    wrong = []
    for path in (folder / f"{part}-{fold}.safetensors" for fold in range(folds) for part in ("fold", "ids")):
        try:
            with safe_open(path, framework="numpy") as file:
                strange = [name for name in file.keys() if not _is_finite(file.get_tensor(name))]  # noqa: SIM118
        except (OSError, SafetensorError) as error:
            wrong.append(f"{path} cannot be read ({error})")
        else:
            wrong += [f"{path}: {name} is not finite" for name in strange]
    return wrong


def _is_finite(values: np.ndarray) -> bool:
    # A sum is finite only where all its terms are, and needs no array of its own.
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(values.sum(dtype=np.float64)))


def _train_again(folder: Path) -> str:
    return f"Delete {folder} and run again: the model is trained anew"
