"""Claims as the page shows them: those that nobody can measure for want of data are told from the others."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from recdag.plots.verdict_bars import bars

VERDICTS = {
    "reproduced": ("✓", "reproduced"),
    "higher": ("▲", "higher"),
    "lower": ("▼", "lower"),
    "not_comparable": ("≠", "not comparable"),
    "not_run": ("○", "not run"),
}
NO_DATA = "no_data"
SHOWN_VERDICTS = {**VERDICTS, NO_DATA: ("⊘", "no data at hand")}
"""What a claim is shown as: one that was not run for its data cannot be fetched is told from the others."""


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


def verdict_bars(claims: pd.DataFrame, obtainable: Collection[str] | None = None) -> bytes | None:
    """A PNG with a bar a paper, divided by verdict, None without claims; the arguments are those of
    `shown_verdicts`."""
    if claims.empty:
        return None
    named = claims.assign(verdict=shown_verdicts(claims, obtainable))
    counts = named.groupby(["paper", "verdict"], sort=False).size().unstack(fill_value=0)
    papers = list(dict.fromkeys(claims["paper"]))
    titles = {verdict: title for verdict, (_, title) in SHOWN_VERDICTS.items()}
    return bars(counts.loc[papers], titles)


def verdict_counts(claims: pd.DataFrame, obtainable: Collection[str] | None) -> dict[str, int]:
    """How many claims have which shown verdict; the arguments are those of `shown_verdicts`."""
    counts = shown_verdicts(claims, obtainable).value_counts()
    return {verdict: int(counts.get(verdict, 0)) for verdict in SHOWN_VERDICTS}
