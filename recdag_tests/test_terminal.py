"""What somebody at a terminal sees while a run is at work."""

import os
import re
import subprocess
import sys

import pytest
import yaml

SCRIPT = "from recdag.cli import main; main()"
COMMAND = [sys.executable, "-W", "ignore", "-c", SCRIPT, "run", "--dataset", "tiny"]


def shown_at_a_terminal(*arguments):
    """All that a run writes to a pseudo-terminal of 120 columns."""
    master, slave = os.openpty()
    environment = os.environ | {"COLUMNS": "120", "LINES": "40", "TERM": "xterm", "NO_COLOR": "1"}
    process = subprocess.Popen(
        [*COMMAND, *arguments], env=environment, stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    written = b""
    try:
        while block := os.read(master, 65536):
            written += block
    except OSError:  # Linux's way to say that nobody has the other end open any more
        pass
    os.close(master)
    assert process.wait(timeout=60) == 0, written.decode()[-2000:]
    return written.decode()


@pytest.fixture
def long_training(home):
    """A recipe whose NeuMF trains long enough to be looked at."""
    path = home / "models" / "recipes" / "ncf.yaml"
    recipe = yaml.safe_load(path.read_text())
    values = {"gmf_epochs": 150, "mlp_epochs": 2, "epochs": 2, "patience": 150}
    recipe["models"]["neumf_pretrain"] |= {
        name: {"value": value, "source": "ours: long"} for name, value in values.items()
    }
    path.write_text(yaml.safe_dump(recipe))


def test_a_terminal_shows_the_step_at_work_while_it_trains(long_training):
    written = shown_at_a_terminal("--select", '+key:"ncf/neumf_pretrain"')
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written)
    working, _, ended = plain.partition("✓ ncf/neumf_pretrain")
    assert ended
    frames = [line for line in re.split(r"[\r\n]+", working) if line.startswith("6 of 6 ncf/neumf_pretrain")]
    epochs = {found[1] for frame in frames if (found := re.search(r"(\d+)/150.*pre-training GMF", frame))}
    assert len(epochs) >= 2, frames[-3:]
    assert [each for each in frames if "at most" in each and not re.search(r"at most \d+:\d\d", each)] == []
    ticks = [line for line in re.split(r"[\r\n]+", plain) if "✓" in line]
    assert len(ticks) >= 5 and all(re.fullmatch(r"✓ \S+ [0-9.]+ s\s*", line) for line in ticks), ticks


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_does_not_know_a_character_is_shown_another(home, encoding):
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    ended = subprocess.run([*COMMAND, "--select", '+key:"events"'], env=environment, capture_output=True)
    assert ended.returncode == 0, ended.stderr
    assert "+ events" in ended.stdout.decode(encoding)
