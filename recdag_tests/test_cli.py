"""The command as a user types it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from recdag.cli import completion
from recdag.graph.project import Project
from recdag_tests.command import recdag


def test_a_paper_from_files_to_report(home):
    first = recdag("run", "--dataset", "tiny", "--paper", "cf_nade")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "item_pop" in first.stdout and "report.html" in first.stdout and "make ui" in first.stdout
    again = recdag("run", "--dataset", "tiny", "--paper", "cf_nade")
    assert again.returncode == 0 and "0 assets computed" in again.stdout

    query = "select model, value from metrics where metric = 'mpr' order by model"
    rows = json.loads(recdag("sql", query, "--format", "json").stdout)
    assert {row["model"] for row in rows} >= {"item_pop", "wmf"}
    printed = recdag("sql", query, "--format", "csv").stdout.splitlines()
    assert printed[0] == "model,value" and len(printed) == len(rows) + 1


def test_a_paper_is_tuned_where_its_recipe_says_what_to_try(home):
    path = home / "models" / "recipes" / "cf_nade.yaml"
    recipe = yaml.safe_load(path.read_text())
    recipe["models"]["wmf"]["factors"]["search"] = {"low": 2, "high": 16, "log": True}
    path.write_text(yaml.safe_dump(recipe))
    tuned = recdag("run", "--dataset", "tiny", "--paper", "cf_nade", "--budget", "2")
    assert tuned.returncode == 0, tuned.stdout + tuned.stderr

    query = "select distinct model, budget_trials from metrics where study is null"
    rows = json.loads(recdag("sql", query, "--format", "json").stdout)
    budgets = {row["model"]: row["budget_trials"] for row in rows}
    assert budgets.pop("wmf") == 2 and set(budgets.values()) == {None}
    query = "select model, state, budget_trials from trials order by trial"
    rows = json.loads(recdag("sql", query, "--format", "json").stdout)
    assert [tuple(row.values()) for row in rows] == [("wmf", "complete", 2)] * 2

    again = recdag("run", "--dataset", "tiny", "--paper", "cf_nade", "--budget", "2")
    assert "0 assets computed" in again.stdout
    recdag("run", "--dataset", "tiny", "--paper", "cf_nade")
    query = "select count(*) as n from metrics where budget_trials is not null"
    assert json.loads(recdag("sql", query, "--format", "json").stdout) == [{"n": 0}]


def test_a_bad_row_is_one_line_with_file_line_and_cure(home):
    log = home / "data" / "raw" / "tiny" / "events.csv"
    lines = log.read_text().splitlines()
    log.write_text("\n".join([*lines, "u1,i1,steal,1700000000"]) + "\n")
    ended = recdag("run", "--dataset", "tiny", "--paper", "cf_nade")
    assert ended.returncode == 1
    assert f"events.csv, line {len(lines) + 1}" in ended.stdout and "steal" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


def test_recommendations_for_a_user_a_basket_an_item_and_everybody(home, tmp_path):
    trained = recdag("run", "--dataset", "tiny", "--select", '+key:"benchmark/ease"')
    assert trained.returncode == 0, trained.stdout + trained.stderr
    model = ("recommend", "--dataset", "tiny", "--model", "benchmark/ease")
    for wanted in (("--user", "u3"), ("--items", "i1, i2"), ("--similar-to", "i1")):
        ended = recdag(*model, *wanted, "--top", "4")
        lines = [line.split() for line in ended.stdout.splitlines()]
        assert ended.returncode == 0 and lines[0] == ["rank", "item", "title", "score"], ended.stderr
        assert [line[0] for line in lines[1:]] == ["1", "2", "3", "4"]
        assert "i1" not in {line[1] for line in lines[1:]} or "--user" in wanted
    path = tmp_path / "all.csv"
    ended = recdag(*model, "--out", str(path), "--top", "2")
    assert ended.returncode == 0 and "120 rows" in ended.stdout
    assert len(path.read_text().splitlines()) == 121
    for wanted, message in [
        (("--user", "u99"), "Near by spelling: u9"),
        (("--user", "u3", "--items", "i1"), "--user, --items, --similar-to"),
    ]:
        ended = recdag(*model, *wanted)
        assert ended.returncode == 1
        assert message in ended.stderr and "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("recommend", "--dataset", "tiny", "--model", "benchmark/ease", "--user", "u1"), "not been trained"),
        (("run", "--dataset", "dmeo"), "Did you mean 'demo'"),
        (("run", "--paper", "nfc"), "no paper is called 'nfc'. Did you mean 'ncf'?"),
        (("run", "--study", "top_k"), "Write ncf/top_k"),
        (("run", "--study", "ncf/layer"), "Did you mean 'layers'?"),
        (("recommend", "--model", "slim"), "Write mult_vae/slim or"),
        (("recommend", "--model", "benchmark/eese"), "Did you mean 'ease'?"),
        (("models", "--paper", "nfc"), "Did you mean 'ncf'?"),
        (("run", "--paper", "ncf", "--select", "events"), "exclude each other"),
        (("run", "--study", "ncf/layers", "--studies"), "--studies adds to a paper"),
        (("run", "--select", "nothing_of_that_name"), "no asset is called"),
        (("run", "--models", "esae"), "Did you mean 'ease'"),
        (("run", "--budget", "2"), "needs a paper"),
        (("run", "--paper", "ncf", "--budget", "2"), "nothing to search"),
        (("run", "--paper", "ncf", "--budget", "many"), "is no budget"),
        (("sql", "select x from metrics"), "describe metrics"),
        (("sql", "select value from metric"), "show tables"),
        (("sql", "selec value from metrics"), "Correct the query"),
        (("sql", "select '[/red]' from nowhere"), "[/red]"),
        (("sql", "drop table metrics"), "read-only"),
        (("sql", "copy (select 1) to 'out.csv'"), "operations are disabled"),
        (("sql", "install httpfs"), "operations are disabled"),
        (("sql", "set enable_external_access = true"), "configuration has been locked"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(home, arguments, message):
    ended = recdag(*arguments)
    assert ended.returncode == 1
    assert message in ended.stderr and "Traceback" not in ended.stderr


def test_the_catalogue_says_where_files_are(home):
    shown = recdag("datasets", "list").stdout
    rows = {line.split()[0]: line for line in shown.splitlines() if line.strip()}
    assert " here " in rows["tiny"] and " here " in rows["demo"]
    assert "to be placed by you" in rows["netflix"]


def test_a_set_that_needs_a_sign_in_says_what_to_do(home):
    ended = recdag("run", "--dataset", "netflix", "--paper", "mult_vae")
    assert ended.returncode == 1
    assert "combined_data_1.txt" in ended.stderr and ended.stderr.count("\n") == 1
    assert not Project.open().warehouse.path("netflix").exists()


def test_a_value_that_looks_like_markup_is_printed_as_it_is(home):
    printed = recdag("sql", "select '[red]x[/] [Rec]' as \"[a]\"").stdout
    assert "[red]x[/] [Rec]" in printed and "[a]" in printed


def test_what_has_no_value_is_null_in_a_table(home):
    query = "select null as a, null::double as b, null::timestamp as c, [1, null] as d, 0.5 as e"
    row = recdag("sql", query).stdout.splitlines()[1].split()
    assert row[:3] == ["NULL"] * 3 and row[-1] == "0.5"


WIDE = "select repeat('x', 90) as a, repeat('y', 90) as b, 7 as the_last"


def test_nothing_is_cut_where_the_output_is_no_terminal(home):
    script = "from recdag.cli import main; main()"
    command = [sys.executable, "-W", "ignore", "-c", script, "sql", WIDE]
    printed = subprocess.run(
        command, env=os.environ | {"COLUMNS": "80"}, capture_output=True, text=True
    ).stdout
    assert printed.splitlines()[1].split() == ["x" * 90, "y" * 90, "7"]


def test_a_row_too_wide_for_the_terminal_is_a_line_for_each_value(home):
    script = "from recdag.cli import main; main()"
    master, slave = os.openpty()
    command = [sys.executable, "-W", "ignore", "-c", script, "sql", WIDE]
    environment = os.environ | {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "xterm"}
    process = subprocess.Popen(command, env=environment, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    assert process.wait(timeout=60) == 0
    shown = os.read(master, 10_000).decode().replace("\r", "")
    os.close(master)
    assert "a         " + "x" * 90 in shown and "the_last  7" in shown


def test_json_has_every_column_and_only_what_json_knows(home):
    query = "select 1 as n, 2 as n, 'inf'::double as x, 'nan'::double as y, [1.5, 'nan'::double] as z"
    printed = recdag("sql", query, "--format", "json").stdout
    (row,) = json.loads(printed, parse_constant=lambda name: pytest.fail(name))
    assert row == {"n": 1, "n_1": 2, "x": "Infinity", "y": None, "z": [1.5, None]}


def test_a_table_ends_where_nobody_reads_on_and_says_so(home):
    ended = recdag("sql", "select * from range(1001)")
    assert len(ended.stdout.splitlines()) == 1001 and "--format csv" in ended.stderr
    assert len(recdag("sql", "select * from range(1001)", "--format", "csv").stdout.splitlines()) == 1002


def test_control_characters_do_not_reach_the_terminal(home):
    printed = recdag("sql", "select chr(27) || '[31mred' as \"a\"").stdout
    assert "\x1b" not in printed and "\\x1b[31mred" in printed


def test_version_and_what_can_be_named(home):
    assert recdag("--version").stdout.split()[0] == "recdag"
    papers = recdag("papers").stdout
    assert "Neural Collaborative Filtering" in papers and "leave_one_out" in papers
    models = recdag("models", "--paper", "cf_nade").stdout
    assert "implicit_cf_nade" in models and "neumf" not in models
    assert "ncf/layers" in recdag("studies").stdout


@pytest.mark.parametrize(
    ("offered", "beginning", "expected"),
    [
        (completion.datasets, "ti", ["tiny"]),
        (completion.papers, "multi", ["multi_feedback"]),
        (completion.studies, "ncf/l", ["ncf/layers"]),
        (completion.models, "cf_nade/w", ["cf_nade/wmf"]),
    ],
)
def test_the_shell_is_offered_what_begins_so(home, offered, beginning, expected):
    assert offered(beginning) == expected


def test_whole_numbers_stay_whole_beside_null(home):
    query = "select * from (values (1), (null)) as t(n)"
    printed = recdag("sql", query, "--format", "csv")
    assert printed.stdout.splitlines() == ["n", "1", '""'] and printed.stderr == ""
    assert json.loads(recdag("sql", query, "--format", "json").stdout) == [{"n": 1}, {"n": None}]


def test_ctrl_c_ends_a_query(home):
    script = (
        "import os, signal, threading; from recdag.cli import main; "
        "threading.Timer(2.0, os.kill, (os.getpid(), signal.SIGINT)).start(); main()"
    )
    command = [sys.executable, "-W", "ignore", "-c", script, "sql"]
    for_hours = "select sum(sqrt(range)) from range(3000000000000)"
    ended = subprocess.run([*command, for_hours], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 130 and "Traceback" not in ended.stderr


def test_a_project_whose_path_duckdb_cannot_handle_is_refused(home, tmp_path, monkeypatch):
    monkeypatch.setenv("RECDAG_HOME", str(tmp_path / "what?"))
    ended = recdag("status")
    assert ended.returncode == 1 and ended.stderr.count("\n") == 1 and "question mark" in ended.stderr


def test_an_error_nobody_has_thought_of_is_one_line_and_a_file(home):
    script = (
        "from recdag.graph.project import Project; "
        "Project.catalogue = property(lambda project: 1 / 0); "
        "from recdag.cli import main; main()"
    )
    command = [sys.executable, "-W", "ignore", "-c", script, "datasets", "list"]
    ended = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"COLUMNS": "80"})
    assert ended.returncode == 1 and ended.stderr.count("\n") == 1
    assert ended.stderr.startswith("recdag: ZeroDivisionError: division by zero")
    log = Path(ended.stderr.split()[-1])
    assert "Traceback" in log.read_text()
    log.unlink()


def test_what_stands_is_told_where_the_history_cannot_be_read(home):
    assert recdag("run", "--dataset", "tiny", "--select", '+key:"events"').returncode == 0
    (home / "data" / "dagster_home" / "history" / "runs.db").write_bytes(b"x" * 9000)
    ended = recdag("status", "--dataset", "tiny")
    assert ended.returncode == 0 and "not made" in ended.stdout and "follows" not in ended.stderr
    assert "What failed lately is not told" in ended.stderr and "runs.db" in ended.stderr
