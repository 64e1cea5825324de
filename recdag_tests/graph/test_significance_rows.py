"""The published table of paired tests, from trained models to rows."""

import pytest

from recdag.graph.evaluation import evaluate_paper
from recdag.graph.training import train_model
from recdag.graph.training_request import TrainingRequest
from recdag.papers.catalogue import PAPERS

# every row beside the difference of the published means
DIFFERENCES = """
    select s.metric, s.model_a, s.model_b, s.difference, a.value - b.value as expected, s.n_users, a.n_users,
           s.ci_low, s.ci_high, s.p_value, s.p_adjusted, s.p_wilcoxon
    from significance s
    join metrics a on (a.dataset, a.paper, a.metric, a.model) = (s.dataset, s.paper, s.metric, s.model_a)
    join metrics b on (b.dataset, b.paper, b.metric, b.model) = (s.dataset, s.paper, s.metric, s.model_b)
    where s.paper = ? and a.study is null and b.study is null
"""


def train(project, paper, **options):
    for model in PAPERS[paper].nodes:
        train_model(project, TrainingRequest("tiny", paper, model, **options))


def rows(project, paper):
    with project.published.reading() as connection:
        return connection.execute(DIFFERENCES, [paper]).fetchall()


@pytest.mark.parametrize("paper", ["cf_nade", "fawmf"])
def test_every_row_is_the_difference_of_two_published_means(prepare, paper):
    project, about = prepare(PAPERS[paper].protocol), PAPERS[paper]
    train(project, paper)
    evaluate_paper(project, "tiny", paper)
    found = rows(project, paper)
    for _, _, _, difference, expected, n_users, of_metrics, low, high, p, adjusted, signed_rank in found:
        assert difference == pytest.approx(expected, abs=1e-6)
        assert n_users == of_metrics and low <= difference <= high
        assert 0 <= p <= adjusted <= 1 and 0 <= signed_rank <= 1
    sign = -1 if paper == "cf_nade" else 1
    for metric in about.metrics:
        pairs = {(a, b): difference for name, a, b, difference, *_ in found if name == metric}
        references = {a for a, _ in pairs}
        assert about.lead in references and 1 <= len(references) <= 2
        assert all((a, b) in pairs for a in references for b in about.nodes if a != b)
        (best,) = references - {about.lead} or {about.lead}
        assert all(sign * pairs[best, b] >= 0 for b in about.nodes if b != best)


def test_the_tests_are_done_again_only_where_something_changed(prepare):
    project = prepare(PAPERS["cf_nade"].protocol)
    train(project, "cf_nade")
    assert not evaluate_paper(project, "tiny", "cf_nade").cached
    first = rows(project, "cf_nade")
    assert evaluate_paper(project, "tiny", "cf_nade").cached
    with project.published.update() as connection:
        connection.execute("delete from significance")
        connection.execute("delete from provenance where asset = 'cf_nade/evaluation'")
    outcome = evaluate_paper(project, "tiny", "cf_nade")
    assert not outcome.cached and outcome.metadata["evaluated"] == []
    assert rows(project, "cf_nade") == first
    train_model(project, TrainingRequest("tiny", "cf_nade", "wmf", {"factors": 2}))
    evaluate_paper(project, "tiny", "cf_nade")
    again = rows(project, "cf_nade")
    assert len(again) >= 2 and again != first
    assert all(each[3] == pytest.approx(each[4], abs=1e-6) for each in again)


def test_models_chosen_on_test_take_no_part(prepare):
    project, about = prepare(PAPERS["cf_nade"].protocol), PAPERS["cf_nade"]
    train(project, "cf_nade")
    train_model(project, TrainingRequest("tiny", "cf_nade", about.lead, selection="as_published"))
    evaluate_paper(project, "tiny", "cf_nade")
    compared = {model for _, a, b, *_ in rows(project, "cf_nade") for model in (a, b)}
    assert compared == set(about.nodes) - {about.lead}
    train(project, "cf_nade", selection="as_published")
    evaluate_paper(project, "tiny", "cf_nade")
    assert rows(project, "cf_nade") == []
