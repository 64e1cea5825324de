"""recdag in a notebook: a data set, its split, a model fitted and measured, the published tables.

`import recdag` gives `load`, `fit`, `evaluate` and `sql`; Dagster is not needed. The first three work in
memory and write nothing, except that `load(..., download=True)` keeps what it fetches in `<home>/data/raw`.
`sql` reads what runs have published under the home folder, which is that of the command (`recdag.settings`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from duckdb import DuckDBPyConnection

from recdag.datasets.entry import Dataset
from recdag.datasets.file_search import FoundFiles, fetch, find_files, search_folders, to_be_placed
from recdag.datasets.formats import stage
from recdag.datasets.import_hints import Wishes
from recdag.datasets.proposing import LogFile, propose
from recdag.datasets.questions import Unanswered
from recdag.errors import ConfigError, DataError, NotMade
from recdag.evaluation.experiment import evaluate as evaluate_fold
from recdag.evaluation.experiment import run_experiment
from recdag.evaluation.protocols import Protocol, ProtocolOptions, PublishedSplit, build_splits, protocol
from recdag.evaluation.protocols.requirements import require_held_out
from recdag.evaluation.split import Interactions, Split
from recdag.evaluation.summary import pool_folds, summarise
from recdag.graph.project import Project
from recdag.recommenders.base import Query, Recommender
from recdag.recommenders.catalogue import model_spec
from recdag.recommenders.config import Config
from recdag.suggest import names_known
from recdag.training.device import choose_device
from recdag.training.options import FitOptions, History, Scorer
from recdag.warehouse.events import write_events
from recdag.warehouse.interactions import write_interactions
from recdag.warehouse.lookups import item_keys, query_error, user_keys
from recdag.warehouse.matrix_tables import read_interactions, write_binarized
from recdag.warehouse.split_tables import read_published_split


@dataclass(frozen=True)
class Data:
    """The positive interactions of a data set, with what protocols are told of it.

    Attributes:
        name: that of the catalogue entry or the file; "frame" of a data frame.
        interactions: pairs of 0-based ids; places in `users` and `items`.
        users: (n_users,) the users' own keys, text.
        items: (n_items,) the items' own keys, text.
        options: protocol -> its options for this data set.
        published: the split that came with the files; None where none did.
    """

    name: str
    interactions: Interactions
    users: np.ndarray
    items: np.ndarray
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    published: PublishedSplit | None = None

    def split(self, name: str, **options: Any) -> DataSplit:
        """The data under a protocol, `leave_one_out` for example: the same split that a run would make.

        Args:
            options: that go before the data set's own; fields of `ProtocolOptions`, such as `seed` or
                `min_user`.

        Raises:
            ConfigError: no protocol is called so, or it has no such option.
            NotApplicable: the data do not allow it, for too few users have enough items.
        """
        rules, given = protocol(name), {**self.options.get(name, {}), **options}
        published = self.published if given.pop("published", False) else None
        chosen = replace(ProtocolOptions.from_mapping(given), published=published)
        assignment = rules.assign(self.interactions, chosen)
        require_held_out(assignment)
        return DataSplit(self, rules, tuple(build_splits(self.interactions, assignment)))


@dataclass(frozen=True)
class DataSplit:
    """A data set under a protocol.

    Attributes:
        folds: one, but for cross-validation; matrices to learn from and users to measure on.
    """

    data: Data
    protocol: Protocol
    folds: tuple[Split, ...]


@dataclass(frozen=True)
class FittedModel:
    """A model fitted on every fold of a split.

    Attributes:
        config: the hyperparameters.
        folds: the fitted recommender of each fold.
        histories: the learning curve of each fold, and what was chosen on validation.
        seconds: of all fits, validation included.
    """

    name: str
    config: Config
    split: DataSplit
    folds: tuple[Recommender[Any], ...]
    histories: tuple[History, ...]
    seconds: float

    def score(self, users: Sequence[object], fold: int = 0) -> pd.DataFrame:
        """Scores of all items, larger is better; what a user has already is scored like the rest.

        Args:
            users: B keys of training users.
            fold: which of the fitted models.

        Returns:
            (B, m) float32, a row a user and a column an item, by their keys.

        Raises:
            DataError: a user is not among those of training.
        """
        split, data = self.split.folds[fold], self.split.data
        places = {key: place for place, key in enumerate(data.users[split.user_ids])}
        if strange := [user for user in users if str(user) not in places]:
            raise DataError(
                f"{strange[0]!r} is no user whom the model has learned from",
                where=data.name,
                cure=f"There are {len(places)}, such as {next(iter(places))!r}: "
                "split.data.users[split.folds[0].user_ids]",
            )
        rows = np.array([places[str(user)] for user in users], dtype=np.int64)
        history = (split.train_and_validation or split.train).positives[rows]
        scores = self.folds[fold].score(Query(rows, history)).cpu().numpy()
        return pd.DataFrame(scores, index=list(users), columns=data.items[split.item_ids])


def load(data: str | Path | pd.DataFrame, *, download: bool = False, **hints: Any) -> Data:
    """A data set of the catalogue, a file or a data frame, read as a run would read it.

    A file (CSV, TSV or Parquet, text also gzipped) and a frame have a row an event; columns are found by
    their names, as `recdag datasets add` finds them: user, item, perhaps behaviour, rating or count, time.

    Args:
        data: a name of `recdag datasets list`, the path of a file, or a frame.
        download: fetch the files of a data set that are not at hand, into `<home>/data/raw`.
        hints: what the file does not tell, as options of `recdag datasets add`: `user="visitor"`,
            `rating="stars"`, `threshold=4`.

    Raises:
        ConfigError: nothing is called so, or there is no such hint.
        DataError: the files are away, or a row cannot be read; says which, and the cure.
    """
    if strange := hints.keys() - {each.name for each in fields(Wishes)}:
        known = names_known(min(strange), [each.name for each in fields(Wishes)])
        raise ConfigError(f"there is no hint {min(strange)!r}", cure=known)
    if isinstance(data, pd.DataFrame):
        with tempfile.TemporaryDirectory() as folder:
            data.to_parquet(path := Path(folder, "frame.parquet"), index=False)
            return _read(*_described(path, hints))
    project = Project.open()
    if str(data) in {*project.catalogue, *project.catalogue.damaged}:
        return _read(*_of_catalogue(project, str(data), download))
    if not (path := Path(data).expanduser()).is_file():
        raise ConfigError(
            f"{str(data)!r} is neither a data set nor a file", cure=names_known(str(data), project.catalogue)
        )
    return _read(*_described(path, hints))


def fit(
    model: str, split: DataSplit, *, seed: int = 0, recipe: str | None = None, **hyperparameters: Any
) -> FittedModel:
    """Fit a model on every fold, as a run does: its epoch is chosen on validation, then it learns from both.

    Args:
        model: a name of `recdag models`, "ease" for example.
        seed: of every random draw.
        recipe: the paper whose recipe gives the values; None: the model's own defaults.
        hyperparameters: that go before both.

    Raises:
        ConfigError: no model or paper is called so, or a hyperparameter cannot have its value.
        TrainingError: the model could not be trained.
    """
    spec = model_spec(model)
    if recipe is None:
        config = spec.config(**hyperparameters)
    else:
        config = Project.open().recipe(recipe).config(model, split.data.name, hyperparameters)
    options = FitOptions(seed=seed, device=choose_device())
    runs = [run_experiment(spec, config, fold, split.protocol, options) for fold in split.folds]
    return FittedModel(
        name=model,
        config=config,
        split=split,
        folds=tuple(run.model for run in runs),
        histories=tuple(run.history for run in runs),
        seconds=sum(run.seconds for run in runs),
    )


def evaluate(
    model: FittedModel | Scorer | Sequence[Scorer], split: DataSplit, metrics: Iterable[str] | None = None
) -> pd.DataFrame:
    """Metrics on the test users of a split, means over its folds.

    Args:
        model: as from `fit`, or a recommender of one's own, one for each fold.
        metrics: the protocol's own by default; "recall@20" for example.

    Returns:
        A row a metric, its name the index: value, std_err, ci_low, ci_high (95 %, bootstrap), n_users. The
        columns are those of the published table `metrics`.

    Raises:
        ConfigError: a name is no metric, or there is not a model for each fold.
    """
    names = list(split.protocol.metrics if metrics is None else metrics)
    models = model.folds if isinstance(model, FittedModel) else model
    models = models if isinstance(models, Sequence) else (models,)
    if len(models) != len(split.folds):
        raise ConfigError(
            f"{len(models)} models for {len(split.folds)} folds", cure="Give one for each of split.folds"
        )
    measured = [evaluate_fold(each, fold.test, names) for each, fold in zip(models, split.folds, strict=True)]
    summaries = summarise(pool_folds(measured))
    rows = pd.DataFrame([vars(summaries[name]) for name in names], index=pd.Index(names, name="metric"))
    return rows.assign(n_users=rows["n_users"].astype(int))


def sql(query: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
    """Ask the published tables of the home folder, read-only; also while a run is at work.

    Args:
        query: SQL of DuckDB: "from metrics where dataset = ?".
        parameters: the values of its question marks.

    Raises:
        NotMade: no run has published anything.
        RecdagError: the query cannot be answered.
    """
    project = Project.open()
    if not project.settings.published.exists():
        raise NotMade(
            "no run has published anything",
            where=str(project.settings.published),
            cure="Run one, recdag run --dataset demo, or set RECDAG_HOME to the folder of another",
        )
    with project.published.reading() as connection:
        connection.execute("set enable_external_access = false; set lock_configuration = true")
        try:
            return connection.execute(query, list(parameters)).df()
        except duckdb.Error as error:
            raise query_error(error) from error


def _of_catalogue(project: Project, name: str, download: bool) -> tuple[Dataset, FoundFiles]:
    """A catalogue entry and its files."""
    dataset, data_dir = project.dataset(name), project.settings.data
    if found := find_files(dataset, search_folders(data_dir)):
        return dataset, found
    if download:
        return dataset, fetch(dataset, data_dir / "raw")
    if dataset.download:
        raise DataError(
            "its files are not at hand",
            where=name,
            cure=f"recdag.load({name!r}, download=True) fetches them into {data_dir / 'raw'}",
        )
    raise to_be_placed(dataset, data_dir / "raw")


def _described(path: Path, hints: Mapping[str, Any]) -> tuple[Dataset, FoundFiles]:
    """A catalogue entry for a file, found out from what is in it."""
    try:
        proposal = propose([LogFile(path)], Wishes(**hints))
    except Unanswered as error:
        problems = "; ".join(question.problem for question in error.questions)
        answers = ", ".join(
            f"{question.field}={question.guess or question.choices[0]!r}" for question in error.questions
        )
        raise DataError(problems, where=str(path), cure=f"Say so: recdag.load(..., {answers})") from error
    return proposal.dataset, proposal.found


def _read(dataset: Dataset, files: FoundFiles) -> Data:
    """The positives in the files, by way of a database in memory."""
    with _in_memory() as connection:
        report = stage(connection, dataset, files)
        write_events(connection, dataset)
        write_interactions(connection, dataset)
        write_binarized(connection, dataset)
        unvalued = () if report.has_value else ("min_value",)
        return Data(
            name=dataset.name,
            interactions=read_interactions(connection, dataset),
            users=user_keys(connection),
            items=item_keys(connection),
            options={
                str(name): {key: value for key, value in own.items() if key not in unvalued}
                for name, own in dataset.protocols.items()
            },
            published=read_published_split(connection),
        )


@contextmanager
def _in_memory() -> Iterator[DuckDBPyConnection]:
    """A connection to a database in memory, which puts what does not fit into a temporary folder."""
    with tempfile.TemporaryDirectory() as spill, duckdb.connect() as connection:
        connection.execute("set temp_directory = ?", [spill])
        yield connection
