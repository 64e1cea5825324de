"""Where the names in a figure go, so that they do not cover each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Where a label may stand, as shift by its own width, then by reach in x and y, then by half its height:
# right, left, above and below to either side, above and below centred.
_DIRECTIONS = np.array(
    [
        (0, 1, 0, 0),
        (-1, -1, 0, 0),
        (0, 0.5, 0, 1),
        (0, 0.5, 0, -1),
        (-1, -0.5, 0, 1),
        (-1, -0.5, 0, -1),
        (-0.5, 0, 0.5, 1),
        (-0.5, 0, -0.5, -1),
    ]
)


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
    points: np.ndarray, marks: np.ndarray, widths: np.ndarray, height: float, right: float, gap: float
) -> np.ndarray:
    """Lower left corners of labels beside points, chosen one by one to overlap as little as can be.

    Args:
        points: (n, 2) positions of the points.
        marks: (n, 4) what is drawn there already: left, low, right, high.
        widths: (n,) of the labels.
        height: of every label.
        right: no label should reach beyond this x.
        gap: from a point to the edge of its mark.
    """
    corners = np.empty_like(points)
    labels = np.empty((0, 4))
    for index, ((x, y), width) in enumerate(zip(points, widths, strict=True)):
        shifts, low = _DIRECTIONS[:, :1] * width, y - height / 2 + _DIRECTIONS[:, 3:] * (height / 2 + gap)
        options = np.vstack(
            [
                np.hstack([x + shifts + _DIRECTIONS[:, 1:2] * reach, low + _DIRECTIONS[:, 2:3] * reach])
                for reach in (gap + 2, 3 * gap)
            ]
        )
        boxes = np.hstack([options, options + np.array([width, height])])
        cost = 3 * _overlaps(boxes, labels).sum(axis=1) + _overlaps(boxes, marks).sum(axis=1)
        cost += 1e3 * np.maximum(boxes[:, 2] - right, 0) + np.arange(len(boxes))
        chosen = int(np.argmin(cost))
        corners[index] = options[chosen]
        labels = np.vstack([labels, boxes[chosen]])
    return corners


def _overlaps(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Areas (boxes, others) in which boxes (left, low, right, high) overlap."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    return np.clip(high - low, 0, None).prod(axis=2)
