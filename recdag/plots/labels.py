"""Where the names in a figure go, so that they do not cover each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_STEP = 5.0
"""Between places that are tried for a label, in points."""


def spread(
    positions: Sequence[float] | np.ndarray, gap: float, low: float = -np.inf, high: float = np.inf
) -> np.ndarray:
    """Positions moved as little as needed, in their order, so that none are closer than `gap`.

    Neighbours that collide share one block, centred on their mean. All stay between `low` and `high`
    if they have room there, and above `low` in any case.
    """
    order = np.argsort(positions, kind="stable")
    blocks: list[list[float]] = []
    for target in np.asarray(positions, dtype=float)[order]:
        blocks.append([target])
        while len(blocks) > 1 and _bottom(blocks[-1], gap) - _top(blocks[-2], gap) < gap:
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    placed = np.array([_bottom(block, gap) + gap * rank for block in blocks for rank in range(len(block))])
    steps = gap * np.arange(len(placed))
    placed = np.maximum(np.minimum(placed, high - steps[::-1]), low + steps)
    moved = np.empty(len(order))
    moved[order] = placed
    return moved


def _bottom(block: Sequence[float], gap: float) -> float:
    return float(np.mean(block)) - gap * (len(block) - 1) / 2


def _top(block: Sequence[float], gap: float) -> float:
    return float(np.mean(block)) + gap * (len(block) - 1) / 2


def place(
    points: np.ndarray,
    marks: np.ndarray,
    widths: np.ndarray,
    height: float,
    within: tuple[float, float, float, float],
    gap: float,
) -> np.ndarray:
    """Lower left corners of labels, to overlap nothing, and otherwise as near to their points as can be.

    The labels of the points with the most neighbours are placed first.

    Args:
        points: (n, 2) positions of the points.
        marks: (n, 4) what is drawn there already: left, low, right, high.
        widths: (n,) of the labels.
        height: of every label.
        within: left, low, right, high, beyond which no label reaches where it has room.
        gap: from a point to the edge of its mark.
    """
    corners = np.empty_like(points)
    labels = np.empty((0, 4))
    left, low, right, high = within
    grid = np.array([(x, y) for x in np.arange(left, right, _STEP) for y in np.arange(low, high, _STEP)])
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    crowd = (distances < 8 * height).sum(axis=1)
    for index in np.argsort(-crowd, kind="stable"):
        size = np.array([widths[index], height])
        beside = points[index] + [[gap + 2, -height / 2], [-gap - 2 - size[0], -height / 2]]
        options = np.vstack([beside, grid])
        boxes = np.hstack([options, options + size])
        beyond = np.maximum([left - boxes[:, 0], low - boxes[:, 1]], 0).sum(axis=0)
        beyond += np.maximum([boxes[:, 2] - right, boxes[:, 3] - high], 0).sum(axis=0)
        taken = _overlaps(boxes, labels).sum(axis=1) + _overlaps(boxes, marks).sum(axis=1)
        away = np.linalg.norm(points[index] - np.clip(points[index], options, options + size), axis=1)
        away[2:] += gap  # beside the point is neater than as near in another direction
        chosen = int(np.argmin(10 * (taken + 100 * beyond) + away))
        corners[index] = options[chosen]
        labels = np.vstack([labels, boxes[chosen]])
    return corners


def _overlaps(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Areas (boxes, others) in which boxes (left, low, right, high) overlap."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    areas: np.ndarray = np.clip(high - low, 0, None).prod(axis=2)
    return areas
