"""docs/adding.md: all its changes together, made to a copy of the project, give what the page says."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from recdag.settings import CHECKOUT
from recdag_tests.conftest import make_home
from recdag_tests.pages import Block, blocks

PAGE = Path(__file__).parents[1] / "docs" / "adding.md"
EXAMPLE = "data/catalog/clicks.yaml"
CHANGED = ("recdag", "models/recipes", "data/catalog")
RUN = """
import json
from recdag.graph.assets import graph, make
from recdag.graph.overview import project_status
from recdag.graph.project import Project
from recdag.graph.snapshot import Snapshot

project = Project.open()
assets = ["raw_files", "events", "interactions", "binarized", "popularity"]
make(project, "clicks", *assets)
models = ["item_pop", "rp3beta"]
for paper, protocol in (("benchmark", "user_holdout"), ("walks", "last_item")):
    assets += [f"splits/{protocol}", *(f"{paper}/{model}" for model in models), f"{paper}/evaluation"]
make(project, "tiny", *assets, "benchmark/quantiles", "comparison", "report")
again = make(project, "tiny", *assets, "benchmark/quantiles")

def rows(query):
    with project.published.reading() as connection:
        return connection.execute(query).fetchall()

with project.warehouse.reading("clicks") as connection:
    popular = connection.execute("select users from popularity").fetchall()
states = {each.asset: each.state for status in project_status(Snapshot.open()) for each in status.assets
          if status.dataset == "tiny"}
print(json.dumps({
    "metrics": rows("select paper, model, metric, value from metrics where study is null and users = 'all'"),
    "studies": rows("select kind, series, x from studies where paper = 'benchmark' and study = 'quantiles'"),
    "claims": rows("select model, published, verdict from claims where paper = 'walks'"),
    "leaders": rows("select model from leaderboard where metric = 'mean_rank' order by place"),
    "popular": popular,
    "cached": [outcome.cached for outcome in again],
    "states": {asset: states.get(asset) for asset in [*assets, "benchmark/quantiles"]},
    "assets": list(graph(project)),
    "page": project.settings.report.read_text(encoding="utf-8"),
    "beta": project.recipe("walks").config("rp3beta", "tiny").beta,
}))
"""


def changed(text: str, block: Block) -> str:
    """A file with the changes of a diff, whose parts begin with @@ and go where their text stands once."""
    for part in block.text.split("@@\n")[1:]:
        lines = part.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] in " -")
        after = "".join(line[1:] for line in lines if line[0] in " +")
        assert text.count(before) == 1, f"{block.file} has {text.count(before)} times:\n{before}"
        text = text.replace(before, after)
    return text


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project with all changes of the page."""
    assert CHECKOUT is not None
    copy = tmp_path_factory.mktemp("checkout")
    for folder in CHANGED:
        shutil.copytree(CHECKOUT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "pyproject.toml", copy)
    for block in blocks(PAGE):
        path = copy / block.file
        if block.language == "diff":
            path.write_text(changed(path.read_text(encoding="utf-8"), block), encoding="utf-8")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
    return copy


@pytest.fixture(scope="module")
def result(project, tmp_path_factory):
    """What a process says that runs what was added."""
    home = make_home(tmp_path_factory.mktemp("added") / "home")
    clicks = [{"visitor": f"v{n % 7}", "sku": f"s{n % 4}", "at": 1_700_000_000 + n} for n in range(60)]
    raw = home / "data" / "raw" / "clicks"
    raw.mkdir()
    (raw / "clicks.jsonl").write_text("\n".join(map(json.dumps, clicks)))
    environment = os.environ | {"RECDAG_HOME": str(home), "PYTHONPATH": str(project)}
    ran = subprocess.run(
        [sys.executable, "-c", RUN], env=environment, cwd=home, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_the_model_is_measured_for_both_papers(result):
    measured = {(paper, model, metric) for paper, model, metric, _ in result["metrics"]}
    assert {("benchmark", "rp3beta", "ndcg@20"), ("walks", "rp3beta", "ndcg@10")} <= measured
    values = {(paper, model, metric): value for paper, model, metric, value in result["metrics"]}
    better = ("walks", "rp3beta", "ndcg@10"), ("walks", "item_pop", "ndcg@10")
    assert values[better[0]] > values[better[1]]


def test_the_metric_is_measured_ordered_and_shown(result):
    ranks = {model: value for paper, model, metric, value in result["metrics"] if metric == "mean_rank"}
    assert ranks.keys() == {"rp3beta", "item_pop"} and all(value >= 1 for value in ranks.values())
    assert [model for (model,) in result["leaders"]] == sorted(ranks, key=ranks.get)
    assert "Mean rank" in result["page"]


def test_the_kind_of_study_has_rows_and_a_section(result):
    assert {kind for kind, _, _ in result["studies"]} == {"quantiles"}
    assert {x for _, _, x in result["studies"]} == {0.1, 0.25, 0.5, 0.75, 0.9}
    assert "benchmark-tiny-study-quantiles" in result["page"]


def test_the_paper_has_its_recipe_and_its_claim_a_verdict(result):
    assert result["beta"] == 0.7
    assert result["claims"] == [
        ["rp3beta", 0.3, "not_run"],
        ["bpr", 0.2, "not_run"],
        ["item_pop", 0.1, "not_run"],
    ]
    assert "Walks beside factors" in result["page"]


def test_the_format_is_read_and_the_kind_of_asset_made(result):
    assert [users for (users,) in result["popular"]] == [7, 7, 7, 7]


def test_a_second_run_finds_all_of_it_current(result):
    assert all(result["cached"])
    assert set(result["states"].values()) == {"current"}


def test_every_file_that_the_page_changes_is_counted_in_its_table():
    text = PAGE.read_text(encoding="utf-8")
    for row in text.splitlines():
        if not row.startswith("| [a "):
            continue
        title, new, others = (cell.strip() for cell in row.strip("|").split("|"))
        section = title[1:].partition("]")[0].capitalize()
        mine = [block for block in blocks(PAGE) if block.section == section and block.file != EXAMPLE]
        files = {
            kind: {block.file for block in mine if (block.language == "diff") == kind}
            for kind in (True, False)
        }
        assert str(len(files[False]) or "") == new, section
        assert str(len(files[True]) or "") == others.partition(",")[0], section
