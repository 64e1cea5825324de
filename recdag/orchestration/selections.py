"""What a person asks for, in Dagster's selection language, and which assets that is."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from recdag.errors import ConfigError
from recdag.graph.launch_settings import DEFAULT_MODELS
from recdag.graph.published_lists import ASSET as RECOMMENDATIONS
from recdag.orchestration.automation import LARGE_STUDIES
from recdag.orchestration.internals import BaseAssetGraph
from recdag.papers.paper import Paper
from recdag.studies.study import Study
from recdag.suggest import nearest

# Dagster calls parts of its selection language a beta; its version is pinned.
warnings.filterwarnings("ignore", category=dg.BetaWarning)

_TOKEN = re.compile(r'"[^"]*"|[A-Za-z0-9_.*<>/-]+|\S')
_OPERATORS = ("and", "or", "not")
_SHARED = ("comparison", "report")


def selection_of(paper: str | None, studies: bool) -> str:
    """Everything that the results of one paper or of all need, its studies, and the report on them.

    Args:
        studies: take in those that train many models.
    """
    if paper is None:
        return "*" if studies else f"not {LARGE_STUDIES}"
    large = f' or +group:"{paper}_studies"' if studies else ""
    return f'+group:"{paper}"{large} or {_keys(*_SHARED)}'


def models_selection(paper: Paper, models: Collection[str]) -> str:
    """Some models of a paper with all that they need, their evaluation, what shows them, and the report."""
    named = {f"{paper.id}/{model}" for model in models}
    showing = [f"{paper.id}/{each.id}" for each in paper.studies if each.quick and _shows(each, models)]
    lists = [RECOMMENDATIONS] if named >= set(DEFAULT_MODELS) else []
    return f"{_with_needs(paper, models)} or {_keys(*showing, *lists, *_SHARED)}"


def study_selection(paper: Paper, study: Study, axes: Mapping[str, Sequence[Any]] | None = None) -> str:
    """One study with all that it needs, and the report on it; of models, those that it reads.

    Args:
        axes: values that take the place of the study's own.
    """
    asset = f"{paper.id}/{study.id}"
    if models := study.reads(axes).models:
        return f"{_with_needs(paper, models)} or {_keys(asset, *_SHARED)}"
    return f'+key:"{asset}" or {_keys(*_SHARED)}'


def _with_needs(paper: Paper, models: Collection[str]) -> str:
    needed = " or ".join(f'+key:"{paper.id}/{model}"' for model in models)
    return f'{needed} or key:"{paper.id}/evaluation"'


def _shows(study: Study, models: Collection[str]) -> bool:
    return not set(study.reads().models).isdisjoint(models)


def _keys(*names: str) -> str:
    return " or ".join(f'key:"{name}"' for name in names)


def with_keys(selection: str) -> str:
    """The selection with every bare name of an asset written as `key:"name"`.

    Dagster takes a bare name only alone, and `+name` for the asset and one layer above it; `+key:"name"`
    is all that it needs, at any place.
    """
    pieces, last = [], 0
    for start, end, name in _bare_names(selection):
        pieces += [selection[last:start], f'key:"{name}"']
        last = end
    return "".join([*pieces, selection[last:]])


def _bare_names(selection: str) -> Iterator[tuple[int, int, str]]:
    tokens = list(_TOKEN.finditer(selection))
    before = ["", *(token[0] for token in tokens)]
    after = [*(token[0] for token in tokens[1:]), ""]
    for token, previous, following in zip(tokens, before, after, strict=False):
        name = token[0].strip('"')
        is_word = len(token[0]) > 1 or token[0].isalnum()
        is_part = previous in (":", "=") or following in (":", "(")
        if is_word and not is_part and not name.isdigit() and name.lower() not in _OPERATORS:
            yield token.start(), token.end(), name


def resolve(selection: str, graph: BaseAssetGraph[Any]) -> list[dg.AssetKey]:
    """The assets that a selection names, by key.

    Raises:
        ConfigError: it cannot be read, or names nothing, or an asset that does not exist.
    """
    written = with_keys(selection)
    known = {key.to_user_string(): key for key in graph.get_all_asset_keys()}
    for quoted, plain in re.findall(r'\bkey:\s*(?:"([^"]*)"|([\w./-]+)(?![\w*]))', written):
        if (name := quoted or plain) not in known and "*" not in name:
            raise ConfigError(f"no asset is called {name!r}", cure=_names(name, known))
    try:
        chosen = dg.AssetSelection.from_string(written).resolve(graph)
    except (dg.DagsterError, ValueError) as error:
        raise ConfigError(f"the selection {selection!r} cannot be read", cure=str(error)) from error
    if not chosen:
        raise ConfigError(f"the selection {selection!r} names no asset", cure=_names(selection, known))
    return sorted(chosen)


def _names(name: str, known: Collection[str]) -> str:
    """The cure for a name that no asset has."""
    by_end = {each.rpartition("/")[2]: each for each in sorted(known, reverse=True)}
    near = nearest(name, known) or by_end.get(nearest(name, by_end) or "")
    return (
        (f"Did you mean {near!r}? " if near else "")
        + "Names are PAPER/MODEL, PAPER/STUDY, PAPER/evaluation, splits/PROTOCOL, raw_files, events, "
        "interactions, binarized, relative_rating, recommendations, comparison and report; recdag papers, "
        "recdag models and recdag studies list the rest"
    )
