import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import duckdb
import pytest

from recdag.errors import DataError
from recdag.papers.catalogue import PAPERS
from recdag.papers.claims import STANDS_FOR
from recdag.report import paper_sections
from recdag.report.page import build_report
from recdag.warehouse.published import PublishedDatabase

VOID = {"meta", "input", "br", "path", "use", "link"}
MADE_AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class Reader(HTMLParser):
    """Collects elements and notices what is not closed."""

    def __init__(self):
        super().__init__()
        self.open, self.elements, self.wrong = [], [], []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def report(made, anchors, tmp_path_factory):
    output = tmp_path_factory.mktemp("page") / "deep" / "report.html"
    arguments = {"papers": PAPERS, "anchors": anchors, "stands_for": STANDS_FOR, "made_at": MADE_AT}
    assert build_report(made.path, output, **arguments) == output
    return output


@pytest.fixture(scope="module")
def text(report):
    return report.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text):
    reader = Reader()
    reader.feed(text)
    return reader


def test_it_is_one_small_file_that_asks_for_nothing(report, text, page):
    assert report.stat().st_size < 3_000_000
    assert [path.name for path in report.parent.iterdir()] == ["report.html"]
    assert "default-src 'none'" in text
    loaded = [
        value for tag, attrs in page.elements for name, value in attrs.items() if name in ("src", "srcset")
    ]
    loaded += [attrs["href"] for attrs in page.all("link") if "href" in attrs]
    assert not loaded and "@import" not in text and not re.search(r"url\((?!#)", text)


def test_it_is_well_formed_with_unique_ids_and_links_that_lead_somewhere(page):
    assert not page.wrong and not page.open
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    for name in ("aria-labelledby", "href"):
        targets = [attrs[name] for tag, attrs in page.elements if name in attrs and tag != "use"]
        inner = {target.lstrip("#") for target in targets if name != "href" or target.startswith("#")}
        assert inner <= set(ids)


def test_tables_have_captions_scopes_and_reachable_scrolling(text, page):
    assert text.count("<table") == text.count("<caption")
    assert all(attrs.get("scope") in ("row", "col") for attrs in page.all("th"))
    scrolling = [attrs for _, attrs in page.elements if "scroll" in attrs.get("class", "").split()]
    assert len(scrolling) == text.count("<table")
    assert all(attrs["tabindex"] == "0" and attrs["role"] == "region" for attrs in scrolling)
    assert all(attrs.get("aria-label") for attrs in page.all("svg"))


def test_every_claim_is_a_row(page, made):
    shown = [attrs["data-verdict"] for attrs in page.all("tr") if "data-verdict" in attrs]
    assert sorted(shown) == sorted(made.claims["verdict"])
    assert "no_data" not in shown, "without a word on what can be had, all can"
    order = ["reproduced", "higher", "lower", "not_comparable", "not_run"]
    assert shown == sorted(shown, key=order.index)


def test_numbers_stand_beside_each_other(text):
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))
    assert "0.6888 ± 0.0051 paper 0.688 ✓ +0.0008" in plain
    assert "others 0.7192" in plain and "“others”: Ferrari Dacrema et al. (TOIS) appendix." in plain
    assert "test, as published" in plain
    assert "recdag run --dataset ncf-ml-1m --paper ncf" in plain
    assert "2026-11-21 09:00 UTC" in plain


def test_in_the_place_of_a_lead_stands_what_is_missing(text):
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))
    assert text.count("Does the lead hold?") == 1 and "neumf_pretrain is level with" not in plain
    assert "Cannot be judged on ncf-ml-1m yet. What is missing:" in plain
    assert "neumf_pretrain has 8; eals and bpr have 64" in plain
    assert "bpr chose the last epoch allowed" in plain
    assert "--study ncf/seeds --axis models=eals,neumf_pretrain,bpr --axis seeds=1,2" in plain


def test_on_simulated_data_alone_nothing_is_judged_and_the_page_says_what_to_run(made, tmp_path):
    demo = tmp_path / "demo.duckdb"
    demo.write_bytes(made.path.read_bytes())
    with duckdb.connect(str(demo)) as connection:
        connection.execute("delete from metrics where dataset <> 'demo'")
        connection.execute("update claims set verdict = 'not_run', reproduced = null, difference = null")
    page = build_report(demo, tmp_path / "r.html", papers=PAPERS, stands_for=STANDS_FOR)
    body = page.read_text(encoding="utf-8").partition("<body>")[2]
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))
    assert "demo is simulated: shows that the graph works, says nothing about the papers." in plain
    assert "What came out" not in plain and "has been measured" not in plain
    assert "What to run next" in plain and "recdag run --dataset ncf-ml-1m --paper ncf" in plain
    for judging in (
        "survives on",
        "undecided",
        "does not survive",
        "does not hold",
        "is best in",
        "is behind",
    ):
        assert judging not in plain.partition("Every published number")[0], judging


def test_claims_on_data_that_cannot_be_had_are_told_from_the_others(made, tmp_path):
    page = build_report(made.path, tmp_path / "r.html", papers=PAPERS, obtainable={"ml-1m", "ml-20m"})
    reader = Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    shown = [attrs["data-verdict"] for attrs in reader.all("tr") if "data-verdict" in attrs]
    away = ~made.claims["dataset"].isin(["ml-1m", "ml-20m"]) & (made.claims["verdict"] == "not_run")
    assert shown.count("no_data") == away.sum() > 100


def test_the_page_and_sql_agree_to_the_last_digit(text, made):
    shown = [float(value) for value in re.findall(r'<data class="value" value="([^"]*)"', text)]
    kept = {paper: set(about.metrics) for paper, about in PAPERS.items()}
    names = ["dataset", "paper", "model", "variant", "selection", "metric"]
    rows = made.metrics[[metric in kept[paper] for paper, metric in made.metrics[["paper", "metric"]].values]]
    with duckdb.connect(str(made.path), read_only=True) as connection:
        by_sql = connection.execute(
            f"select {', '.join(names)}, avg(value) as value from metrics where study is null group by all"
        ).df()
    by_sql = by_sql.merge(rows[names].drop_duplicates(), on=names)
    assert len(shown) > 300 and sorted(shown) == sorted(by_sql["value"])
    written = re.findall(r'<data class="value" value="([^"]*)"[^>]*>(?:<strong>)?([\d.–]+)', text)
    assert len(written) == len(shown) and all(f"{float(exact):.4f}" == said for exact, said in written)


def test_claims_carry_their_full_values(text, made):
    rows = re.findall(r"<tr data-verdict.*?</tr>", text, re.DOTALL)
    cells = [re.findall(r'<data value="([^"]*)"', row) for row in rows]
    compared = made.claims[made.claims["reproduced"].notna()]
    pairs = sorted((float(a), float(b)) for a, b in filter(None, cells))
    assert pairs == sorted(zip(compared["reproduced"], compared["difference"], strict=True))


def test_the_benchmark_says_whose_claim_survives_with_the_rows_behind_it(made, fair, monkeypatch, tmp_path):
    measured = paper_sections.result_table
    monkeypatch.setattr(paper_sections, "result_table", lambda *args, **known: fair(measured(*args, **known)))
    text = build_report(made.path, tmp_path / "r.html", papers=PAPERS).read_text(encoding="utf-8")
    assert "On demo the claim of cf_nade survives, the claim of fawmf is undecided" in text
    assert "Whose claim survives here?" in text and text.count("Whose claim survives on demo</h4>") == 1
    assert "from significance where paper = 'benchmark' and dataset = 'demo'" in text
    assert "On ncf-ml-1m neumf_pretrain is level with eals in HR@10 (0.6770 against 0.7056" in text


def test_a_model_leads_to_its_record_and_a_measured_claim_to_its_table(text, page, made):
    links = [attrs["href"] for attrs in page.all("a")]
    assert "ncf/neumf/ncf-ml-1m.md" in links and "NeuMF (pre-trained)</a>" in text
    rows = re.findall(r"<tr data-verdict.*?</tr>", text, re.DOTALL)
    led = sum('href="#ncf-ncf-ml-1m"' in row for row in rows)
    assert led == (made.claims["reproduced"].notna() & (made.claims["paper"] == "ncf")).sum() > 0
    assert not any("href=" in row for row in rows if 'data-verdict="not_run"' in row)


def test_searches_and_seeds_are_shown(text):
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))
    assert "Search for hyperparameters: 4 trials of 2 models" in plain
    assert "tuned, 3 trials" in plain and "1 stopped early" in plain and "1 failed" in plain
    assert "no trial succeeded" in plain and "nothing to search" not in plain
    assert "seeds ± 0.0011" in plain and "standard deviation over seeds" in plain
    assert "recdag run --dataset demo --paper benchmark --budget 3" in plain


def test_text_from_data_is_escaped(text):
    assert "research &lt;use&gt; only" in text and "<use> only" not in text


def test_data_sets_without_results_are_left_out(text):
    assert ">empty<" not in text


def test_figures_are_drawn_for_what_has_them(page):
    labels = [attrs["aria-label"] for attrs in page.all("svg")]
    of_studies = ("seed deviation", "NDCG@20 on demo", "NDCG@20 on validation on demo")
    papers = [label for label in labels if not any(each in label for each in of_studies)]
    # cost, validation, loss for each paper and data set that was run; no loss where models are many
    assert len(papers) == 3 * 4 - 1
    assert sum("EASE" in label or "ease" in label for label in papers) == 4


def test_nothing_published_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match="recdag run --dataset demo"):
        build_report(tmp_path / "recdag.duckdb", tmp_path / "report.html")
    assert not list(tmp_path.iterdir())


def test_empty_tables_give_a_page(tmp_path):
    PublishedDatabase(tmp_path / "recdag.duckdb").ensure()
    output = build_report(tmp_path / "recdag.duckdb", tmp_path / "report.html", papers=PAPERS)
    text = output.read_text(encoding="utf-8")
    assert "Nothing has been run yet. Made" in text and "0 data sets" not in text
    assert "What to run next" in text and "recdag run --dataset ml-20m --paper mult_vae" in text
