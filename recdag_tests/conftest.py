"""A small project in a folder of its own: data set `tiny`, every paper, recipes of few epochs."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from filelock import FileLock

from recdag.graph.assets import graph, make
from recdag.graph.project import Project
from recdag.graph.shared_splits import split_asset
from recdag.papers.catalogue import PAPERS
from recdag.recommenders.catalogue import MODELS

TABLES = ("raw_files", "events", "interactions", "binarized", "relative_rating")
N_USERS, N_ITEMS = 60, 40
TINY = {
    "name": "tiny",
    "title": "A shop with two tastes",
    "licence": "made up for tests",
    "format": "table",
    "files": {"events": "events.csv"},
    "columns": {"user": "user", "item": "item", "behaviour": "action", "time": "time"},
    "target": "buy",
    "supportive": ["click"],
}
SMALL = {
    "epochs": 2, "gmf_epochs": 2, "mlp_epochs": 2, "factors": 4, "hidden": [8], "batch_size": 64,
    "pretrain_batch_size": 64,
}  # fmt: skip


def tiny_events(seed: int = 0) -> str:
    """A CSV in which users of either taste click and buy mostly one half of the items."""
    rng = np.random.default_rng(seed)
    lines = ["user,item,action,time"]
    for user in range(N_USERS):
        liked = np.arange(N_ITEMS // 2) + (user % 2) * (N_ITEMS // 2)
        other = np.setdiff1d(np.arange(N_ITEMS), liked)
        chosen = np.concatenate([rng.choice(liked, 9, replace=False), rng.choice(other, 2, replace=False)])
        for minute, item in enumerate(rng.permutation(chosen)):
            time = 1_700_000_000 + 86_400 * user + 60 * minute
            lines += [f"u{user},i{item},click,{time}"] * int(rng.integers(1, 3))
            lines += [f"u{user},i{item},buy,{time + 30}"] * int(rng.integers(1, 4))
    return "\n".join(lines) + "\n"


def small_recipe(paper: str) -> dict[str, object]:
    """A recipe with few epochs and factors for every model of a paper."""
    models = {}
    for name in PAPERS[paper].nodes:
        known = MODELS[name].config.model_fields
        models[name] = {
            key: {"value": value, "source": "ours: small"} for key, value in SMALL.items() if key in known
        }
    return {"paper": paper, "models": models}


def make_home(folder: Path) -> Path:
    """Fill a home folder with the data set `tiny` and small recipes."""
    raw = folder / "data" / "raw" / "tiny"
    added = folder / "data" / "added"
    recipes = folder / "models" / "recipes"
    for each in (raw, added, recipes):
        each.mkdir(parents=True)
    (raw / "events.csv").write_text(tiny_events())
    (added / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    for paper in PAPERS:
        (recipes / f"{paper}.yaml").write_text(yaml.safe_dump(small_recipe(paper)))
    return folder


@pytest.fixture(scope="session", autouse=True)
def nothing_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test sees the data sets, recipes, files, device or history of who runs it."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RECDAG_HOME", str(tmp_path_factory.mktemp("empty_home")))
        environment.setenv("RECDAG_DEVICE", "cpu")
        for name in ("RECDAG_DATA_DIR", "DAGSTER_HOME"):
            environment.delenv(name, raising=False)
        yield


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh home folder that the environment points at."""
    folder = make_home(tmp_path / "home")
    monkeypatch.setenv("RECDAG_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path, Callable[[], object]], None]:
    """made_once(name, folder, make): fills a folder by `make`, or with a copy of what filled it elsewhere.

    Processes that share the tests share the copies.
    """
    of_this_process = tmp_path_factory.getbasetemp()
    shared = of_this_process.parent if "PYTEST_XDIST_WORKER" in os.environ else of_this_process
    kept = shared / "made_once"
    kept.mkdir(exist_ok=True)

    def made_once(name: str, folder: Path, make: Callable[[], object]) -> None:
        with FileLock(kept / f"{name}.lock"):
            if (kept / name).exists():
                shutil.copytree(kept / name, folder, dirs_exist_ok=True)
            else:
                make()
                shutil.copytree(folder, kept / name)

    return made_once


@pytest.fixture
def prepare(home: Path, made_once: Callable[..., None]) -> Callable[..., Project]:
    """Makes every table of a data set before training, with the splits named; gives the project.

    What another test has made of an equal home is copied. The steps are asked all the same, and find
    unchanged what is.
    """

    def prepare(*protocols: str, dataset: str = "tiny") -> Project:
        project = Project.open()

        def ask() -> None:
            make(project, dataset, *TABLES, *map(split_asset, protocols))

        made_once("-".join((state_of_home(home), dataset, *protocols)), home / "data", ask)
        ask()
        return project

    return prepare


@pytest.fixture
def finished(home: Path, made_once: Callable[..., None]) -> Path:
    """A home of its own in which everything but the large studies has been made of `tiny`."""

    def make_all() -> None:
        project = Project.open()
        make(project, "tiny", *(name for name, step in graph(project).items() if not step.large))

    made_once("finished", home, make_all)
    return home


def state_of_home(folder: Path) -> str:
    """A hash of all that a home folder holds."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    contents = [f"{path.relative_to(folder)} {path.read_bytes().hex()}" for path in files]
    return hashlib.sha256("\n".join(contents).encode()).hexdigest()[:16]
