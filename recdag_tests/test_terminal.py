"""What somebody at a terminal sees while a run is at work."""

import fcntl
import os
import re
import subprocess
import sys
import termios

import pytest
import yaml

SCRIPT = "from recdag.cli import main; main()"
RECDAG = [sys.executable, "-W", "ignore", "-c", SCRIPT]
RUN = ["run", "--dataset", "tiny", "--select"]


def at_a_terminal(*arguments, stop_at=None):
    """Exit code of a command, and all that it writes to a pseudo-terminal of 120 columns, without colours.

    Args:
        stop_at: Ctrl-C is typed when this is shown.
    """
    master, slave = os.openpty()
    environment = os.environ | {"COLUMNS": "120", "LINES": "40", "TERM": "xterm", "NO_COLOR": "1"}
    process = subprocess.Popen(
        [*RECDAG, *arguments],
        env=environment,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(slave)
    written = b""
    try:
        while block := os.read(master, 65536):
            written += block
            if stop_at is not None and stop_at in written:
                os.write(master, b"\x03")
                stop_at = None
    except OSError:  # Linux's way to say that nobody has the other end open any more
        pass
    os.close(master)
    return process.wait(timeout=60), re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode())


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
    code, plain = at_a_terminal(*RUN, '+key:"ncf/neumf_pretrain"')
    assert code == 0, plain[-2000:]
    working, _, ended = plain.partition("✓ ncf/neumf_pretrain")
    assert ended
    frames = [line for line in re.split(r"[\r\n]+", working) if line.startswith("6 of 6 ncf/neumf_pretrain")]
    epochs = {found[1] for frame in frames if (found := re.search(r"(\d+)/150.*pre-training GMF", frame))}
    assert len(epochs) >= 2, frames[-3:]
    assert [each for each in frames if "at most" in each and not re.search(r"at most \d+:\d\d", each)] == []
    ticks = [line for line in re.split(r"[\r\n]+", plain) if "✓" in line]
    assert len(ticks) >= 5 and all(re.fullmatch(r"✓ \S+ [0-9.]+ s\s*", line) for line in ticks), ticks


def test_ctrl_c_ends_a_run_with_one_line(long_training):
    code, plain = at_a_terminal(*RUN, '+key:"ncf/neumf_pretrain"', stop_at=b"pre-training GMF")
    assert code == 130
    assert plain.rstrip().endswith("Stopped. What is finished is kept; run again to go on.")
    assert "Traceback" not in plain


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_does_not_know_a_character_is_shown_another(home, encoding):
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    ended = subprocess.run([*RECDAG, *RUN, '+key:"events"'], env=environment, capture_output=True)
    assert ended.returncode == 0, ended.stderr
    assert "+ events" in ended.stdout.decode(encoding)
