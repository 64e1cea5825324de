"""What people write is what they mean: in the README, in the help and in every cure."""

import re
import shlex

import dagster as dg
import pytest

from recdag.cli.run_options import RunOptions
from recdag.errors import ConfigError, RecdagError
from recdag.graph.ledger import input_versions
from recdag.graph.project import Project
from recdag.graph.trained_services import find_card
from recdag.orchestration.definitions import build_defs
from recdag.orchestration.selections import resolve, with_keys
from recdag.papers.catalogue import PAPERS
from recdag.report.row_provenance import training_command
from recdag.settings import CHECKOUT

TABLES = {"raw_files", "events", "interactions", "binarized"}


@pytest.fixture(scope="module")
def graph():
    return build_defs().resolve_asset_graph()


def selected(graph, selection):
    return {key.to_user_string() for key in resolve(selection, graph)}


def needed(graph, asset):
    """An asset and all above it."""
    key = dg.AssetKey.from_user_string(asset)
    return {each.to_user_string() for each in dg.AssetSelection.assets(key).upstream().resolve(graph)}


@pytest.mark.parametrize(
    ("selection", "assets"),
    [
        ("binarized", {"binarized"}),
        ("+binarized", TABLES),
        ("1+binarized", {"interactions", "binarized"}),
        ("+ncf/gmf", {*TABLES, "splits/leave_one_out", "ncf/gmf"}),
        ('+"ncf/gmf"', {*TABLES, "splits/leave_one_out", "ncf/gmf"}),
        ("+events or ncf/gmf", {"raw_files", "events", "ncf/gmf"}),
        ("(+binarized) and not raw_files", TABLES - {"raw_files"}),
        ("roots(+events)", {"raw_files"}),
        ('splits/* and tag:"candidates"="sampled"', {"splits/leave_one_out"}),
    ],
)
def test_a_bare_name_is_an_asset_and_plus_all_that_it_needs(graph, selection, assets):
    assert selected(graph, selection) == assets


def test_what_hangs_on_an_asset_is_named_by_a_plus_behind(graph):
    below = selected(graph, "binarized+")
    assert {"binarized", "relative_rating", "ncf/gmf", "benchmark/evaluation", "report"} <= below
    assert not below & {"raw_files", "events", "interactions"}


@pytest.mark.parametrize(
    "selection",
    ["*", '+group:"ncf" or key:"report"', '(*) and not tag:"study"="large"', "kind:duckdb", 'key:"ncf/*"'],
)
def test_what_dagster_understands_stays_as_it_is(selection):
    assert with_keys(selection) == selection


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ("+ncf/gmff", "no asset is called 'ncf/gmff'. Did you mean 'ncf/gmf'"),
        ('+key:"ncf/gmff"', "no asset is called 'ncf/gmff'. Did you mean 'ncf/gmf'"),
        ("neumf", "Did you mean 'ncf/neumf'"),
        ("binarised", "Did you mean 'binarized'"),
        ("key:nothing", "recdag models and recdag studies list the rest"),
        ("group:nothing", "names no asset"),
        ("events and (", "cannot be read"),
    ],
)
def test_a_name_that_no_asset_has_is_told_with_the_nearest(graph, selection, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        resolve(selection, graph)


def documented():
    """Every command in the documents that selects assets; those of adding.md are of assets yet to be made."""
    pages = [page for page in sorted((CHECKOUT / "docs").glob("*.md")) if page.name != "adding.md"]
    for page in (CHECKOUT / "README.md", *pages):
        yield from re.findall(
            r"((?:recdag run|dagster asset materialize|dg launch) -.*)$", page.read_text(), re.M
        )


@pytest.mark.parametrize("command", documented())
def test_every_documented_command_selects_what_it_says(graph, command):
    if command.startswith("recdag run"):
        assert selected(graph, asked(command).selection)
    else:  # Dagster's own commands know no bare names
        words = shlex.split(command, comments=True)
        (at,) = (place for place, word in enumerate(words) if word in ("--select", "--assets"))
        chosen = {key.to_user_string() for key in dg.AssetSelection.from_string(words[at + 1]).resolve(graph)}
        assert chosen > TABLES


def asked(command):
    """What the options of a command ask for."""
    words = shlex.split(command, comments=True)
    values = {name: words[at + 1] for at, name in enumerate(words[:-1]) if name.startswith("--")}
    axis = [words[at + 1] for at, name in enumerate(words) if name == "--axis"]
    names = ("--paper", "--models", "--study", "--select")
    paper, models, study, select = (values.get(name) for name in names)
    return RunOptions.parse(paper, models, study, select, axis, "--studies" in words)


def cures():
    """(asset that is lacking, command that a message names) of every message with a selection."""
    project = Project.open()
    for asset in ("events", "interactions", "binarized", "splits/user_holdout"):
        with pytest.raises(RecdagError) as lacking:
            input_versions(project, "tiny", [asset])
        yield asset, lacking.value.cure
    with pytest.raises(RecdagError) as lacking:
        find_card(project, "tiny", "benchmark/ease")
    yield "benchmark/ease", lacking.value.cure
    yield "ncf/gmf", training_command("tiny", "ncf", "gmf")


def test_every_cure_makes_what_was_lacking_and_all_that_it_needs(home, graph):
    for asset, cure in cures():
        command = cure[cure.index("recdag run") :]
        assert selected(graph, asked(command).selection) == needed(graph, asset)


def test_some_models_are_selected_with_what_shows_them_and_nothing_of_the_others(graph):
    chosen = selected(
        graph, RunOptions.parse(None, "item_pop, wmf,item_pop", None, None, None, False).selection
    )
    models = {name for name in chosen if name.partition("/")[2] in PAPERS["benchmark"].nodes}
    assert models == {"benchmark/item_pop", "benchmark/wmf"}
    assert chosen - models == {
        *TABLES, "splits/user_holdout", "benchmark/evaluation", "benchmark/activity", "benchmark/popularity",
        "benchmark/defaults", "comparison", "report",
    }  # fmt: skip
    assert "recommendations" in selected(
        graph, RunOptions.parse(None, "ease", None, None, None, False).selection
    )
    of_ncf = selected(graph, RunOptions.parse("ncf", "gmf", None, None, None, False).selection)
    assert {"ncf/gmf", "ncf/evaluation", "splits/leave_one_out"} <= of_ncf
    assert not of_ncf & {"ncf/mlp", "ncf/top_k", "benchmark/evaluation", "recommendations"}


def test_a_study_asks_only_for_the_models_that_it_reads(graph):
    seeds = RunOptions.parse(None, None, "benchmark/seeds", None, ["models=bpr,wmf", "seeds=1,2"], False)
    chosen = selected(graph, seeds.selection)
    models = {name for name in chosen if name.partition("/")[2] in PAPERS["benchmark"].nodes}
    assert models == {"benchmark/bpr", "benchmark/wmf"}
    assert {"benchmark/evaluation", "benchmark/seeds", "comparison", "report"} <= chosen
    assert seeds.axes == {"benchmark/seeds": {"models": ["bpr", "wmf"], "seeds": [1, 2]}}
    with pytest.raises(ConfigError, match="Did you mean 'benchmark/bpr'"):
        resolve(RunOptions.parse(None, None, "benchmark/seeds", None, ["models=bqr"], False).selection, graph)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("ncf", "gmf,wfm", None, None, None, False), "ncf has no model 'wfm'. Did you mean 'wmf'"),
        ((None, ",", None, None, None, False), "names no model"),
        ((None, "ease", "ncf/layers", None, None, False), "exclude each other"),
        (("ncf", None, None, "events", None, False), "exclude each other"),
        ((None, "ease", None, None, None, True), "--studies adds to a paper"),
        ((None, None, None, None, ["a=1"], False), "--axis needs a study"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, message):
    with pytest.raises(RecdagError, match=message):
        RunOptions.parse(*options)
