"""What the phases of a training are called where people look on."""

import re

_FIRST = {
    "fit": "training",
    "select": "choosing the epoch",
    "final": "final training",
    "as_published": "training as published",
}
_PART = {
    "gmf": "pre-training GMF",
    "mlp": "pre-training MLP",
    "neumf": "training NeuMF",
    "anneal": "raising beta to choose it",
    "capped": "training with the chosen beta",
}
_LAST = re.compile(r"(\w+)(?:-(\w+))?$")


def in_words(phase: str) -> str:
    """A phase such as `trial 2 of 20: select-gmf`: what comes before the last name stays as it is."""
    return _LAST.sub(_replaced, phase)


def _replaced(match: re.Match[str]) -> str:
    first, part = match.groups()
    if part is None:
        return _FIRST.get(first, first)
    title = _PART.get(part, part)
    return title if first == "select" else f"{_FIRST.get(first, first)}, {title}"
