"""The studies as they are declared: names, grids and settings fit the models and the claims."""

import pytest

from recdag.errors import ConfigError
from recdag.evaluation.protocols import PROTOCOLS
from recdag.papers.catalogue import PAPERS
from recdag.papers.claims import load_claims
from recdag.recipes.recipe import load_recipe
from recdag.recommenders.catalogue import model_spec
from recdag.settings import PACKAGE, SHIPPED_RECIPES
from recdag.studies.activity import ByActivity
from recdag.studies.curves import Curves
from recdag.studies.grid import CellGrid, Grid, Series
from recdag.studies.study import ModelStudy, Sweep
from recdag.studies.top_list import TopList

STUDIES = [(paper, study) for paper in PAPERS.values() for study in paper.studies]
IDS = [f"{paper.id}/{study.id}" for paper, study in STUDIES]
GRIDS = [(paper, study) for paper, study in STUDIES if isinstance(study, CellGrid)]


def test_a_study_has_an_asset_name_of_its_own():
    assert len(set(IDS)) == len(IDS)
    for paper, study in STUDIES:
        assert study.id not in {*paper.nodes, "evaluation"}
        assert study.title and study.summary


def test_every_paper_has_a_quick_study_and_grids_are_never_quick():
    for paper in PAPERS.values():
        if paper.id != "benchmark":
            assert any(study.quick for study in paper.studies), paper.id
    assert not any(study.quick for _, study in STUDIES if isinstance(study, Sweep))


def test_every_published_table_has_a_study_that_answers_it():
    claims = load_claims()
    for paper in PAPERS.values():
        published = set(claims.loc[claims["paper"] == paper.id, "source"])
        answered = {source for study in paper.studies for source in study.sources}
        assert answered <= published
        if paper.id == "mult_vae":
            published -= {"Table 3"}  # its rows are runs of ncf
        assert answered == published, paper.id


@pytest.mark.parametrize(("paper", "study"), GRIDS, ids=[f"{p.id}/{s.id}" for p, s in GRIDS])
@pytest.mark.parametrize("dataset", ["demo", "ml-1m"])
def test_every_point_of_a_grid_is_a_valid_configuration(paper, study, dataset):
    recipe = load_recipe(SHIPPED_RECIPES, paper.id)
    for series in study.series:
        assert series.model in paper.nodes
        fields = model_spec(series.model).config.model_fields
        for name, values in study.grid(dataset).items():
            for value in values if name in fields else []:
                linked = {
                    other: factor * value for other, (axis, factor) in series.linked.items() if axis == name
                }
                recipe.config(series.model, dataset, {**series.settings, name: value, **linked})
    known = {name for series in study.series for name in model_spec(series.model).config.model_fields}
    assert set(study.axes) <= known and study.x in {None, *study.axes}


def test_models_and_metrics_of_studies_are_those_of_their_paper():
    for paper, study in STUDIES:
        measured = {*PROTOCOLS[paper.protocol].metrics, "train_seconds"}
        assert set(study.reads().models) <= set(paper.nodes), study.id
        if isinstance(study, CellGrid):
            assert not study.reads().models and study.reads().split
        metrics = () if isinstance(study, TopList | Curves) else getattr(study, "metrics", ())
        assert set(metrics) <= measured, study.id


def test_other_models_and_seeds_can_be_asked_of_a_study_over_seeds():
    study = PAPERS["ncf"].study("seeds")
    assert set(study.choices) == {"models", "seeds"}
    assert set(study.reads().models) < set(PAPERS["ncf"].nodes)
    assert study.reads({"models": ["gmf"]}).models == ("gmf",)


def test_a_kind_is_known_by_the_name_of_its_class():
    kinds = {study.kind for _, study in STUDIES}
    assert kinds >= {
        "grid", "curves", "seeds", "results", "candidates", "top_list", "by_activity", "by_popularity",
        "defaults", "counts", "communities",
    }  # fmt: skip


def test_only_models_that_were_evaluated_are_left_in_a_study():
    study = ByActivity(id="a", title="a", models=("ease", "wmf", "bpr"), metric="ndcg@20")
    assert study.narrowed(["bpr", "ease"]).models == ("ease", "bpr")
    assert study.narrowed([]) is study
    assert {type(each) for _, each in STUDIES if isinstance(each, ModelStudy)} >= {ByActivity, TopList}


def test_values_chosen_go_before_those_of_the_data_set_and_the_paper():
    study = Grid(
        id="s", title="s", series=(Series("wmf"),), axes={"factors": (1, 2), "l2": (0.1,)}, x="factors",
        metrics=("ndcg@10",), by_dataset={"demo": {"factors": (3,)}},
    )  # fmt: skip
    assert study.grid("ml-1m") == {"factors": [1, 2], "l2": [0.1]}
    assert study.grid("demo") == {"factors": [3], "l2": [0.1]}
    assert study.grid("demo", {"factors": [5], "l2": []}) == {"factors": [5], "l2": [0.1]}


def test_an_unknown_study_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="layers"):
        PAPERS["ncf"].study("layer")


def test_a_sweep_knows_what_it_trains():
    found = {name: study.trainings("ml-100k") for name, (_, study) in zip(IDS, STUDIES, strict=True)
             if isinstance(study, Sweep)}  # fmt: skip
    assert found["ncf/layers"] == 5 * 4  # Tables 3 and 4
    assert found["ncf/factors"] == 6 * 4  # Figure 4: six models
    assert found["ncf/negatives"] == 3 * 10  # Figure 7
    assert PAPERS["ncf"].study("layers").trainings("demo") == 3
    random = [name for name in PAPERS["benchmark"].nodes if model_spec(name).random]
    assert found["benchmark/seeds"] == 2 * len(random)


def test_kinds_know_nothing_of_the_rooms_above_them():
    above = ("papers", "recipes", "graph", "report", "serving", "orchestration", "cli", "web")
    for file in (PACKAGE / "studies").glob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert not any(f"recdag.{room}" in text for room in above), file.name
