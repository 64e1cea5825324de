from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from recdag.datasets.entry import Dataset
from recdag.settings import SHIPPED_CATALOGUE


@pytest.fixture
def make_dataset() -> Callable[..., Dataset]:
    """Builds a catalogue entry; `ratings` defaults to the file ratings.csv."""

    def make(form: str = "table", **fields: Any) -> Dataset:
        fields = {"name": "toy", "title": "Toy", "licence": "none", "format": form, **fields}
        if form != "simulated":
            fields.setdefault("files", {"events": "ratings.csv"})
        return TypeAdapter(Dataset).validate_python(fields)

    return make


@pytest.fixture
def catalogue_folder() -> Path:
    return SHIPPED_CATALOGUE
