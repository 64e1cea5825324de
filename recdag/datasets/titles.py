"""Titles for the items of the simulated shop."""

from __future__ import annotations

import numpy as np

_QUALITIES = (
    "Small", "Old", "Northern", "Silver", "Quiet", "Summer", "Royal", "Blue", "Simple", "Golden",
    "Wild", "Travelling", "Little", "Midnight", "Amber", "Portable", "Lucky", "Coastal",
)  # fmt: skip
_THINGS = (
    ("Saucepan", "Teapot", "Bread Knife", "Pepper Mill", "Mixing Bowl", "Coffee Press", "Apron",
     "Cake Tin", "Rolling Pin", "Chopping Board", "Ladle", "Spice Rack"),
    ("Watering Can", "Rose Bush", "Bird Feeder", "Garden Fork", "Flower Pot", "Lantern", "Herb Seeds",
     "Hedge Shears", "Deck Chair", "Wheelbarrow", "Rain Barrel", "Trellis"),
    ("Rucksack", "Two-Person Tent", "Climbing Rope", "Compass", "Sleeping Bag", "Camp Stove",
     "Head Torch", "Walking Poles", "Rain Jacket", "Water Bottle", "Map Case", "Hammock"),
    ("Detective Story", "Atlas", "Cookery Book", "Poems", "Sea Novel", "Grammar", "Fairy Tales",
     "Biography", "Chess Book", "History of Trade", "Diary", "Dictionary"),
    ("Guitar Strings", "Drum Sticks", "Songbook", "Harmonica", "Metronome", "Violin Bow", "Ukulele",
     "Headphones", "Turntable", "Music Stand", "Flute", "Tambourine"),
    ("Train Set", "Jigsaw Puzzle", "Wooden Blocks", "Kite", "Board Game", "Doll's House", "Marbles",
     "Spinning Top", "Toy Boat", "Rocking Horse", "Card Game", "Yo-Yo"),
)  # fmt: skip


def shop_titles(rng: np.random.Generator, communities: np.ndarray) -> tuple[str, ...]:
    """A different title for each item; items of a community are things of one kind.

    Args:
        rng: decides which item gets which title.
        communities: (m,) community of each item.
    """
    titles = [""] * len(communities)
    for community in np.unique(communities):
        things = _THINGS[community % len(_THINGS)]
        names = [f"{quality} {thing}" for quality in _QUALITIES for thing in things]
        edition = "" if community < len(_THINGS) else f", series {community // len(_THINGS) + 1}"
        members = np.flatnonzero(communities == community)
        order = rng.permutation(len(names))
        for nth, item in enumerate(members):
            number = nth // len(names)
            titles[item] = names[order[nth % len(names)]] + edition + (f" No. {number + 1}" if number else "")
    return tuple(titles)
