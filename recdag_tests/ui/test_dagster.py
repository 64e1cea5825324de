"""What a person does in Dagster's web UI, in a real browser."""

import yaml
from playwright.sync_api import expect

from recdag.papers.catalogue import PAPERS

GROUPS = {"raw", "matrices", "splits", "comparison", *PAPERS}


def _choose_partition(page, name):
    """Pick one partition in the dialog of Materialize; the click on its corner closes the list."""
    dialog = page.locator(".dagster-dialog")
    dialog.get_by_text("Select a partition").click()
    page.get_by_placeholder("Filter partitions").fill(name)
    page.get_by_role("menuitem").filter(has=page.get_by_text(name, exact=True)).locator("label").click()
    dialog.click(position={"x": 4, "y": 4})
    return dialog


def _open_graph_of(page, selection):
    page.goto("/asset-groups")
    page.locator(".CodeMirror").click()
    page.keyboard.type(selection)
    page.keyboard.press("Enter")


def test_the_graph_shows_its_groups(page):
    page.goto("/asset-groups")
    for group in GROUPS:
        expect(page.get_by_text(group, exact=True).first).to_be_visible()
    _open_graph_of(page, 'group:"ncf"')
    for model in (*PAPERS["ncf"].nodes, "evaluation"):
        expect(page.get_by_text(model, exact=True).first).to_be_visible()


def test_a_model_is_materialized_from_its_page(page, served):
    known = served.runs()
    page.goto("/assets/ncf/gmf?view=partitions")
    page.get_by_role("button", name="Materialize").click()
    _choose_partition(page, "tiny").get_by_role("button", name="Launch 1 run").click()
    run = served.new_run(known)
    page.goto(f"/runs/{run}")
    expect(page.get_by_text("Success", exact=True).first).to_be_visible()
    assert served.computed(run) == {"ncf/gmf": True}


def test_only_a_model_with_a_changed_recipe_is_trained_again(page, served):
    recipe = served.home / "models" / "recipes" / "ncf.yaml"
    content = yaml.safe_load(recipe.read_text())
    content["models"]["bpr"]["factors"]["value"] += 1
    recipe.write_text(yaml.safe_dump(content))
    page.goto("/asset-groups")
    page.get_by_role("button", name="Reload definitions").click()
    expect(page.get_by_text("Definitions reloaded")).to_be_visible()
    page.goto("/assets/ncf/item_pop?view=partitions&partition=tiny")
    page.get_by_text("Latest materialization").wait_for()
    expect(page.get_by_text("Unsynced")).to_have_count(0)
    page.goto("/assets/ncf/bpr?view=partitions&partition=tiny")
    expect(page.get_by_text("Unsynced").first).to_be_visible()

    known = served.runs()
    _open_graph_of(page, 'key:"ncf/bpr" or key:"ncf/item_pop"')
    page.get_by_role("button", name="Materialize all").click()
    _choose_partition(page, "tiny").get_by_role("button", name="Launch 1 run").click()
    run = served.new_run(known)
    served.wait_for(run)
    assert served.computed(run) == {"ncf/bpr": True, "ncf/item_pop": False}
    page.goto("/assets/ncf/bpr?view=partitions&partition=tiny")
    page.get_by_text("Latest materialization").wait_for()
    expect(page.get_by_text("Unsynced")).to_have_count(0)


def test_the_report_opens_from_its_asset(page):
    page.goto("/assets/report")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="report.html").click()
    expect(opened.value.get_by_role("heading", level=1)).to_be_visible()


def test_a_value_of_the_wrong_type_is_refused_before_the_launch(page, served):
    known = served.runs()
    page.goto("/assets/ncf/gmf?view=partitions")
    materialize = page.get_by_role("button", name="Materialize")
    materialize.locator("xpath=following::button[1]").click()
    page.get_by_role("menuitem", name="Open launchpad").click()
    editor = page.locator(".dagster-dialog .CodeMirror")
    editor.wait_for()
    editor.evaluate("each => each.CodeMirror.setValue('ops: {ncf__gmf: {config: {epochs: many}}}')")
    expect(page.get_by_text("Invalid scalar").first).to_be_visible()
    expect(page.locator(".dagster-dialog").get_by_role("button", name="Materialize")).to_be_disabled()
    assert served.runs() == known
