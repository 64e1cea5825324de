from io import StringIO

from rich.console import Console

from recdag.papers.catalogue import PAPERS
from recdag.papers.claims import STANDS_FOR
from recdag.report.terminal_tables import result_tables


def printed(tables, width=80):
    console = Console(file=StringIO(), width=width)
    for table in tables:
        console.print(table)
    return console.file.getvalue()


def test_one_table_a_paper_with_results(connection):
    tables = result_tables(connection, "demo", list(PAPERS.values()), STANDS_FOR)
    assert len(tables) == 3
    text = printed(tables)
    assert "ncf on demo" in text and "benchmark on demo" in text and "published" not in text
    assert "…" not in text
    assert " ".join(text.split()).count("is simulated: shows that the graph works, says nothing about") == 3


def test_published_numbers_stand_beside(connection):
    (table,) = result_tables(connection, "ncf-ml-1m", [PAPERS["ncf"], PAPERS["fawmf"]], STANDS_FOR)
    text = printed([table])
    assert "(stands for ml-1m)" in text and "simulated" not in text
    lines = text.splitlines()
    assert "…" not in text and max(map(len, lines)) <= 80
    row = next(line for line in lines if line.startswith("mlp"))
    assert " ".join(row.split()) == "mlp 0.6703 0.671 ✓ −0.001 0.3990 0.399 ✓ +0.000 8 min 00 s"
    assert lines.index(next(x for x in lines if x.startswith("ease"))) == 2


def test_variants_are_named_only_where_a_model_has_several(connection):
    text = printed(result_tables(connection, "ncf-ml-1m", [PAPERS["ncf"]], STANDS_FOR))
    assert text.count("factors=") == 2 and "factors=16" in text


def test_without_results_there_is_no_table(connection):
    assert result_tables(connection, "msd", list(PAPERS.values()), STANDS_FOR) == []


def test_models_that_do_not_fit_the_data_are_named_under_the_table(connection):
    tables = result_tables(connection, "demo", [PAPERS["ncf"], PAPERS["benchmark"]], STANDS_FOR)
    ncf, benchmark = (" ".join(printed([table]).split()) for table in tables)
    assert "Below item_pop on validation: wmf. What they were trained with does not fit" in benchmark
    assert "tune them with --budget" in benchmark
    assert "Less than 75% of what ease reaches on validation: bpr." in benchmark
    assert "on validation" not in ncf
