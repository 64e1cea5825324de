from datetime import datetime

import pandas as pd
import pytest
import yaml

from recdag.graph.claim_rows import compare_with_papers, obtainable, report_key, searchable
from recdag.graph.project import Project
from recdag.papers.claims import load_claims
from recdag.report.verdicts.evidence import SIMULATED
from recdag.warehouse.published import replace_rows


@pytest.fixture
def project(home):
    return Project.open()


def test_the_comparison_says_of_simulated_data_that_they_are(project):
    with project.published.update() as connection:
        for name, simulated in (("demo", True), ("ml-100k", False)):
            row = pd.DataFrame(
                [{"dataset": name, "simulated": simulated, "loaded_at": datetime(2026, 11, 24)}]
            )
            replace_rows(connection, "datasets", row, dataset=name)
            measured = {"dataset": name, "paper": "ncf", "protocol": "p", "model": "m", "metric": "hr@10"}
            replace_rows(
                connection, "metrics", pd.DataFrame([measured | {"value": 0.1}]), dataset=name, paper="ncf"
            )
    told = compare_with_papers(project).metadata
    assert told["demo"] == SIMULATED and "ml-100k" not in told
    assert told["not_run"] + told["not_comparable"] == len(load_claims())


def test_data_that_can_be_had_are_those_with_an_address_or_with_files_here(project, tmp_path, monkeypatch):
    names = obtainable(project)
    assert {"ml-1m", "ml-20m", "ml-100k"} <= names and "demo" not in names
    assert not names & {"douban", "netflix", "taobao", "tv-watch"}
    before = report_key(project, {})
    folder = tmp_path / "placed" / "douban"
    folder.mkdir(parents=True)
    (folder / "uir.index").write_text("")
    monkeypatch.setenv("RECDAG_DATA_DIR", str(folder.parent))
    assert "douban" in obtainable(project)
    assert report_key(project, {}) != before


def test_papers_with_something_to_search_are_known_and_a_damaged_recipe_says_nothing(project):
    assert searchable(project) == frozenset()
    path = project.recipe_file("ncf")
    recipe = yaml.safe_load(path.read_text())
    recipe["models"]["bpr"]["factors"]["search"] = [4, 8]
    path.write_text(yaml.safe_dump(recipe))
    assert searchable(project) == {"ncf"}
    path.write_text("models: [")
    assert searchable(project) == frozenset()
