"""`recdag recommend`: lists from a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from recdag.cli import completion
from recdag.cli.terminal import Dataset, console, literal, print_table
from recdag.errors import RecdagError
from recdag.graph.project import Project


def recommend(
    model: Annotated[
        str,
        typer.Option(
            help="A trained model, PAPER/MODEL: benchmark/ease, for example.",
            autocompletion=completion.models,
        ),
    ],
    dataset: Dataset = "demo",
    user: Annotated[
        str | None, typer.Option(help="A user, by the key that the data set has for them.")
    ] = None,
    items: Annotated[
        str | None, typer.Option(help="Item keys, KEY,KEY,...: what someone unseen has chosen.")
    ] = None,
    similar_to: Annotated[str | None, typer.Option(help="An item key: what is like it.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="A .parquet or .csv file for the lists of all users.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Length of a list.")] = 20,
) -> None:
    """Recommend from a trained model: to a user, from a basket, by an item, or to everybody."""
    from recdag.graph.trained_services import find_card, open_service, write_recommendations

    project = Project.open()
    find_card(project, dataset, model)
    if sum(option is not None for option in (user, items, similar_to, out)) != 1:
        raise RecdagError(
            "it is not clear for whom to recommend",
            cure="Give one of --user, --items, --similar-to and --out",
        )
    service = open_service(project, dataset, model)
    if out is not None:
        console.print(f"{write_recommendations(service, out, top)} rows written to {out}")
        return
    if user is not None:
        rows = service.for_user(user, top)
    elif items is not None:
        rows = service.for_items([key.strip() for key in items.split(",")], top)
    else:
        rows = service.similar(similar_to or "", top)
    if not rows:
        console.print("Nothing is left to recommend: every item that the model knows is there already.")
        return
    table = Table("rank", "item", "title", "score", box=None)
    for row in rows:
        table.add_row(str(row.rank), literal(row.item_key), literal(row.title or ""), f"{row.score:.4g}")
    print_table(table)
