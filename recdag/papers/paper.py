"""What is known about one paper, apart from its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recdag.errors import ConfigError
from recdag.studies.study import Study
from recdag.suggest import names_known


@dataclass(frozen=True)
class DataSize:
    """How large a data set is by a paper's own words.

    Attributes:
        interactions: None where the paper does not say.
        source: the place in the paper.
    """

    dataset: str
    users: int
    items: int
    interactions: int | None
    source: str


@dataclass(frozen=True)
class Paper:
    """One paper and the comparison it makes.

    Attributes:
        id: snake_case name, the same in asset keys, recipes and tables.
        title, authors, venue, year, url: the publication; empty or None where it is not known.
        protocol: the evaluation protocol, as named in `recdag.evaluation`.
        models: the models that the paper itself compares and that can be run here.
        proposed: those of `models` that the paper proposes, variants and parts of one among them: no rivals
            of each other. The rest are its baselines. Of `benchmark`: what any of the papers proposes.
        references: models that are shown beside them and that the paper does not have.
        metrics: the paper's own metrics, the one it leads with first.
        summary: what the paper proposes and on what data it is judged.
        claim_sentence: what the paper says of itself, in one sentence, in our words.
        studies: its sweeps, curves and tables.
        by_feedback: those of `metrics` that its tables also show for users who met their held-out item in
            supportive feedback, and for the others; nothing is tested on them.
        sizes: of the data sets that the paper works on.
        deviations: where all of our runs differ from what the paper or its authors' code does, and why.
        needs_supportive: what it compares is nothing on data of a single behaviour.
        try_on: the data set to run it on first: that of its numbers, or one like it where that cannot be had.
        lead: the one of `proposed` that the paper says is ahead; empty where nothing is claimed.
    """

    id: str
    title: str
    authors: tuple[str, ...]
    venue: str
    year: int | None
    url: str | None
    protocol: str
    models: tuple[str, ...]
    proposed: tuple[str, ...]
    references: tuple[str, ...]
    metrics: tuple[str, ...]
    summary: str
    claim_sentence: str
    try_on: str
    studies: tuple[Study, ...] = ()
    by_feedback: tuple[str, ...] = ()
    lead: str = ""
    needs_supportive: bool = False
    sizes: tuple[DataSize, ...] = ()
    deviations: tuple[str, ...] = ()

    @property
    def nodes(self) -> tuple[str, ...]:
        """Every model that is trained for the paper: its own and the references."""
        return self.models + self.references

    @property
    def baselines(self) -> tuple[str, ...]:
        """What the paper compares its own models with."""
        return tuple(model for model in self.models if model not in self.proposed)

    def role(self, model: str) -> Literal["proposed", "baseline", "reference"]:
        """What a model is to the paper."""
        if model in self.proposed:
            return "proposed"
        return "baseline" if model in self.models else "reference"

    def study(self, name: str) -> Study:
        """The study called `name`.

        Raises:
            ConfigError: the paper has none of that name.
        """
        for each in self.studies:
            if each.id == name:
                return each
        known = names_known(name, [each.id for each in self.studies])
        raise ConfigError(f"{self.id} has no study called {name!r}", cure=known)
