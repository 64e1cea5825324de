"""The templates of the page and of the records, with the filters that write numbers and names."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from recdag.report import wording

HERE = Path(__file__).parent


def templates(*, html: bool) -> Environment:
    """The templates of this folder.

    Args:
        html: escape what is put into them; cells of Markdown are escaped by the filter `cell`.
    """
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for write in (
        wording.metric_name,
        wording.model_title,
        wording.number,
        wording.printed,
        wording.signed,
        wording.duration,
        wording.memory,
        wording.whole,
        wording.moment,
        wording.listed,
        wording.probability,
    ):
        environment.filters[write.__name__] = write
    environment.filters["cell"] = lambda text: str(text).replace("|", "\\|").replace("\n", " ")
    environment.globals["VERDICTS"] = wording.SHOWN_VERDICTS
    return environment
