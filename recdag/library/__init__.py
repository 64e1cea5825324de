"""recdag in a notebook: a data set, its split, a model fitted and measured, the published tables.

`import recdag` gives `load`, `fit`, `evaluate` and `sql`; Dagster is not needed. The first three work in
memory and write nothing, except that `load(..., download=True)` keeps what it fetches in `<home>/data/raw`.
`sql` reads what runs have published under the home folder, which is that of the command (`recdag.settings`).
"""

from recdag.library.data_sets import load
from recdag.library.fitted_models import evaluate, fit
from recdag.library.published_tables import sql

__all__ = ["evaluate", "fit", "load", "sql"]
