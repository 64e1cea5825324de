"""Opening a trained model for recommendations, and writing those for everybody."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np

from recdag.errors import ConfigError, RecdagError
from recdag.graph.model_folder import Card, load_trained, read_ids
from recdag.graph.project import Project
from recdag.graph.shared_splits import split_asset
from recdag.papers import catalogue
from recdag.serving.service import TOP, Keys, Service
from recdag.warehouse.lookups import user_keys
from recdag.warehouse.matrix_tables import read_csr
from recdag.warehouse.provenance import find


def find_card(project: Project, dataset: str, name: str) -> Card:
    """What is known of the trained model <paper>/<model>.

    Raises:
        RecdagError: no such paper or model, or it has not been trained on this data set.
    """
    project.dataset(dataset)
    paper, model = catalogue.model(name)
    card = Card.read(project.trained(dataset, paper.id, model))
    if card is None:
        raise RecdagError(f"{name} has not been trained on {dataset!r}", cure=_training(dataset, name))
    return card


def open_service(project: Project, dataset: str, name: str) -> Service:
    """A trained model by <paper>/<model>, ready to recommend; the first fold where there are several.

    Raises:
        RecdagError: no such paper or model, or it has not been trained on this data set as it is now.
    """
    from recdag.training.device import choose_device

    card = find_card(project, dataset, name)
    folder = project.trained(dataset, card.paper, card.model)
    with project.warehouse.reading(dataset) as connection:
        split = find(connection, split_asset(card.protocol))
        if split is None or split.data_version != card.split_version:
            raise RecdagError(
                f"{name} was trained on another state of {dataset!r}", cure=_training(dataset, name)
            )
        keys, positives = _read_keys(connection), read_csr(connection, "binarized")
    users, items = read_ids(folder, 0)
    recommender = load_trained(folder, card, 0, choose_device())
    return Service(name, recommender, users, items, keys, positives[:, items])


def _training(dataset: str, name: str) -> str:
    return f"Train it: recdag run --dataset {dataset} --select +{name}"


def write_recommendations(service: Service, path: Path, top: int = TOP) -> int:
    """Write everybody's top list to a .parquet or .csv file; returns the number of rows.

    Raises:
        ConfigError: a file name with another ending.
    """
    import pandas as pd

    if path.suffix not in (".parquet", ".csv"):
        raise ConfigError(f"{path.name} is neither .parquet nor .csv", cure="Choose one of these endings")
    table = pd.concat(service.for_everybody(top), ignore_index=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path, index=False)
    return len(table)


def _read_keys(connection: duckdb.DuckDBPyConnection) -> Keys:
    items = connection.execute("select item_key, title from items order by item_id").fetchall()
    item_keys, titles = np.array(items, dtype=object).T
    return Keys(user_keys(connection), item_keys, titles)
