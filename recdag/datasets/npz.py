"""Users x items matrices as `scipy.sparse.save_npz` writes them."""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile

import duckdb
import numpy as np
from scipy.sparse import coo_array, load_npz

from recdag.datasets.rawfile import RawFile, select_fields
from recdag.errors import DataError
from recdag.sql_text import quoted


def read_matrix(connection: duckdb.DuckDBPyConnection, path: Path, behaviour: str, view: str) -> RawFile:
    """The entries of a matrix as rows; users and items are its row and column numbers from 0.

    The entries are the values, unless all are equal: then the matrix says who met what, and no more.

    Args:
        connection: gets the view.
        view: its name.

    Raises:
        DataError: not such a file, or an entry is not a number above 0.
    """
    try:
        matrix = coo_array(load_npz(path))
    except (ValueError, KeyError, OSError, BadZipFile) as error:
        raise DataError(
            f"This is not a sparse matrix of scipy ({error})", where=str(path), cure="Fetch it again."
        ) from error
    entries = matrix.data.astype(np.float64)
    if not np.all(np.isfinite(entries) & (entries > 0)):
        raise DataError(
            "The matrix has an entry that is not a number above 0", where=str(path), cure="Leave it out."
        )
    connection.register(view, {"user": matrix.row, "item": matrix.col, "value": entries})
    present = ["user", "item"] + (["value"] if len(np.unique(entries)) > 1 else [])
    expressions = {field: quoted(field) for field in present}
    return RawFile(
        path, lambda numbered: select_fields(expressions, view, numbered), frozenset(present), behaviour
    )
