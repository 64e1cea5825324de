"""What the commands share: the terminal, and the option that names a data set."""

from typing import Annotated

import typer
from rich.console import Console

console = Console()
errors = Console(stderr=True)

Dataset = Annotated[str, typer.Option("--dataset", "-d", help="A data set of the catalogue.")]
