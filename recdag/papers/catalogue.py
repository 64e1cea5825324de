"""The papers by name: what each compares, and under which protocol."""

from __future__ import annotations

from recdag.errors import ConfigError
from recdag.papers import benchmark, cf_nade, fawmf, mult_vae, multi_feedback, ncf
from recdag.papers.paper import Paper
from recdag.studies.study import Study
from recdag.suggest import names_known

PAPERS: dict[str, Paper] = {
    module.PAPER.id: module.PAPER for module in (ncf, mult_vae, cf_nade, multi_feedback, fawmf, benchmark)
}


def paper(name: str) -> Paper:
    """The paper called `name`.

    Raises:
        ConfigError: there is none.
    """
    if name not in PAPERS:
        raise ConfigError(f"no paper is called {name!r}", cure=names_known(name, PAPERS))
    return PAPERS[name]


def study(name: str) -> tuple[Paper, Study]:
    """The study called PAPER/STUDY, and its paper.

    Raises:
        ConfigError: there is none.
    """
    of_paper, _, own = name.partition("/")
    having = [each.id for each in PAPERS.values() if name in {study.id for study in each.studies}]
    if not own and having:
        raise ConfigError(
            f"{name!r} names a study without its paper",
            cure=f"Write {' or '.join(f'{each}/{name}' for each in having)}",
        )
    return (found := paper(of_paper)), found.study(own)
