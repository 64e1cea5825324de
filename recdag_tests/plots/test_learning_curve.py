from recdag.plots.learning_curve import learning_curve


def drawn(monkeypatch, rows, *validation, **direction):
    """Title and heights of each panel."""
    from matplotlib.figure import Figure

    figures = []
    saved = Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda self, *args, **known: (figures.append(self), saved(self, *args, **known))
    )
    assert learning_curve(rows, *validation, **direction).startswith(b"\x89PNG")
    return {axes.get_title(): [list(line.get_ydata()) for line in axes.lines] for axes in figures[0].axes}


ROWS = [
    {"phase": "select", "epoch": epoch, "name": name, "value": value}
    for epoch, name, value in ((1, "loss", 0.9), (1, "validation", -0.3), (2, "validation", -0.2))
]


def test_what_is_better_where_it_is_small_is_drawn_as_it_was_measured(monkeypatch):
    assert drawn(monkeypatch, ROWS, "MPR", smaller_is_better=True) == {
        "loss": [[0.9]],
        "MPR, lower is better": [[0.3, 0.2]],
    }


def test_what_is_better_where_it_is_large_keeps_its_sign(monkeypatch):
    rows = [row | {"value": abs(row["value"])} for row in ROWS]
    assert drawn(monkeypatch, rows, "NDCG@100") == {"loss": [[0.9]], "NDCG@100": [[0.3, 0.2]]}


def test_without_epochs_there_is_no_picture():
    assert learning_curve([], "MPR") is None
