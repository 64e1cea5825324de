"""The command as a user types it."""

import json
import os
import subprocess
import sys

import pytest

from recdag.pipeline.project import Project


def recdag(*arguments):
    script = "from recdag.cli import main; main()"
    command = [sys.executable, "-W", "ignore", "-c", script, *arguments]
    return subprocess.run(command, env=os.environ | {"COLUMNS": "200"}, capture_output=True, text=True)


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


def test_a_bad_row_is_one_line_with_file_line_and_cure(home):
    log = home / "data" / "raw" / "tiny" / "events.csv"
    lines = log.read_text().splitlines()
    log.write_text("\n".join([*lines, "u1,i1,steal,1700000000"]) + "\n")
    ended = recdag("run", "--dataset", "tiny", "--paper", "cf_nade")
    assert ended.returncode == 1
    assert f"events.csv, line {len(lines) + 1}" in ended.stdout and "steal" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "--dataset", "dmeo"), "Did you mean 'demo'"),
        (("run", "--paper", "nfc"), "no paper is called 'nfc'"),
        (("run", "--paper", "ncf", "--select", "events"), "exclude each other"),
        (("run", "--select", "nothing_of_that_name"), "cannot be read"),
        (("sql", "select x from metrics"), "show tables"),
        (("sql", "drop table metrics"), "read-only"),
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
    assert "combined_data_1.txt" in ended.stdout
    assert not Project.open().warehouse.path("netflix").exists()
