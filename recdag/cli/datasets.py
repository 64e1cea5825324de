"""`recdag datasets`: the catalogue."""

from __future__ import annotations

import typer
from rich.table import Table

from recdag.cli.datasets_add import add
from recdag.cli.terminal import literal, print_table
from recdag.graph.project import Project

app = typer.Typer(no_args_is_help=True, help="The data sets of the catalogue.")
app.command()(add)


@app.command("list")
def list_datasets() -> None:
    """Show the catalogue, and which data sets have their files at hand."""
    from recdag.datasets.file_search import find_files, search_folders

    project = Project.open()
    folders = search_folders(project.settings.data)
    table = Table("data set", "title", "files", "licence", box=None)
    for name, entry in sorted(project.catalogue.items()):
        at_hand = entry.simulated or find_files(entry, folders) is not None
        where = "here" if at_hand else "downloaded on first use" if entry.download else "to be placed by you"
        table.add_row(name, literal(entry.title), where, literal(entry.licence))
    for name, error in sorted(project.catalogue.damaged.items()):
        table.add_row(literal(name), literal(str(error)), "damaged", "")
    print_table(table)
