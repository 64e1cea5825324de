"""Pictures and Markdown of stored tables."""

import pandas as pd
import pytest

from recdag.graph import previews
from recdag.graph.assets import make
from recdag.graph.project import Project
from recdag.warehouse.published import replace_rows
from recdag.warehouse.schema import SCHEMA
from recdag_tests.conftest import TABLES

PNG = b"\x89PNG"
WHERE = ("dataset", "paper", "study")


@pytest.fixture
def made(home):
    """A project with all tables before training, and the metadata of each."""
    project = Project.open()
    make(project, "tiny", *TABLES)
    return project


def test_a_picture_is_kept_for_a_version_and_replaced_with_the_next(made):
    project = made
    folder = project.settings.data / "pictures" / "tiny"
    for draw, name in ((previews.tails_picture, "binarized"), (previews.counts_picture, "interactions")):
        first = draw(project, "tiny", "v1")
        assert first.startswith(PNG)
        (folder / f"{name}-v1.png").write_bytes(b"as it was")
        assert draw(project, "tiny", "v1") == b"as it was"
        assert draw(project, "tiny", "v2") == first
        assert [each.name for each in folder.glob(f"{name}-*")] == [f"{name}-v2.png"]


def test_results_are_ordered_by_the_leading_metric_in_its_own_direction(home):
    project = Project.open()
    project.published.ensure()
    values = {
        ("gmf", "hr@10"): 0.5,
        ("gmf", "ndcg@10"): 0.25,
        ("mlp", "hr@10"): 0.75,
        ("mlp", "coverage@20"): 1.0,
    }
    error = {"gmf": {"std_err": 0.0125}}
    ranks = {("wmf", "mpr"): 0.4, ("implicit_cf_nade", "mpr"): 0.3}
    with project.published.update() as connection:
        for paper, rows in (("ncf", values), ("cf_nade", ranks)):
            table = pd.DataFrame(
                [
                    {"model": model, "metric": metric, "value": value, **error.get(model, {})}
                    for (model, metric), value in rows.items()
                ]
            )
            columns = [name for name in SCHEMA["metrics"] if name not in WHERE]
            table = table.reindex(columns=columns).assign(users="all")
            replace_rows(connection, "metrics", table, dataset="tiny", paper=paper, study=None)
    assert previews.results_table(project, "tiny", "ncf").splitlines() == [
        "| model | HR@10 | NDCG@10 |",
        "|---|---|---|",
        "| mlp | 0.7500 |  |",
        "| gmf | 0.5000 ± 0.0125 | 0.2500 ± 0.0125 |",
    ]
    assert previews.leading_values(project, "tiny", "ncf") == {"HR@10 gmf": 0.5, "HR@10 mlp": 0.75}
    ordered = previews.results_table(project, "tiny", "cf_nade").splitlines()[2:]
    assert [line.split()[1] for line in ordered] == ["implicit_cf_nade", "wmf"]
    assert previews.published_rows(project, "metrics", dataset="tiny", paper="ncf") == 4
    assert previews.published_rows(project, "metrics") == 6


def test_a_long_axis_of_a_study_is_shown_in_steps(home):
    project = Project.open()
    project.published.ensure()
    rows = pd.DataFrame({"x": range(30), "value": [each / 100 for each in range(30)]}).assign(
        x_name="epoch", series="gmf", metric="hr@10", statistic="mean", std_err=None
    )
    with project.published.update() as connection:
        replace_rows(connection, "studies", rows, dataset="tiny", paper="ncf", study="epochs")
    title, _, head, _, only = previews.study_table(project, "tiny", "ncf", "epochs").splitlines()
    assert title == "hr@10 by epoch"
    assert head.count("|") - 2 <= previews.MOST_COLUMNS and "| 0 | 3 |" in head
    assert only.startswith("| gmf | 0 | 0.03 |")
    assert previews.study_table(project, "tiny", "ncf", "none") == "No rows."
