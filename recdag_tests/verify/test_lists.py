"""The published numbers against those that ir-measures finds in exported lists."""

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from recdag.cli import app
from recdag.graph.evaluation import evaluate_paper
from recdag.graph.training import train_model
from recdag.graph.training_request import TrainingRequest
from recdag.papers.catalogue import PAPERS


def verified(*arguments):
    """The exit code of `recdag verify`, and what it printed."""
    ended = CliRunner().invoke(app, ["verify", *arguments])
    return ended.exit_code, ended.output


@pytest.fixture
def evaluated(prepare, monkeypatch):
    """Trains and evaluates a few models under a paper's protocol."""

    def run(dataset, paper, models):
        few = replace(PAPERS[paper], models=models, references=(), lead="", studies=())
        monkeypatch.setitem(PAPERS, paper, few)
        project = prepare(few.protocol, dataset=dataset)
        for model in models:
            train_model(project, TrainingRequest(dataset, paper, model))
        evaluate_paper(project, dataset, paper)
        return project

    return run


def compared(printed):
    """(model, metric) -> users compared."""
    lines = [line.split() for line in printed.splitlines()[1:-1]]
    return {(line[0], line[1]): int(line[5]) for line in lines}


def test_the_benchmark_on_demo_agrees_to_1e_6(evaluated, tmp_path):
    evaluated("demo", "benchmark", ("ease", "wmf"))
    code, printed = verified("--dataset", "demo", "--paper", "benchmark", "--lists", str(tmp_path))
    assert code == 0
    users = compared(printed)
    metrics = {"recall@20", "recall@50", "ndcg@20", "ndcg@100", "precision@5"}
    assert set(users) == {(model, metric) for model in ("ease", "wmf") for metric in metrics}
    assert min(users.values()) > 1000
    lists = (tmp_path / "ease.run").read_text().splitlines()
    assert len(lists) == 100 * len({line.split()[0] for line in lists})


@pytest.mark.parametrize(
    ("paper", "models", "metrics"),
    [
        ("benchmark", ("ease", "neumf"), {"mrr", "map", "ndcg@20"}),
        ("mult_vae", ("ease", "mult_dae"), {"recall@20", "recall@50", "ndcg@100"}),
        ("ncf", ("gmf", "ease"), {"hr@10", "ndcg@10"}),
        ("fawmf", ("wmf", "bpr"), {"precision@5", "recall_plain@5", "ndcg@5"}),
    ],
)
def test_every_protocol_agrees(evaluated, paper, models, metrics):
    evaluated("tiny", paper, models)
    code, printed = verified("--dataset", "tiny", "--paper", paper, "--depth", "0")
    assert code == 0
    users = compared(printed)
    assert {metric for _, metric in users} >= metrics and {model for model, _ in users} == set(models)
    assert max(users.values()) >= 6


def test_tied_users_are_left_out_and_a_wrong_number_is_found(evaluated):
    project = evaluated("tiny", "benchmark", ("ease", "item_pop"))
    code, printed = verified("--dataset", "tiny", "--depth", "0")
    assert code == 0
    users = compared(printed)
    assert users["item_pop", "map"] < users["ease", "map"]
    with project.published.update() as connection:
        connection.execute("update metrics set value = value + 2e-6 where model = 'ease' and metric = 'map'")
    code, printed = verified("--dataset", "tiny", "--depth", "0")
    assert code == 1 and "DIFFERS" in printed


def test_what_has_not_been_trained_cannot_be_verified(prepare):
    prepare("user_holdout")
    ended = CliRunner().invoke(app, ["verify", "--dataset", "tiny"])
    assert "recdag run --dataset tiny --paper benchmark" in str(ended.exception)
