"""The published numbers against those that ir-measures finds in exported lists."""

from dataclasses import replace

import pytest

from recdag.papers.catalogue import PAPERS
from recdag.pipeline.evaluating import evaluate_paper
from recdag.pipeline.request import TrainingRequest
from recdag.pipeline.training import train_model


@pytest.fixture
def check(benchmark_script):
    return benchmark_script("ir_measures_check")


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


def test_the_benchmark_on_demo_agrees_to_1e_6(check, evaluated, capsys, tmp_path):
    evaluated("demo", "benchmark", ("ease", "wmf"))
    assert check.main(["--dataset", "demo", "--paper", "benchmark", "--lists", str(tmp_path)]) == 0
    users = compared(capsys.readouterr().out)
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
def test_every_protocol_agrees(check, evaluated, capsys, paper, models, metrics):
    evaluated("tiny", paper, models)
    assert check.main(["--dataset", "tiny", "--paper", paper, "--depth", "0"]) == 0
    users = compared(capsys.readouterr().out)
    assert {metric for _, metric in users} >= metrics and {model for model, _ in users} == set(models)
    assert max(users.values()) >= 6


def test_tied_users_are_left_out_and_a_wrong_number_is_found(check, evaluated, capsys):
    project = evaluated("tiny", "benchmark", ("ease", "item_pop"))
    assert check.main(["--dataset", "tiny", "--depth", "0"]) == 0
    users = compared(capsys.readouterr().out)
    assert users["item_pop", "map"] < users["ease", "map"]
    with project.published.update() as connection:
        connection.execute("update metrics set value = value + 2e-6 where model = 'ease' and metric = 'map'")
    assert check.main(["--dataset", "tiny", "--depth", "0"]) == 1
    assert "DIFFERS" in capsys.readouterr().out
