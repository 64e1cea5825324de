import re
import shutil
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from recdag.papers.catalogue import PAPERS
from recdag.papers.claims import STANDS_FOR
from recdag.plots.charts import Dot, Line, dot_chart, histogram, line_chart, wide
from recdag.report import queries
from recdag.report.page import build_report
from recdag.report.study_sections import study_sections
from recdag.studies.communities import community_table
from recdag.studies.content import Shown
from recdag.studies.figures import curve_figure, dot_figure, line_figure
from recdag.studies.names import Measure, names_of
from recdag.studies.points import published_points
from recdag.warehouse.published import PublishedDatabase

COLUMNS = [
    "dataset", "paper", "study", "kind", "x_name", "x", "series", "beside", "metric", "statistic", "users",
    "value", "std_err",
]  # fmt: skip
NAN = float("nan")


def _rows():
    rows = []

    def add(
        dataset, paper, study, x_name, x, series, metric, value, std_err=NAN, statistic="mean", beside=None
    ):
        kind = PAPERS[paper].study(study).kind
        rows.append(
            (dataset, paper, study, kind, x_name, x, series, beside, metric, statistic, "all", value, std_err)
        )

    for factors in (8, 16):
        for metric, base in (("hr@10", 0.68), ("ndcg@10", 0.41)):
            for model in ("neumf", "gmf"):
                add("ncf-ml-1m", "ncf", "factors", "factors", factors, model, metric, base, 0.01)
            for layers in (0, 2):
                label = f"mlp, factors={factors}"
                add("ncf-ml-1m", "ncf", "layers", "layers", layers, label, metric, base + layers / 100, 0.01)
    for epoch in (1, 2, 3):
        for over, x in (("epoch", epoch), ("seconds", epoch / 1000)):
            add("demo", "ncf", "epochs", over, x, "gmf, factors=8", "loss", 100.0 / epoch**4)
            value = 0.3 - abs(epoch - 2) / 10
            add("demo", "ncf", "epochs", over, x, "gmf, factors=8", "ndcg@10", value, NAN, "on validation")
    for model in ("mf_mmlp", "mfpr", "unheard <of>"):
        add("taobao", "multi_feedback", "comparison", None, NAN, model, "hr@10", 0.5, 0.02)
    for x in (1, 10, 100):
        add("demo", "cf_nade", "counts", "count", x, "positives", "share", 0.2, NAN, "share")
    for x in (0, 0.5):
        add("demo", "cf_nade", "counts", "relative rating", x, "positives", "share", 0.5, NAN, "share")
    for group in (1, 2):
        for series, beside, metric, statistic, value in (
            ("mult_vae_pr", None, "ndcg@100", "mean", 0.4),
            ("ease", None, "ndcg@100", "mean", 0.3),
            ("mult_vae_pr", "ease", "ndcg@100", "difference", 0.1),
            ("mult_vae_pr", "ease", "ndcg@100", "p_value", 0.04 if group == 2 else 0.5),
            ("users", None, "items a user", "mean", 10.0 * group),
        ):
            where = ("demo", "mult_vae", "activity", "group by activity", group)
            add(*where, series, metric, value, 0.01, statistic, beside)
    for series, beside, value in (
        ("ease", None, 0.2),
        ("item_pop", None, 0.1),
        ("wmf", None, 0.09),
        ("ease", "item_pop", 2.0),
        ("wmf", "item_pop", 0.9),
        ("item_pop", "ease", 0.5),
        ("wmf", "ease", 0.45),
    ):
        statistic = "ratio" if beside else "on validation"
        where = ("lastfm-2k", "benchmark", "defaults", None, NAN)
        add(*where, series, "ndcg@20", value, NAN, statistic, beside)
    for series, metric, statistic, value in (
        ("Heat (1995)", "exposure above average", "difference", 0.2),
        ("Alien & <Co>", "exposure above average", "difference", 0.3),
        ("members", "share of users", "share", 0.25),
        ("gender F", "share above average", "difference", 0.12),
        ("gender M", "share above average", "difference", -0.12),
    ):
        add("demo", "fawmf", "communities", "community", 0, series, metric, value, NAN, statistic)
    return pd.DataFrame(rows, columns=COLUMNS)


ROWS = _rows()


def _claims(*rows):
    return pd.DataFrame(rows, columns=["model", "variant", "metric", "published"])


def _section(made, paper, dataset, study, rows=ROWS):
    found = study_sections(
        rows, paper, dataset, about=PAPERS[paper], claims=made.claims, stands_for=STANDS_FOR
    )
    return {section.study: section for section in found}[study]


def _label(section, index=0):
    return re.search(r'aria-label="([^"]*)"', section.figures[index][0])[1]


def test_published_points_stand_at_their_place_and_series():
    measured = ROWS[(ROWS["study"] == "layers") & (ROWS["dataset"] == "ncf-ml-1m")]
    claims = _claims(
        ("mlp", "factors=8,layers=3", "hr@10", 0.671),
        ("mlp", "layers=3, factors=8.0", "hr@10", 0.671),
        ("mlp", "factors=64,layers=2", "ndcg@10", 0.426),
        ("mlp", "factors=8", "hr@10", 0.9),
        ("mlp", "factors=8,layers=3", "mpr", 0.1),
    )
    points = published_points(claims, measured)
    assert points.to_records(index=False).tolist() == [
        ("mlp, factors=8", 3.0, "hr@10", 0.671),
        ("mlp, factors=64", 2.0, "ndcg@10", 0.426),
    ]


def test_published_points_without_an_axis():
    measured = pd.DataFrame(
        {"x_name": [None], "series": ["wmf"], "metric": ["train_seconds"], "statistic": ["mean"]}
    ).assign(beside=None, users="all")
    claims = _claims(("wmf", None, "train_hours", 2.0), ("mult_dae", "I-200-I", "train_hours", 1.0))
    points = published_points(claims, measured)
    assert points["series"].tolist() == ["wmf", "mult_dae, I-200-I"]
    assert points["value"].tolist() == [7200.0, 3600.0] and points["x"].isna().all()


def test_a_data_set_shows_what_is_published_on_the_one_that_it_stands_for(made):
    section = _section(made, "ncf", "ncf-ml-1m", "factors")
    assert "published neumf from 0.6880 at 8 to 0.7050 at 64" in _label(section)
    assert len(section.figures) == 2 and "NDCG@10" in _label(section, 1)
    table = section.numbers[0]
    assert table.heads == ("factors", "8", "16", "32", "64")
    cells = dict(table.rows)["neumf"]
    assert (cells[0].text, cells[0].error, cells[0].published) == ("0.6800", "± 0.0100", "0.688")
    assert (cells[3].text, cells[3].published) == ("–", "0.705")
    assert [row[0] for row in table.rows] == ["neumf", "gmf", "neumf_pretrain"]
    elsewhere = ROWS.assign(dataset="demo")
    assert "published" not in _label(_section(made, "ncf", "demo", "factors", elsewhere))


def test_one_series_a_setting(made):
    section = _section(made, "ncf", "ncf-ml-1m", "layers")
    label = _label(section)
    assert "; published factors=8 from 0.452 at 0 to 0.678 at 4" in re.sub(r"(\.\d{3})0\b", r"\1", label)
    assert section.figures[0][1].startswith("HR@10 by layers; mlp throughout.")


def test_missing_values_are_left_out(made):
    gone = ROWS.assign(value=ROWS["value"].where(ROWS["series"] != "neumf"))
    section = _section(made, "ncf", "ncf-ml-1m", "factors", gone)
    assert "HR@10 by factors on ncf-ml-1m: gmf" in _label(section)
    assert "published neumf" in _label(section)
    everything = ROWS.assign(value=NAN)
    assert study_sections(everything, "ncf", "demo", about=PAPERS["ncf"]) == ()
    assert study_sections(ROWS, "ncf", "nowhere", about=PAPERS["ncf"]) == ()


def test_a_series_without_a_place_on_the_axis_is_a_level_line(made):
    extra = ROWS[(ROWS["study"] == "factors") & (ROWS["x"] == 8)].assign(series="item_pop", x=NAN)
    section = _section(made, "ncf", "ncf-ml-1m", "factors", pd.concat([ROWS, extra]))
    assert "item_pop 0.6800;" in _label(section)
    assert section.numbers[0].heads[-1] == "any"


def test_learning_curves_by_epoch_and_by_seconds(made):
    section = _section(made, "ncf", "demo", "epochs")
    labels = [_label(section, index) for index in range(len(section.figures))]
    assert [label.split(" on demo")[0] for label in labels] == [
        "loss by epoch", "NDCG@10 on validation by epoch", "loss by training time in seconds",
    ]  # fmt: skip
    ((series, cells),) = section.numbers[0].rows
    assert series == "gmf, factors=8"
    assert [cell.text for cell in cells] == [
        "3", "0.0030", "1.2346", "1.2346", "3", "0.2000", "0.3000", "2",
    ]  # fmt: skip


def test_models_side_by_side(made):
    section = _section(made, "multi_feedback", "taobao", "comparison")
    assert re.search(r"mf_mmlp 0\.5000 \(published 0\.\d{4}\)", _label(section))
    assert "unheard &lt;of&gt; 0.5000;" in _label(section)
    assert dict(section.numbers[0].rows)["wmf"][0].text == "–"


def test_histograms(made):
    section = _section(made, "cf_nade", "demo", "counts")
    assert "from 1 to 1e+03" in _label(section) and "from 0 to 1:" in _label(section, 1)
    assert section.numbers[1].rows[1][0] == "0.5"


def test_groups_of_users_come_with_tests(made):
    section = _section(made, "mult_vae", "demo", "activity")
    assert len(section.figures) == 1 and "users 10" not in _label(section)
    ((pair, cells),) = section.tables[0].rows
    assert pair == "mult_vae_pr − ease"
    assert [(cell.text, cell.error) for cell in cells] == [("+0.1000", "p = 0.50"), ("+0.1000*", "p = 0.040")]
    assert "not adjusted" in section.tables[0].caption and section.notes[0].endswith(": 10, 20.")


def test_communities_are_a_table(made):
    section = _section(made, "fawmf", "demo", "communities")
    ((name, cells),) = section.tables[0].rows
    assert not section.figures and name == "1"
    assert [cell.text for cell in cells] == [
        "25.0 %", "Alien & <Co>; Heat (1995)", "gender F (+12.0 points)",
    ]  # fmt: skip
    assert community_table(ROWS[ROWS["metric"] == "share of users"]).heads[-1].startswith("items")


def test_names_say_what_differs():
    names = names_of(["mlp, factors=8", "mlp, factors=16"])
    assert (list(names.short.values()), names.common) == (["factors=8", "factors=16"], "mlp")
    names = names_of(["mf, sampler=uniform", "mmlp, sampler=uniform", "mf, sampler=mixed"])
    assert (list(names.short.values()), names.common) == (["mf, uniform", "mmlp, uniform", "mf, mixed"], "")
    assert names.models["mf, sampler=uniform"] == names.models["mf, sampler=mixed"]
    assert names_of(["wmf", "wmf, hidden=[2, 3]"]).short["wmf"] == "wmf"
    assert names_of(["fBGD, hidden=[2, 3]", "fBGD, hidden=[2, 4]"]).common == "fBGD"


def test_every_line_has_a_colour_of_its_own():
    models = list(PAPERS["benchmark"].nodes)[:10]
    colours = names_of([*models, "no model", f"{models[0]}, factors=8"]).colours
    assert len({number % 12 for number in colours.values()}) == 12


def _drawn(lines, **options):
    return line_chart(lines, x_label="x", y_label="y", name="n", title="t", **options)


def test_published_lines_are_dashed_and_hollow_and_say_so():
    xs, none = np.array([1.0, 50.0]), np.full(2, NAN)
    ours = Line("wmf", 2, xs, np.array([0.1, 0.2]), np.array([0.01, 0.01]))
    theirs = Line("", 2, xs, np.array([0.1, 0.3]), none, published=True)
    alone, both = _drawn([ours]), _drawn([ours, theirs], log_x=True)
    assert "stroke-dasharray" not in alone and "published" not in alone
    assert "stroke-dasharray" in both and "var(--paper)" in both and "published, dashed" in both
    assert not re.findall(r"(?:fill|stroke): #", both)
    texts = {"".join(node.itertext()).strip() for node in ElementTree.fromstring(both).iter()}
    assert {"wmf", "1", "50"} <= texts


@pytest.mark.parametrize("count", [1, 14])
def test_labels_of_many_lines_stay_inside_the_picture(count):
    at = np.array([3.0])
    lines = [Line(f"a name of two lines {n}", n, at, at, np.array([NAN])) for n in range(count)]
    root = ElementTree.fromstring(_drawn(lines))
    height = float(root.get("viewBox").split()[3])
    places = [
        node.get("transform", "") + node.get("y", "") for node in root.iter() if node.tag.endswith("text")
    ]
    found = [
        float(match[1]) for place in places if (match := re.search(r"translate\(\S+ ([-\d.]+)\)", place))
    ]
    assert found and all(0 <= each <= height for each in found)


def test_dots_and_bars_are_drawn():
    dots = [Dot("a", 1, 0.2, 0.01, NAN), Dot("b", 14, NAN, NAN, 30.0)]
    svg = dot_chart(dots, x_label="x", name="d", title="dots")
    assert "◇ published" in svg and "var(--series-2)" in svg
    assert "published" not in dot_chart(dots[:1], x_label="x", name="d", title="dots")
    edges = np.array([1.0, 10.0, 100.0])
    bars = histogram(
        edges, np.array([0.4, 0.6]), x_label="x", y_label="y", name="h", title="bars", log_x=True
    )
    assert "var(--series-4)" in bars


def test_wide_values():
    assert (
        wide(np.array([1.0, 500.0])) and not wide(np.array([8.0, 64.0])) and not wide(np.array([0.0, 99.0]))
    )


@pytest.fixture(scope="module")
def page(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("studies")
    shutil.copy(made.path, folder / "recdag.duckdb")
    with PublishedDatabase(folder / "recdag.duckdb").update() as connection:
        connection.register("new_rows", ROWS)
        connection.execute("INSERT INTO studies BY NAME SELECT * FROM new_rows")
        connection.unregister("new_rows")
    output = build_report(
        folder / "recdag.duckdb", folder / "report.html", papers=PAPERS, stands_for=STANDS_FOR
    )
    return output.read_text(encoding="utf-8")


def test_the_page_has_unique_ids_and_links_that_lead_somewhere(page):
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    targets = re.findall(r'(?:href="#|url\(#|aria-labelledby=")([^")]*)', page)
    assert set(targets) <= set(ids)
    for name in ("ncf-ncf-ml-1m-study-factors", "multi_feedback-taobao-study-comparison"):
        assert f'href="#{name}"' in page and f'id="{name}"' in page


def test_the_page_asks_for_nothing_and_its_tables_can_be_reached(page):
    assert not re.search(r"\bsrc=|url\((?!#)|@import|<link", page)
    regions = re.findall(r'<div class="scroll[^"]*" role="region" tabindex="0" aria-label', page)
    assert page.count("<table") == page.count("<caption") == len(regions)
    assert page.count('<svg class="figure" role="img" aria-label="') == page.count("<svg")


def test_the_page_shows_every_study(page):
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))
    assert "Alien &amp; &lt;Co&gt;" in page and "unheard <of>" not in page
    assert "Where negatives come from ours · not run" in plain
    assert "Studies on taobao" in plain and page.count('<article class="study"') == 10
    assert "paper 0.688" in plain


def _shown(metric, x_name=None, published=None, statistic="mean", **values):
    """A study of one metric: series -> (value, standard error) or, with an axis, a list of them."""
    rows = []
    for series, given in values.items():
        for x, (value, std_err) in enumerate(given if isinstance(given, list) else [given], start=1):
            place = float(x) if x_name else float("nan")
            rows.append((series, None, x_name, place, metric, statistic, "all", value, std_err))
    columns = ["series", "beside", "x_name", "x", "metric", "statistic", "users", "value", "std_err"]
    nothing = pd.DataFrame(columns=["series", "x", "metric", "value"])
    return Shown(
        "s", "demo", pd.DataFrame(rows, columns=columns), nothing if published is None else published
    )


def test_dots_stand_in_the_order_of_their_values():
    shown = _shown("ndcg@10", wmf=(0.2, 0.01), ease=(0.4, 0.01), bpr=(0.3, 0.01))
    figure = dot_figure(shown, *shown.measures, "d")
    assert "ease 0.4000; bpr 0.3000; wmf 0.2000" in figure.svg
    assert "<title>ease: 0.4 ± 0.0100</title>" in figure.svg
    lower = _shown("mpr", wmf=(0.2, 0.01), bpr=(0.1, 0.01))
    assert "bpr 0.1000; wmf 0.2000" in dot_figure(lower, *lower.measures, "m").svg


def test_error_bars_are_told_of_where_they_can_be_seen():
    wide = _shown("found@20", "group by popularity", ease=[(0.0, 0.0), (0.8, 0.1)])
    hidden = _shown("found@20", "group by popularity", ease=[(0.0, 0.0), (0.8, 0.0159)])
    without = _shown("found@20", "group by popularity", ease=[(0.0, NAN), (0.8, NAN)])
    captions = [
        line_figure(shown, *shown.measures, "e").caption.partition(". ")[2]
        for shown in (wide, hidden, without)
    ]
    assert captions == [
        "Bars: one standard error.",
        "Standard errors, 0.0159 at most, are within the marks.",
        "",
    ]


def test_a_line_says_its_values_to_who_points_at_it():
    theirs = pd.DataFrame({"series": ["neumf"], "x": [1.0], "metric": "hr@10", "value": [0.25]})
    shown = _shown("hr@10", "cutoff", theirs, neumf=[(0.2, 0.01), (0.3, 0.01)])
    svg = line_figure(shown, *shown.measures, "t").svg
    assert "<title>neumf: 0.2 at 1; 0.3 at 2</title>" in svg
    assert "<title>neumf, published: 0.25 at 1</title>" in svg


def test_only_means_stand_beside_published_numbers():
    theirs = pd.DataFrame({"series": ["neumf"], "x": [NAN], "metric": "hr@10", "value": [0.25]})
    shown = _shown("hr@10", None, theirs, "seed deviation", neumf=(0.01, NAN))
    figure = dot_figure(shown, *shown.measures, "t")
    assert "published" not in figure.svg and figure.caption == "HR@10 seed deviation."


def test_a_measure_is_written_by_its_metric_and_its_statistic():
    labels = {
        Measure("ndcg@20", "mean"): "NDCG@20",
        Measure("ndcg@20", "on validation"): "NDCG@20 on validation",
        Measure("ndcg@20", "seed deviation"): "NDCG@20 seed deviation",
        Measure("ndcg@20", "ratio", "ease"): "times ease",
        Measure("hr", "mean"): "HR",
        Measure("hr@10", "mean", users="seen"): "HR@10 seen",
        Measure("loss", "mean"): "loss",
    }
    assert {measure: measure.label() for measure in labels} == labels


def test_clamped_seconds_are_said():
    shown = _shown("loss", "seconds", fBGD=[(0.5, NAN), (0.4, NAN)])
    assert "Shorter times" not in curve_figure(shown, *shown.measures, "seconds", "s").caption
    early = Shown("s", "demo", shown.measured.assign(x=[0.001, 1.0]), shown.published)
    assert curve_figure(early, *early.measures, "seconds", "c").caption.endswith(
        "Shorter times stand at 0.01 s."
    )


def test_models_below_popularity_on_validation_are_named():
    (section,) = study_sections(ROWS, "benchmark", "lastfm-2k", about=PAPERS["benchmark"])
    (note,) = section.notes
    assert note.startswith("Below item_pop on validation: wmf.") and "--budget" in note
    (figure,) = section.figures
    assert "NDCG@20 on validation" in figure[1]
    (table,) = section.numbers
    cells = {name: [cell.text for cell in row] for name, row in table.rows}
    assert cells["wmf"] == ["0.0900", "0.9000", "0.4500"]


def test_nothing_is_said_of_models_that_fit():
    study, of_study = PAPERS["benchmark"].study("defaults"), ROWS[ROWS["study"] == "defaults"]
    assert study.warnings(of_study[of_study["series"] != "wmf"]) == []
    assert study.warnings(of_study.iloc[:0]) == []


def test_rows_of_a_study_that_is_declared_no_more_are_drawn_as_they_are(made):
    other = ROWS[ROWS["study"] == "activity"].assign(study="gone")
    assert len(_section(made, "mult_vae", "demo", "gone", other).figures) == 2
    changed = ROWS[ROWS["study"] == "counts"].assign(kind="by_activity")
    assert _section(made, "cf_nade", "demo", "counts", changed).numbers


def test_rows_from_before_there_were_statistics_wait_until_their_study_is_run_again(tmp_path):
    published = PublishedDatabase(tmp_path / "recdag.duckdb")
    with published.update() as connection:
        connection.execute("ALTER TABLE studies DROP COLUMN statistic")
        connection.execute("ALTER TABLE studies DROP COLUMN kind")
        connection.execute("INSERT INTO studies (dataset, paper, study, metric) VALUES ('d', 'p', 's', 'm')")
    with queries.reading(published.path) as connection:
        assert queries.read_studies(connection).empty
        assert queries.read_seed_deviations(connection).empty
