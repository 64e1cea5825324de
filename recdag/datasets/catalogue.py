"""The catalogue: the entries of all data sets, one YAML file each."""

from __future__ import annotations

import reprlib
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from recdag.datasets.entry import Columns, Dataset, Download, Expected, Source
from recdag.errors import DataError
from recdag.suggest import did_you_mean

_DATASET = TypeAdapter(Dataset)
_SHORTLY = reprlib.Repr()
_SHORTLY.maxstring = _SHORTLY.maxother = _SHORTLY.maxlong = 80
_ALL_KEYS = sorted({f.name for cls in (Dataset, Source, Columns, Download, Expected) for f in fields(cls)})


class Catalogue(Mapping[str, Dataset]):
    """The data sets by name.

    Attributes:
        damaged: data set -> what is wrong with its entry; none of them is among the data sets.
    """

    def __init__(self, datasets: Mapping[str, Dataset], damaged: Mapping[str, DataError]) -> None:
        self._datasets, self.damaged = dict(datasets), dict(damaged)

    def __getitem__(self, name: str) -> Dataset:
        return self._datasets[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._datasets)

    def __len__(self) -> int:
        return len(self._datasets)


class _Loader(yaml.SafeLoader):
    """Plain values only, and no key of a mapping twice: YAML itself takes the last one silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"`{key.value}` is there twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def load_dataset(path: Path) -> Dataset:
    """Read one catalogue entry, the file <name>.yaml.

    Raises:
        DataError: not readable, not YAML, an unknown key, a missing or wrong value, another name than
            that of the file.
    """
    content = _read(path)
    if not isinstance(content, dict):
        raise DataError(
            "A catalogue entry has to be a mapping of fields",
            where=str(path),
            cure="Begin with `name:`, `title:`, `licence:` and `format:`.",
        )
    dataset = dataset_from(content, path)
    if dataset.name != path.stem:
        raise DataError(
            f"The entry is called {dataset.name}, its file is not",
            where=str(path),
            cure=f"Rename the file to {dataset.name}.yaml, or write `name: {path.stem}`.",
        )
    return dataset


def _read(path: Path) -> Any:
    try:
        if not path.is_file():
            raise DataError("The catalogue entry is not a file", where=str(path), cure="Remove it.")
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except OSError as error:
        raise DataError(
            f"The catalogue entry cannot be read ({error.strerror})",
            where=str(path),
            cure="See to the rights of the file.",
        ) from error
    except RecursionError as error:
        raise DataError(
            "The entry is nested too deep", where=str(path), cure="Write it as a mapping of fields."
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        detail = f" ({problem})" if problem else ""
        raise DataError(f"This is not valid YAML{detail}", where=where, cure="Correct the line.") from error


def dataset_from(content: Mapping[str, Any], path: Path) -> Dataset:
    """The entry that the fields of a YAML file make; see `load_dataset`."""
    if strange := next((key for key in content if not isinstance(key, str)), None):
        raise DataError(
            f"Unknown field {_SHORTLY.repr(strange)}", where=str(path), cure="Correct or remove it."
        )
    try:
        return _DATASET.validate_python(content)
    except ValidationError as error:
        raise _explain(path, error) from error


def load_catalogue(folders: Sequence[Path]) -> Catalogue:
    """All catalogue entries of the folders; of two with one name the first folder's counts.

    What is wrong with an entry concerns its data set alone, which has the name of the file. Hidden files
    are none.
    """
    datasets: dict[str, Dataset] = {}
    damaged: dict[str, DataError] = {}
    for folder in folders:
        earlier = {*datasets, *damaged}
        for path in sorted((*folder.glob("*.yaml"), *folder.glob("*.yml"))):
            if (name := path.stem) in earlier or name.startswith("."):
                continue
            if name in datasets or name in damaged:
                datasets.pop(name, None)
                damaged[name] = DataError(
                    f"There are two entries, {name}.yaml and {name}.yml",
                    where=str(path),
                    cure="Remove one of them.",
                )
                continue
            try:
                datasets[name] = load_dataset(path)
            except DataError as error:
                damaged[name] = error
    return Catalogue(datasets, damaged)


def _explain(path: Path, error: ValidationError) -> DataError:
    first = error.errors(include_url=False)[0]
    location = [str(part) for part in first["loc"]]
    name = ".".join(location)
    if first["type"] == "unexpected_keyword_argument":
        return DataError(
            f"Unknown field {name}{did_you_mean(location[-1], _ALL_KEYS)}",
            where=str(path),
            cure="Correct or remove it.",
        )
    if first["type"] in ("missing", "missing_argument"):
        return DataError(f"The field {name} is missing", where=str(path), cure=f"Add `{location[-1]}:`.")
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "value_error":
        return DataError(
            f"{name}: {message}" if name else message, where=str(path), cure="Correct the entry."
        )
    return DataError(
        f"The field {name} has a value that cannot be used, {_SHORTLY.repr(first['input'])}",
        where=str(path),
        cure=f"{message}.",
    )
