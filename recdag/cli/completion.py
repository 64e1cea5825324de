"""What the shell offers after Tab; a folder that cannot be read offers nothing."""

from __future__ import annotations

from collections.abc import Iterable

from recdag.errors import RecdagError


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name.startswith(incomplete))


def datasets(incomplete: str) -> list[str]:
    """Data sets of the catalogue."""
    from recdag.graph.project import Project

    try:
        return _beginning(incomplete, Project.open().catalogue)
    except RecdagError:
        return []


def papers(incomplete: str) -> list[str]:
    """Papers."""
    from recdag.papers.catalogue import PAPERS

    return _beginning(incomplete, PAPERS)


def studies(incomplete: str) -> list[str]:
    """Studies as PAPER/STUDY."""
    from recdag.papers.catalogue import PAPERS

    names = (f"{paper.id}/{study.id}" for paper in PAPERS.values() for study in paper.studies)
    return _beginning(incomplete, names)


def models(incomplete: str) -> list[str]:
    """Models as PAPER/MODEL."""
    from recdag.papers.catalogue import PAPERS

    names = (f"{paper.id}/{model}" for paper in PAPERS.values() for model in paper.nodes)
    return _beginning(incomplete, names)


def model_names(incomplete: str) -> list[str]:
    """The last of some models of any paper, NAME,NAME."""
    from recdag.papers.catalogue import PAPERS

    before, comma, last = incomplete.rpartition(",")
    names = {model for paper in PAPERS.values() for model in paper.nodes}
    return [f"{before}{comma}{name}" for name in _beginning(last, names)]
