from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from recdag.papers.catalogue import PAPERS
from recdag.report import queries
from recdag.report.result_tables import result_table
from recdag.report.table_figures import figures_of
from recdag.report.tables import Column


@pytest.fixture
def table_of(connection):
    results = queries.read_results(connection)
    return lambda paper, dataset: result_table(results, paper, dataset, about=PAPERS[paper])


def curves(table, rows):
    """Rows of learning curves: (model, phase, epoch, validation)."""
    frame = pd.DataFrame(rows, columns=["model", "phase", "epoch", "value"])
    variants = {row.model: row.variant for row in table.headlines}
    return frame.assign(
        dataset=table.dataset, paper=table.paper, variant=frame["model"].map(variants), name="validation"
    )


def drawn(table, rows):
    return next(figure for figure in figures_of(table, curves(table, rows)) if "validation" in figure.caption)


def test_mpr_is_drawn_as_itself_with_its_direction(table_of):
    table = replace(
        table_of("benchmark", "demo"), protocol="holdout_10pct", columns=(Column("mpr", "all", 0),)
    )
    figure = drawn(table, [("wmf", "select", 1, -0.35), ("wmf", "select", 2, -0.15)])
    assert "MPR on validation, lower is better" in figure.svg
    assert figure.caption == "MPR on validation after each epoch. Lower is better."
    assert "wmf ends at 0.15" in figure.svg and "-0.15" not in figure.svg and "−0.15" not in figure.svg


def test_of_a_training_in_phases_the_last_one_is_drawn_and_said(table_of):
    table = table_of("mult_vae", "demo")
    rows = [("mult_vae_pr", "select-anneal", epoch, 0.01 * epoch) for epoch in range(1, 60)]
    rows += [("mult_vae_pr", "select-capped", epoch, 0.3) for epoch in (1, 2, 3)]
    figure = drawn(table, [*rows, ("wmf", None, 1, 0.2)])
    assert "<title>mult_vae_pr: 0.3 after epoch 3</title>" in figure.svg
    assert figure.caption.endswith("Of mult_vae_pr the last phase alone.")


def test_of_many_models_five_are_told_apart(table_of):
    table = table_of("benchmark", "demo")
    rows = [(row.model, None, epoch, row.cells[0].value) for row in table.headlines for epoch in (1, 2)]
    figure = drawn(table, rows)
    assert "The 5 that end best are in colour" in figure.caption
    best = [row.model for row in table.headlines[:5]]
    assert all(f">{model}</text>" in figure.svg for model in best)
    assert f">{table.headlines[6].model}</text>" not in figure.svg


def test_the_caption_tells_of_a_line_and_of_times_only_where_they_are(table_of):
    table = table_of("ncf", "demo")
    nothing = curves(table, [])
    (cost,) = figures_of(table, nothing)
    assert "The grey line joins" in cost.caption and "Shorter times stand at 0.01 s." in cost.caption
    best = replace(table.rows[0], seconds=0.5)
    others = [replace(row, seconds=1.0 + n) for n, row in enumerate(table.rows[1:5])]
    (alone,) = figures_of(replace(table, rows=(best, *others)), nothing)
    assert "grey line" not in alone.caption and "Shorter times" not in alone.caption
    assert not np.isnan(best.cells[0].value)


def test_final_trainings_of_a_phase_are_not_read_as_learning_curves(made, tmp_path):
    import duckdb

    path = tmp_path / "copy.duckdb"
    path.write_bytes(made.path.read_bytes())
    with duckdb.connect(str(path)) as connection:
        connection.execute("update training_history set phase = 'final-gmf' where model = 'neumf_pretrain'")
        models = set(queries.read_curves(connection)["model"])
    assert "neumf" in models and "neumf_pretrain" not in models
