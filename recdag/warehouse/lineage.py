"""Where the columns of an asset's table come from."""

from collections.abc import Mapping

Origins = Mapping[str, tuple[tuple[str, str], ...]]
"""Column -> (asset, column) of everything that it is computed from; what is missing comes from no column."""
