"""Claims as the page shows them: those that nobody can measure for want of data are told from the others."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from recdag.report.wording import NO_DATA, SHOWN_VERDICTS


def shown_verdicts(claims: pd.DataFrame, obtainable: Collection[str] | None) -> pd.Series:
    """One verdict a claim, of `SHOWN_VERDICTS`.

    Args:
        claims: rows of the published table of this name.
        obtainable: the papers' data sets that can be had; None: all.
    """
    if obtainable is None:
        return claims["verdict"]
    away = (claims["verdict"] == "not_run") & ~claims["dataset"].isin(list(obtainable))
    return claims["verdict"].mask(away, NO_DATA)


def verdict_counts(claims: pd.DataFrame, obtainable: Collection[str] | None) -> dict[str, int]:
    """How many claims have which shown verdict; the arguments are those of `shown_verdicts`."""
    counts = shown_verdicts(claims, obtainable).value_counts()
    return {verdict: int(counts.get(verdict, 0)) for verdict in SHOWN_VERDICTS}
