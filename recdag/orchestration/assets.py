"""A step of the graph as Dagster's asset, with its checks."""

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dagster as dg

from recdag.errors import RecdagError
from recdag.graph.machine_errors import machine_error
from recdag.graph.project import Project
from recdag.graph.step import Check, Markdown, Outcome, Picture, Shown, Step, Verdict, Work
from recdag.orchestration.automation import condition
from recdag.orchestration.launch_schema import launch_schema
from recdag.orchestration.resources import ProjectResource, Reporter
from recdag.settings import PACKAGE
from recdag.warehouse import descriptions
from recdag.warehouse.schema import SCHEMA


@contextmanager
def user_errors() -> Iterator[None]:
    """Show an error a user can act on as its message."""
    try:
        yield
    except RecdagError as error:
        raise dg.Failure(description=str(error)) from error
    except Exception as error:
        if (known := machine_error(error)) is None:
            raise
        raise dg.Failure(description=str(known)) from error


def asset(step: Step, project: Project, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """A step's asset: partitioned by data set, unless all of them share it."""
    settings = step.settings(project) if step.settings else None
    within = [check for check in step.checks if check.with_asset]
    key, scope = step.name.split("/"), None if step.shared else partitions

    @dg.asset(
        key=key,
        deps=[need.split("/") for need in step.needs],
        group_name=step.group,
        kinds=set(step.kinds),
        tags=dict(step.tags),
        pool=step.pool,
        partitions_def=scope,
        description=step.description,
        metadata=_described(step),
        code_version=step.code_version(project),
        check_specs=[_spec(step, check, scope) for check in within],
        automation_condition=condition(step),
        config_schema=launch_schema(settings) if settings else None,
    )
    def made(
        context: dg.AssetExecutionContext, project: ProjectResource
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        reporter = Reporter(context)
        work = Work(
            project=project.open(),
            dataset="" if step.shared else context.partition_key,
            settings=settings.model_validate(context.op_execution_context.op_config) if settings else None,
            run_id=context.run_id,
            on_progress=reporter.progress,
            on_download=reporter.download,
            heartbeat=reporter.heartbeat,
        )
        with user_errors():
            outcome = step.make(work)
            yield _materialized(step, outcome, {} if outcome.skipped else step.preview(work, outcome))
            for check in within:
                yield _result(check, check.verify(work.project, work.dataset))

    return made


def asset_checks(step: Step, partitions: dg.PartitionsDefinition) -> Iterator[dg.AssetChecksDefinition]:
    """The checks of one asset that have a step of their own, in one: a step costs more than most checks."""
    rules = [check for check in step.checks if not check.with_asset]
    if not rules:
        return
    key, scope = step.name.split("/"), None if step.shared else partitions

    @dg.multi_asset_check(
        name="_".join([*key, "checks"]), specs=[_spec(step, check, scope) for check in rules]
    )
    def checks(
        context: dg.AssetCheckExecutionContext, project: ProjectResource
    ) -> Iterator[dg.AssetCheckResult]:
        for check in rules:
            with user_errors():
                verdict = check.verify(project.open(), "" if step.shared else context.partition_key)
            yield _result(check, verdict, step)

    yield checks


def _spec(step: Step, check: Check, partitions: dg.PartitionsDefinition | None) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        check.name,
        asset=step.name.split("/"),
        description=check.description,
        blocking=check.blocking,
        partitions_def=partitions,
    )


def _result(check: Check, verdict: Verdict, step: Step | None = None) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=check.name,
        asset_key=step.name.split("/") if step else None,
        passed=verdict.passed,
        description=verdict.explanation,
        metadata=verdict.metadata,
    )


def _described(step: Step) -> dict[str, Any]:
    """What the graph says of an asset beside its description: its code, its table, further links."""
    files = [*map(_source, step.code), *(PACKAGE / link for link in step.links)]
    links: list[dg.LocalFileCodeReference | dg.UrlCodeReference] = [
        dg.LocalFileCodeReference(file_path=str(path), line_number=1, label="/".join(path.parts[-2:]))
        for path in dict.fromkeys(files)
    ]
    described: dict[str, Any] = {
        "dagster/code_references": dg.CodeReferencesMetadataValue(code_references=links)
    }
    described |= {name: _text(value) for name, value in step.about.items()}
    if step.table in SCHEMA and step.store == "published":
        described["dagster/table_name"] = f"recdag.main.{step.table}"
        described["dagster/column_schema"] = _columns(SCHEMA[step.table], step.table)
    elif step.table:
        described["dagster/table_name"] = f"warehouse.main.{step.table}"
    return described


def _source(module: str) -> Path:
    spec = find_spec(module)
    assert spec is not None and spec.origin is not None, module
    return Path(spec.origin)


def _text(value: str) -> dg.MetadataValue:
    link = value.startswith(("https://", "http://", "/"))
    return dg.MetadataValue.url(value) if link else dg.MetadataValue.md(value)


def _materialized(step: Step, outcome: Outcome, preview: Mapping[str, Shown]) -> dg.MaterializeResult[None]:
    """The result of an asset, with its content's version and its metadata."""
    version = dg.DataVersion(outcome.data_version)
    if outcome.skipped:
        return dg.MaterializeResult(
            data_version=version, metadata={"skipped": outcome.skipped, "cached": True}
        )
    metadata = dict(outcome.metadata)
    columns, rows = metadata.pop("columns", None), metadata.pop("rows", None)
    shown = {name: _shown(value) for name, value in {**preview, **metadata}.items()}
    if columns is not None:
        shown["dagster/column_schema"] = _columns(columns)
    if rows is not None:
        shown["dagster/row_count"] = rows
    if step.origins:
        shown["dagster/column_lineage"] = _lineage(step)
    return dg.MaterializeResult(data_version=version, metadata={**shown, "cached": outcome.cached})


def _columns(columns: Mapping[str, str], table: str = "") -> dg.TableSchema:
    """The columns of a table, a published one where it has a name, as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name, kind, description=descriptions.column(table, name))
            for name, kind in columns.items()
        ]
    )


def _lineage(step: Step) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        deps_by_column={
            column: [
                dg.TableColumnDep(asset_key=dg.AssetKey.from_user_string(asset), column_name=source)
                for asset, source in sources
            ]
            for column, sources in step.origins.items()
        }
    )


def _shown(value: Any) -> Any:
    match value:
        case None:
            return dg.MetadataValue.null()
        case Markdown():
            return dg.MetadataValue.md(value.text)
        case Picture():
            coded = base64.b64encode(value.png).decode()
            return dg.MetadataValue.md(f"![{value.title}](data:image/png;base64,{coded})")
        case dict() | list() | tuple():
            return dg.MetadataValue.json(value)
    return value
