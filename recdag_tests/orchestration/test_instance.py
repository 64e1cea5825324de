"""A history that cannot be used is one line with the file and what to do."""

import pytest

from recdag.errors import ConfigError, DataError
from recdag.orchestration.instance import opened
from recdag.orchestration.run_lock import clear_killed_runs


@pytest.mark.parametrize("content", ["a: [b", "telemetry: 5", "just words"])
def test_settings_that_cannot_be_read_are_named(dagster_home, content):
    (dagster_home / "dagster.yaml").write_text(content)
    with pytest.raises(ConfigError, match=r"dagster\.yaml: .*delete it: recdag's own") as raised:
        clear_killed_runs(dagster_home)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("damage", ["all of it", "a part"])
def test_a_damaged_file_of_the_history_is_named(dagster_home, damage):
    with opened(dagster_home) as instance:
        instance.get_runs()
    file = dagster_home / "history" / "runs.db"
    content = file.read_bytes()
    kept = content[: 0 if damage == "all of it" else 4096]
    file.write_bytes(kept + b"x" * (len(content) - len(kept)))
    with pytest.raises(DataError, match=r"runs\.db: .*is damaged.*the history begins anew"):
        clear_killed_runs(dagster_home)
