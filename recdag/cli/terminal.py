"""What the commands share: the terminal, what is printed as it is, and the option that names a data set."""

import re
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from recdag.cli.completion import datasets

console = Console()
errors = Console(stderr=True)

Dataset = Annotated[
    str, typer.Option("--dataset", "-d", help="A data set of the catalogue.", autocompletion=datasets)
]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def width_of(table: Table) -> int:
    """How wide a table is with nothing folded or cut."""
    return console.measure(table, options=console.options.update(width=sys.maxsize)).maximum


def print_table(table: Table) -> None:
    """Print a table; where the output is no terminal, as wide as it is, for nobody can widen a pipe."""
    if not console.is_terminal:
        console.width = max(console.width, width_of(table))
    console.print(table)


def literal(text: str) -> str:
    """Text from a file or a table as the terminal is to show it: no markup, no control characters."""
    return escape(_CONTROL.sub(lambda match: repr(match[0])[1:-1], text))
