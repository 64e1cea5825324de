import duckdb
import pytest

from recdag.errors import DataError
from recdag.papers.catalogue import PAPERS
from recdag.papers.claims import STANDS_FOR
from recdag.report.page import build_report
from recdag.report.records import write_records
from recdag.warehouse.provenance import record
from recdag.warehouse.published import PublishedDatabase


@pytest.fixture(scope="module")
def folder(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("records")
    written = write_records(made.path, folder, papers=PAPERS, stands_for=STANDS_FOR)
    assert sorted(written) == sorted(folder.glob("*/*/*.md"))
    return folder


def test_there_is_one_for_every_model_with_results(folder, made):
    runs = made.metrics[["paper", "model", "dataset"]].drop_duplicates()
    expected = {f"{row.paper}/{row.model}/{row.dataset}.md" for row in runs.itertuples()}
    assert {str(path.relative_to(folder)) for path in folder.glob("*/*/*.md")} == expected


def test_it_says_how_the_numbers_came_about(folder):
    text = (folder / "ncf" / "neumf" / "ncf-ml-1m.md").read_text(encoding="utf-8")
    assert "the data set stands for ml-1m" in text
    assert "| neumf, factors=8, layers=3 | HR@10 | 0.6888 | 0.0051 | 0.688 | +0.0008 | reproduced |" in text
    assert "| neumf, factors=8, layers=3, epoch chosen on test as published | HR@10 | 0.7188 |" in text
    assert "recdag run --dataset ncf-ml-1m --select +ncf/neumf" in text
    assert "| trained on | 6\u202f040 | 3\u202f706 | 988\u202f129 |" in text
    assert "| the paper's ml-1m (Table 1) | 6\u202f040 | 3\u202f706 | 1\u202f000\u202f209 |" in text
    assert "| the paper's pinterest (Table 1), not this data set |" in text
    assert "| factors | 8 | paper, section 4.1 \\| text |" in text
    assert "- `patience` = none: as quick as can be" in text and "- `factors`" not in text
    assert all(f"- {each}" in text for each in PAPERS["ncf"].deviations)
    assert "Chosen on validation: epochs 3." in text
    assert "python 3.11.9, torch 2.13.0" in text and "10 min 40 s of training" in text


def test_what_is_not_known_is_said(folder):
    text = (folder / "mult_vae" / "ease" / "demo.md").read_text(encoding="utf-8")
    assert "The recipe was not recorded." in text and "The versions were not recorded." in text
    assert "nan" not in text and "None" not in text


def test_simulated_data_and_a_training_stopped_by_its_bound_are_named(folder):
    demo = (folder / "mult_vae" / "ease" / "demo.md").read_text(encoding="utf-8")
    assert "**demo is simulated: shows that the graph works, says nothing about the papers.**" in demo
    bound = (folder / "ncf" / "bpr" / "ncf-ml-1m.md").read_text(encoding="utf-8")
    assert "An epoch chosen is the last one allowed" in bound and "simulated" not in bound


def test_tables_have_as_many_cells_as_heads(folder):
    for path in folder.glob("*/*/*.md"):
        width = 0
        for line in path.read_text(encoding="utf-8").splitlines():
            cells = line.replace("\\|", "").count("|")
            assert not cells or not width or cells == width, (path, line)
            width = cells


def test_a_file_from_before_the_recipes_gives_records(made, tmp_path):
    old = tmp_path / "old.duckdb"
    old.write_bytes(made.path.read_bytes())
    with duckdb.connect(str(old)) as connection:
        connection.execute("drop table recipes")
        connection.execute("drop table trainings")
    assert write_records(old, tmp_path / "reports", papers=PAPERS)


def test_nothing_published_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match="recdag run --dataset demo"):
        write_records(tmp_path / "recdag.duckdb", tmp_path)
    PublishedDatabase(tmp_path / "recdag.duckdb").ensure()
    assert write_records(tmp_path / "recdag.duckdb", tmp_path) == []


def test_notes_on_the_split_are_in_the_record_and_on_the_page(made, tmp_path):
    path, note = tmp_path / "noted.duckdb", "The negatives were drawn here, seed 98765."
    path.write_bytes(made.path.read_bytes())
    with PublishedDatabase(path).update() as connection:
        record(connection, "ncf/trainings", "k", "k", {"notes": [note]}, dataset="ncf-ml-1m")
    write_records(path, tmp_path, papers=PAPERS, stands_for=STANDS_FOR)
    assert note in (tmp_path / "ncf" / "neumf" / "ncf-ml-1m.md").read_text(encoding="utf-8")
    assert note not in (tmp_path / "ncf" / "neumf" / "demo.md").read_text(encoding="utf-8")
    page = build_report(path, tmp_path / "page.html", papers=PAPERS, stands_for=STANDS_FOR)
    assert page.read_text(encoding="utf-8").count(note) == 1
