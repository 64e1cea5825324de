"""The templates of the page and of the records, with the filters that write numbers and names."""

from __future__ import annotations

import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from recdag import words
from recdag.evaluation.metrics import metric_title
from recdag.recommenders.catalogue import model_title
from recdag.report.verdicts.tally import SHOWN_VERDICTS

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
        metric_title,
        model_title,
        words.number,
        words.printed,
        words.signed,
        words.duration,
        words.memory,
        words.integer,
        words.moment,
        words.listed,
        words.probability,
    ):
        environment.filters[write.__name__] = write
    environment.filters["cell"] = lambda text: str(text).replace("|", "\\|").replace("\n", " ")
    environment.globals["VERDICTS"] = SHOWN_VERDICTS
    return environment


def templates_version() -> str:
    """Changes with the text of any template, style or script of the page and the records."""
    texts = [path for path in sorted(HERE.iterdir()) if path.is_file() and path.suffix != ".py"]
    return hashlib.sha256(b"\n".join(path.read_bytes() for path in texts)).hexdigest()[:12]
