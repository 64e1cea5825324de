"""What the study of a recipe's values on validation says of models that do not fit the data."""

from __future__ import annotations

import pandas as pd

TIMES = "times "
"""How the metrics begin that compare a model with another one."""
FLOOR, BAR = "item_pop", "ease"
FAR_BELOW = 0.75


def says_how_many_times(rows: pd.DataFrame) -> pd.Series:
    """Which rows of the table `studies` compare a model with another one."""
    return rows["metric"].str.startswith(TIMES)


def misfits(rows: pd.DataFrame) -> list[str]:
    """Sentences about models below popularity, and far below ease, on validation.

    Args:
        rows: of studies of the kind `Defaults` and others, of one paper on one data set.
    """
    low = _below(rows, FLOOR, 1.0)
    far = [model for model in _below(rows, BAR, FAR_BELOW) if model not in {*low, FLOOR}]
    said = []
    if low:
        said.append(
            f"Below {FLOOR} on validation: {', '.join(low)}. What they were trained with does not fit these "
            "data; tune them with --budget."
        )
    if far:
        said.append(f"Less than {FAR_BELOW:.0%} of what {BAR} reaches on validation: {', '.join(far)}.")
    return said


def _below(rows: pd.DataFrame, other: str, share: float) -> list[str]:
    return list(rows.loc[(rows["metric"] == TIMES + other) & (rows["value"] < share), "series"])
