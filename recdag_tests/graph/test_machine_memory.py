"""How much memory a model may count on."""

import pytest

from recdag.graph import machine_memory


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A machine with 8 GiB free and a container whose limit is to be written."""
    machine = tmp_path / "meminfo"
    machine.write_text("MemTotal:       33554432 kB\nMemAvailable:    8388608 kB\n")
    files = tuple(tmp_path / name for name in ("max", "current", "stat"))
    files[1].write_text(f"{3 * 2**30}\n")
    files[2].write_text(f"anon 5\ninactive_file {2**30}\n")
    monkeypatch.setattr(machine_memory, "_MACHINE", machine)
    monkeypatch.setattr(machine_memory, "_CONTAINER", ((*files, "inactive_file"),))
    return files[0]


@pytest.mark.parametrize(("limit", "free"), [("max", 8), (str(4 * 2**30), 2), (str(64 * 2**30), 8)])
def test_what_is_in_use_is_not_there(system, limit, free):
    system.write_text(limit + "\n")
    assert machine_memory.available_bytes() == free * 2**30


def test_a_machine_without_containers_counts_alone(system):
    assert machine_memory.available_bytes() == 8 * 2**30
