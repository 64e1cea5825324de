from dataclasses import replace

import pandas as pd

from recdag.papers.catalogue import PAPERS
from recdag.papers.claims import STANDS_FOR
from recdag.report import queries
from recdag.report.result_tables import result_table
from recdag.report.verdicts.evidence import Lack, Unjudged
from recdag.report.verdicts.lead import AHEAD, BEHIND, LEVEL, Lead
from recdag.report.verdicts.opening import next_run, opening_sentence, outcome_sentence
from recdag.report.verdicts.tally import verdict_bars


def claims(**counts):
    rows = [(verdict, dataset) for (verdict, dataset), n in counts.pop("of").items() for _ in range(n)]
    return pd.DataFrame(rows, columns=["verdict", "dataset"])


def lead(dataset, standing, rival="wmf"):
    return Lead(dataset, "hr@10", "neumf_pretrain", rival, standing, {}, 0.1, 0.01, (), ())


def test_numbers_and_lead_in_one_sentence():
    table = claims(of={("reproduced", "ml-1m"): 3, ("lower", "pinterest"): 1, ("not_run", "pinterest"): 6})
    leads = [lead("a", AHEAD), lead("b", BEHIND, "eals"), lead("c", LEVEL), lead("d", AHEAD, "bpr")]
    assert opening_sentence(PAPERS["ncf"], table, leads, []) == (
        "Of 10 published numbers 4 have been measured, on ml-1m and pinterest: 3 reproduced and 1 lower; "
        "the lead of neumf_pretrain holds on a (ahead of wmf) and d (ahead of bpr), is undecided on c "
        "(level with wmf) and does not hold on b (behind eals)."
    )


def test_what_cannot_be_judged_says_what_is_missing():
    table = claims(of={("reproduced", "ml-1m"): 1, ("not_run", "pinterest"): 1})
    lacks = tuple(Lack(topic, "", "", "") for topic in ("sizes", "seeds"))
    leads = [Unjudged("a", ("ncf",), lacks), Unjudged("demo", ("ncf",), ())]
    assert opening_sentence(PAPERS["ncf"], table, leads, [], obtainable={"ml-1m"}) == (
        "Of 2 published numbers, 1 of them on data that can be had, 1 has been measured, on ml-1m: "
        "1 reproduced; the lead of neumf_pretrain cannot be judged yet on a (missing: sizes, seeds)."
    )


def test_what_was_not_measured_is_not_said_but_what_to_run(connection):
    table = claims(of={("not_run", "ml-1m"): 5, ("not_run", "pinterest"): 1})
    ncf, bench = PAPERS["ncf"], PAPERS["benchmark"]
    assert opening_sentence(ncf, table, [], []) == opening_sentence(bench, table.head(0), [], []) == ""
    due = next_run(ncf, table, [], STANDS_FOR)
    assert due.gives == "5 of its 6 numbers"
    assert due.command == "recdag run --dataset ncf-ml-1m --paper ncf"
    away = next_run(ncf, table, [], STANDS_FOR, obtainable=())
    assert away.gives == "5 of its 6 numbers, once the files are placed"
    private = next_run(PAPERS["cf_nade"], claims(of={("not_run", "tv-watch"): 2}), [], STANDS_FOR)
    assert private.gives == "its own data cannot be had; on others"
    results, simulated = queries.read_results(connection), queries.read_simulated(connection)
    on_demo = result_table(results, "ncf", "demo", about=ncf, simulated=simulated)
    assert next_run(ncf, table, [on_demo], STANDS_FOR) == due
    assert outcome_sentence(table, [on_demo]) == ""
    on_real = result_table(results, "ncf", "ncf-ml-1m", about=ncf, simulated=simulated)
    assert next_run(ncf, table, [on_demo, on_real], STANDS_FOR) is None


def test_a_paper_without_claims_names_its_winner(connection):
    results = queries.read_results(connection)
    table = result_table(results, "benchmark", "demo", about=PAPERS["benchmark"])
    sentence = opening_sentence(PAPERS["benchmark"], claims(of={}), [], [table])
    best = max((r for r in table.headlines if r.cells[0]), key=lambda row: row.cells[0].value)
    assert sentence.startswith(f"On demo {best.model} is best in NDCG@20 (0.")


def test_numbers_and_the_best_models_for_the_section(connection):
    table = result_table(queries.read_results(connection), "ncf", "ncf-ml-1m", about=PAPERS["ncf"])
    one = claims(of={("lower", "ml-1m"): 1, ("not_run", "ml-1m"): 1})
    assert outcome_sentence(one, [table]) == (
        "Of 2 published numbers 1 has been measured, on ml-1m: 1 lower. "
        "On ncf-ml-1m ease (not in the paper) is best in HR@10 (0.7543)."
    )
    first, second, *_ = table.rows
    equal = replace(table, rows=(first, replace(second, reference=False, cells=first.cells)))
    assert f"On ncf-ml-1m ease (not in the paper) and {second.model} are equally best" in (
        outcome_sentence(one.head(0), [equal])
    )
    assert outcome_sentence(one.head(0), []) == ""


def test_the_picture_is_a_png_and_absent_without_claims(made):
    assert verdict_bars(made.claims).startswith(b"\x89PNG")
    assert verdict_bars(made.claims.head(0)) is None
