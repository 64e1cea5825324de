"""The catalogue: the entries of all data sets, one YAML file each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from recdag.datasets.entry import Columns, Dataset, Download, Expected, Source, near
from recdag.errors import DataError

_DATASET = TypeAdapter(Dataset)
_ALL_KEYS = sorted({f.name for cls in (Dataset, Source, Columns, Download, Expected) for f in fields(cls)})


def load_dataset(path: Path) -> Dataset:
    """Read one catalogue entry.

    Raises:
        DataError: not readable, not YAML, an unknown key, a missing or wrong value.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"The catalogue entry cannot be read ({error.strerror})", where=str(path)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        raise DataError("This is not valid YAML", where=where, cure="Correct the line.") from error
    if not isinstance(content, dict):
        raise DataError(
            "A catalogue entry has to be a mapping of fields",
            where=str(path),
            cure="Begin with `name:`, `title:`, `licence:` and `format:`.",
        )
    return dataset_from(content, path)


def dataset_from(content: Mapping[str, Any], path: Path) -> Dataset:
    """The entry that the fields of a YAML file make; see `load_dataset`."""
    try:
        return _DATASET.validate_python(content)
    except ValidationError as error:
        raise _explain(path, error) from error


def load_catalogue(folders: Sequence[Path]) -> dict[str, Dataset]:
    """All catalogue entries of the folders, by name; of two with one name the first folder's counts.

    Raises:
        DataError: an entry is wrong, or two files of one folder have one name.
    """
    catalogue: dict[str, Dataset] = {}
    for folder in folders:
        here: dict[str, Path] = {}
        for path in sorted((*folder.glob("*.yaml"), *folder.glob("*.yml"))):
            dataset = load_dataset(path)
            if dataset.name in here:
                raise DataError(
                    f"The name {dataset.name} is taken by {here[dataset.name].name}",
                    where=str(path),
                    cure="Give one of them another name.",
                )
            here[dataset.name] = path
            catalogue.setdefault(dataset.name, dataset)
    return catalogue


def _explain(path: Path, error: ValidationError) -> DataError:
    first = error.errors(include_url=False)[0]
    location = [str(part) for part in first["loc"]]
    name = ".".join(location)
    if first["type"] == "unexpected_keyword_argument":
        return DataError(
            f"Unknown field {name}{near(location[-1], _ALL_KEYS)}",
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
        f"The field {name} has a value that cannot be used, {first['input']!r}",
        where=str(path),
        cure=f"{message}.",
    )
