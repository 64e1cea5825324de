"""What the sensor for new data notices."""

import dagster as dg
import pytest
import yaml

from recdag.graph.project import Project
from recdag.orchestration.automation import new_data
from recdag.orchestration.resources import ProjectResource


class Watch:
    """Evaluates the sensor with the cursor that it left behind."""

    def __init__(self, home):
        self.home = home
        self.cursor = None
        self.reload()
        self.skipped = None
        self.look()

    def reload(self):
        self.project = ProjectResource.of(Project.open())

    def look(self):
        context = dg.build_sensor_context(cursor=self.cursor, resources={"project": self.project})
        result = new_data(context)
        self.cursor = result.cursor or self.cursor
        self.skipped = result.skip_reason.skip_message if result.skip_reason else None
        return [each.partition_key for each in result.run_requests or []]


@pytest.fixture
def watch(home):
    return Watch(home)


def append(file, text="u0,i1,buy,1800000000\n"):
    with file.open("a") as opened:
        opened.write(text)


def write_entry(home, file, like, **changes):
    folder = home / "data" / "added"
    entry = yaml.safe_load((folder / f"{like}.yaml").read_text())
    (folder / f"{file}.yaml").write_text(yaml.safe_dump({**entry, **changes}))


def test_what_lay_there_before_is_no_news(watch):
    assert watch.look() == []
    assert watch.look() == []


def test_a_changed_file_is_run_once_when_it_has_come_to_rest(watch):
    file = watch.home / "data" / "raw" / "tiny" / "events.csv"
    append(file)
    assert watch.look() == []
    append(file)
    assert watch.look() == []
    assert watch.look() == ["tiny"]
    assert watch.look() == []


def test_a_new_entry_is_run_after_definitions_are_reloaded(watch):
    raw = watch.home / "data" / "raw" / "shop"
    raw.mkdir()
    (raw / "events.csv").write_text((watch.home / "data" / "raw" / "tiny" / "events.csv").read_text())
    write_entry(watch.home, "shop", like="tiny", name="shop")
    assert watch.look() == [] and "shop" in watch.skipped
    watch.reload()
    assert watch.look() == []
    assert watch.look() == ["shop"]


def test_files_that_were_placed_are_run_after_definitions_are_reloaded(watch):
    write_entry(watch.home, "shop", like="tiny", name="shop")
    watch.reload()
    assert "shop" not in watch.project.open().workable
    raw = watch.home / "data" / "raw" / "shop"
    raw.mkdir()
    (raw / "events.csv").write_text((watch.home / "data" / "raw" / "tiny" / "events.csv").read_text())
    assert watch.look() == [] and "shop" in watch.skipped
    watch.reload()
    assert watch.look() == []
    assert watch.look() == ["shop"]


def test_a_changed_entry_is_news_and_a_wrong_one_is_told(watch):
    write_entry(watch.home, "tiny", like="tiny", min_user_interactions=3)
    assert [watch.look(), watch.look()] == [[], ["tiny"]]
    (watch.home / "data" / "added" / "tiny.yaml").write_text("name: [")
    assert watch.look() == [] and "tiny.yaml" in watch.skipped
