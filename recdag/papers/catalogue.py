"""The papers by name: what each compares, and under which protocol."""

from __future__ import annotations

from collections.abc import Collection, Mapping

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


def model(name: str) -> tuple[Paper, str]:
    """The paper and the model called PAPER/MODEL.

    Raises:
        ConfigError: there is none.
    """
    owner, own = _taken_apart(name, "model", {each.id: each.nodes for each in PAPERS.values()})
    if own not in owner.nodes:
        raise ConfigError(
            f"{owner.id} has no model {own!r}", cure=f"Write PAPER/MODEL. {names_known(own, owner.nodes)}"
        )
    return owner, own


def study(name: str) -> tuple[Paper, Study]:
    """The study called PAPER/STUDY, and its paper.

    Raises:
        ConfigError: there is none.
    """
    names = {each.id: [study.id for study in each.studies] for each in PAPERS.values()}
    owner, own = _taken_apart(name, "study", names)
    return owner, owner.study(own)


def _taken_apart(name: str, kind: str, names: Mapping[str, Collection[str]]) -> tuple[Paper, str]:
    """The paper of PAPER/NAME, and the name.

    Args:
        names: paper -> what it has of that kind.
    """
    of_paper, _, own = name.partition("/")
    owners = [each for each, having in names.items() if name in having]
    if not own and owners:
        raise ConfigError(
            f"{name!r} names a {kind} without its paper",
            cure=f"Write {' or '.join(f'{each}/{name}' for each in owners)}",
        )
    return paper(of_paper), own
