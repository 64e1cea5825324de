"""What the graph says of an asset beside its description: its code, its table."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from recdag.evaluation import protocols
from recdag.orchestration.steps import table_schema
from recdag.papers.paper import Paper
from recdag.recommenders.spec import ModelSpec
from recdag.settings import PACKAGE
from recdag.studies.base import Study
from recdag.warehouse.lineage import SOURCES, Sources
from recdag.warehouse.schema import SCHEMA

# Dagster calls code references a beta; its version is pinned.
warnings.filterwarnings("ignore", category=dg.BetaWarning)


def code(*files: str | Path) -> Mapping[str, Any]:
    """Links to files, those of the package by their path in it, the one to read first at the front."""
    paths = [PACKAGE / file for file in files]
    return {
        "dagster/code_references": dg.CodeReferencesMetadataValue(
            code_references=[
                dg.LocalFileCodeReference(file_path=str(path), line_number=1, label="/".join(path.parts[-2:]))
                for path in paths
            ]
        )
    }


def model_metadata(paper: Paper, spec: ModelSpec, recipe: Path) -> dict[str, Any]:
    """Links of a model: implementation, hyperparameters, recipe and publication."""
    model, configuration = (_file(module) for module in (spec.module, spec.config.__module__))
    return {**code(model, configuration, recipe), **publication(paper)}


def _file(module: str) -> Path:
    """The file of a module of the package, by its path in it; nothing is imported."""
    path = Path(*module.split(".")[1:])
    return path / "__init__.py" if (PACKAGE / path).is_dir() else path.with_suffix(".py")


def publication(paper: Paper) -> dict[str, Any]:
    """A link to the publication, where there is one."""
    return {"paper": dg.MetadataValue.url(paper.url)} if paper.url else {}


def paper_code(paper: Paper, *files: str) -> Mapping[str, Any]:
    """Links to the declaration of a paper and to further files."""
    return code(f"papers/{paper.id}.py", *files)


def protocol_code(name: str) -> Mapping[str, Any]:
    """Links to how a protocol splits."""
    package = Path(protocols.__file__).parent.relative_to(PACKAGE)
    assign = protocols.PROTOCOLS[name].assign.__module__.rpartition(".")[2]
    return code(package / f"{assign}.py", "graph/splits.py")


def published_table(name: str) -> dict[str, Any]:
    """Name and columns of a table in data/recdag.duckdb."""
    return {
        "dagster/table_name": f"recdag.main.{name}",
        "dagster/column_schema": table_schema(SCHEMA[name], name),
    }


def row_count(rows: int) -> dict[str, int]:
    """How many rows an asset's partition has in the table that it fills."""
    return {"dagster/row_count": rows}


def working_table(name: str) -> dict[str, Any]:
    """Name of a table in the working file of each data set."""
    return {"dagster/table_name": f"warehouse.main.{name}"}


def column_lineage(table: str, **assets: Sequence[str]) -> dict[str, Any]:
    """Which columns of which assets the columns of a table come from.

    Args:
        assets: what `recdag.warehouse.lineage` calls an asset -> the keys that stand for it here; those
            that are not named stand for themselves.
    """
    return _lineage(SOURCES[table], assets)


def study_lineage(paper: Paper, study: Study) -> dict[str, Any]:
    """Where the columns of a study's rows come from."""
    assets = {"split": [f"splits/{paper.protocol}"], "evaluation": [f"{paper.id}/evaluation"]}
    return _lineage(study.lineage, assets)


def _lineage(columns: Sources, assets: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    dependencies = {column: list(_dependencies(sources, assets)) for column, sources in columns.items()}
    return {"dagster/column_lineage": dg.TableColumnLineage(deps_by_column=dependencies)}


def _dependencies(
    sources: tuple[tuple[str, str], ...], assets: Mapping[str, Sequence[str]]
) -> Iterator[dg.TableColumnDep]:
    for asset, column in sources:
        for key in assets.get(asset, [asset]):
            yield dg.TableColumnDep(asset_key=dg.AssetKey.from_user_string(key), column_name=column)
