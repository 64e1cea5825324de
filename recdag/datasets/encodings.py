"""In which encoding a text is written."""

from __future__ import annotations

import codecs
import gzip
from pathlib import Path

from recdag.datasets.import_hints import Encoding
from recdag.datasets.textfiles import GZIP_DAMAGE
from recdag.errors import DataError

SAMPLE_CHARACTERS = 1 << 20


def find_encoding(path: Path) -> Encoding:
    """The encoding of a text, judged by its beginning.

    Raises:
        DataError: it is no text, or big-endian.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            begins = file.read(SAMPLE_CHARACTERS)
    except GZIP_DAMAGE:
        return "utf-8"
    if begins.startswith(codecs.BOM_UTF16_LE):
        return "utf-16"
    if begins.startswith(codecs.BOM_UTF16_BE):
        raise DataError("The text is big-endian UTF-16", where=str(path), cure="Save it as UTF-8.")
    if b"\0" in begins:
        raise DataError(
            "The file is neither text nor Parquet", where=str(path), cure="Export it as CSV or Parquet."
        )
    try:
        codecs.getincrementaldecoder("utf-8")().decode(begins)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"
