import re
from xml.etree import ElementTree

import numpy as np
import pytest

from recdag.plots.labels import place, spread
from recdag.plots.model_figures import (
    Curve,
    Point,
    at_the_edge,
    cost_and_quality,
    front_of,
    learning_curves,
)


def test_front_against_brute_force():
    rng = np.random.default_rng(0)
    for smaller in (False, True):
        seconds, values = rng.integers(1, 20, 30).astype(float), rng.integers(0, 20, 30).astype(float)
        quality = -values if smaller else values
        beaten = [
            any(
                seconds[j] <= seconds[i] and quality[j] >= quality[i]
                and (seconds[j] < seconds[i] or quality[j] > quality[i])
                for j in range(30)
            )
            for i in range(30)
        ]  # fmt: skip
        front = front_of(seconds, values, smaller=smaller)
        points = {(seconds[i], values[i]) for i in range(30) if not beaten[i]}
        assert {(seconds[i], values[i]) for i in front} == points
        assert (np.diff(seconds[front]) > 0).all()


def test_spread_keeps_order_and_distance_and_moves_nothing_without_need():
    positions = np.array([5.0, 1.0, 5.2, 30.0, 5.1])
    moved = spread(positions, gap=2.0)
    assert (np.argsort(moved) == np.argsort(positions)).all()
    assert np.diff(np.sort(moved)).min() >= 2.0 - 1e-9
    assert moved[3] == 30.0
    assert np.sort(moved)[1:4].mean() == pytest.approx(positions[[0, 2, 4]].mean(), abs=0.5)


def test_spread_stays_within_bounds():
    moved = spread([9.0, 9.5, 10.0], gap=2.0, low=0.0, high=10.0)
    assert moved == pytest.approx([6.0, 8.0, 10.0])
    assert spread([0.0, 0.1], gap=2.0, low=0.0, high=10.0) == pytest.approx([0.0, 2.0])


def test_labels_of_well_separated_points_overlap_nothing():
    points = np.array([[10.0, 10.0], [12.0, 60.0], [300.0, 30.0]])
    marks = np.hstack([points - 3, points + 3])
    widths = np.array([40.0, 40.0, 60.0])
    corners = place(points, marks, widths, 10.0, (0.0, 0.0, 320.0, 200.0), gap=3.0)
    assert corners[0] == pytest.approx([15.0, 5.0]), "beside its point where there is room"
    assert_apart(corners, widths, marks)


def test_labels_of_a_crowd_at_the_right_end_cover_neither_points_nor_error_bars():
    rng = np.random.default_rng(4)
    points = np.column_stack([rng.uniform(200, 318, 14), rng.uniform(60, 160, 14)])
    reach = np.array([3.5, 12.0])
    marks = np.column_stack([points - reach, points + reach])
    widths = rng.uniform(20, 80, 14)
    corners = place(points, marks, widths, 11.0, (0.0, 0.0, 330.0, 220.0), gap=3.5)
    assert_apart(corners, widths, marks, height=11.0, right=330.0)


def assert_apart(corners, widths, marks, height=10.0, right=320.0):
    boxes = np.column_stack([corners, corners[:, 0] + widths, corners[:, 1] + height])
    assert (boxes[:, 2] <= right).all()
    for index, box in enumerate(boxes):
        for other in [*marks, *np.delete(boxes, index, axis=0)]:
            apart = box[0] >= other[2] or box[2] <= other[0] or box[1] >= other[3] or box[3] <= other[1]
            assert apart


def texts_of(svg):
    """Text -> (x, y) of its anchor, in points."""
    found = re.findall(r'<text[^>]* x="([\d.-]+)" y="([\d.-]+)"[^>]*>([^<]*)</text>', svg)
    return {text: (float(x), float(y)) for x, y, text in found}


def test_long_names_that_differ_at_their_end_are_written_whole_and_the_axis_title_stays_inside():
    names = ("implicit_cf_nade", "implicit_cf_nade_normalised")
    curves = [Curve(name, k, [1, 2], [-0.1235, -0.1236]) for k, name in enumerate(names)]
    svg = learning_curves(curves, "MPR on validation, lower is better", name="long", title="t")
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
    texts = texts_of(svg)
    for name in names:
        assert texts[name][0] + 5.7 * len(name) <= width
    assert texts["MPR on validation, lower is better"][0] >= 9, (
        "the turned title's line of 9.5 points is not cut"
    )


def test_of_many_lines_the_quiet_ones_are_grey_and_say_their_names_to_who_points_at_them():
    curves = [Curve(f"model_{k}", k, [1, 2, 3], [0.1, 0.2, 0.01 * k], quiet=k < 9) for k in range(14)]
    svg = learning_curves(curves, "y", name="many", title="t")
    shown = texts_of(svg)
    assert [name for name in shown if name.startswith("model_")] == [f"model_{k}" for k in range(9, 14)]
    assert "<title>model_3: 0.03 after epoch 3</title>" in svg


def test_points_say_their_values_to_who_points_at_them(drawings):
    assert "<title>wmf: MPR 0.3000 ± 0.0100, 2.0 s</title>" in drawings["b"]
    assert "MPR, lower is better" in drawings["b"]


def test_one_outlier_does_not_press_the_others_together():
    points = [Point(f"m{k}", k, 1.0 + k, 0.6 + 0.01 * k, 0.01) for k in range(6)]
    shown, heights = at_the_edge([*points, Point("pop", 0, 0.1, 0.1, 0.01)], smaller=False)
    assert heights[:6] == pytest.approx([p.value for p in points]) and heights[6] > 0.5
    assert shown[6].label == "pop 0.1000 ↓"


@pytest.fixture(scope="module")
def drawings():
    curves = [Curve("wmf", 3, [1, 2, 3], [0.1, 0.2, 0.25]), Curve("one <epoch>", 14, [1], [0.2])]
    points = [Point("wmf", 3, 2.0, 0.3, 0.01), Point("item_pop", 0, 0.0, 0.2, float("nan"))]
    return {
        "a": learning_curves(curves, "validation", name="a", title='Curves of "wmf" & others'),
        "b": cost_and_quality(points, "MPR", smaller=True, name="b", title="MPR by time"),
    }


def test_a_figure_is_well_formed_named_and_labelled(drawings):
    for svg in drawings.values():
        root = ElementTree.fromstring(svg)
        assert root.get("role") == "img" and root.get("aria-label")
    assert 'aria-label="Curves of &#34;wmf&#34; &amp; others"' in drawings["a"]
    texts = ["".join(node.itertext()) for node in ElementTree.fromstring(drawings["a"]).iter() if node.text]
    assert {"wmf", "one <epoch>", "epoch", "validation"} <= set(texts)


def test_a_figure_takes_every_colour_from_the_page(drawings):
    for svg in drawings.values():
        assert not re.findall(r"(?:fill|stroke): #", svg)
        assert "var(--series-3)" in svg and "var(--ink)" in svg and "var(--rule)" in svg


def test_ids_in_figures_are_unique_on_the_page(drawings):
    ids = [found for svg in drawings.values() for found in re.findall(r'\bid="([^"]*)"', svg)]
    assert ids and len(set(ids)) == len(ids)
    used = [found for svg in drawings.values() for found in re.findall(r'(?:href="#|url\(#)([^")]*)', svg)]
    assert set(used) <= set(ids)


def test_a_figure_is_the_same_every_time(drawings):
    points = [Point("wmf", 3, 2.0, 0.3, 0.01), Point("item_pop", 0, 0.0, 0.2, float("nan"))]
    assert cost_and_quality(points, "MPR", smaller=True, name="b", title="MPR by time") == drawings["b"]


@pytest.mark.filterwarnings("error")
def test_models_that_took_equally_long_are_drawn_without_a_complaint():
    points = [Point("ease", 0, 0.0, 0.2, 0.01), Point("item_pop", 1, 0.0, 0.1, 0.01)]
    drawn = cost_and_quality(points, "ndcg@20", name="cost", title="cost")
    assert "ease" in drawn and "item_pop" in drawn
