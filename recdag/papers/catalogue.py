"""The papers by name: what each compares, and under which protocol."""

from __future__ import annotations

from recdag.errors import ConfigError
from recdag.papers import benchmark, cf_nade, fawmf, mult_vae, multi_feedback, ncf
from recdag.papers.paper import Paper

PAPERS: dict[str, Paper] = {
    module.PAPER.id: module.PAPER for module in (ncf, mult_vae, cf_nade, multi_feedback, fawmf, benchmark)
}


def paper(name: str) -> Paper:
    """The paper called `name`.

    Raises:
        ConfigError: there is none.
    """
    if name not in PAPERS:
        raise ConfigError(f"no paper is called {name!r}", cure=f"Known: {', '.join(PAPERS)}")
    return PAPERS[name]
