import itertools
import sys
from textwrap import dedent

import pytest

from recdag.fingerprint import code_of, fingerprint, imports_of

NUMBERS = itertools.count()
CODE = '''
"""What it is."""

from typing import TYPE_CHECKING

from recdag.suggest import nearest

if TYPE_CHECKING:
    from recdag.errors import DataError

LIMIT = 3
"""How many at most."""


def double(value):
    """Twice as much."""
    return 2 * value  # exact
'''


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes a module of a name that was not there before, and gives the name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(code: str) -> str:
        name = f"fingerprinted_{next(NUMBERS)}"
        (tmp_path / f"{name}.py").write_text(dedent(code))
        return name

    return write


def test_comments_docstrings_layout_and_imports_do_not_count(written):
    bare = """
    from elsewhere import something

    LIMIT = 3
    def double(value): return (2
        * value)
    """
    assert fingerprint([written(CODE)]) == fingerprint([written(bare)])


@pytest.mark.parametrize(
    "change",
    [("2 * value", "3 * value"), ("LIMIT = 3", "LIMIT = 4"), ("double(value)", "double(value, by=2)")],
)
def test_any_other_change_counts(written, change):
    assert fingerprint([written(CODE)]) != fingerprint([written(CODE.replace(*change))])


def test_order_names_and_repetition_do_not_count(written):
    one, other, copy = written("a = 1"), written("b = 2"), written("a = 1")
    assert fingerprint([one, other]) == fingerprint([other, copy, one])
    assert fingerprint([one]) != fingerprint([one, other])
    assert len(fingerprint([one])) == 12


def test_a_module_that_is_not_there_is_an_error():
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        fingerprint(["recdag.nowhere"])


def test_modules_are_read_and_not_imported(written):
    name = written("raise RuntimeError")
    fingerprint([name])
    assert name not in sys.modules


def test_packages_around_a_module_are_not_imported_either(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "fingerprinted_package"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError")
    (package / "module.py").write_text("a = 1")
    fingerprint(["fingerprinted_package", "fingerprinted_package.module"])
    assert "fingerprinted_package" not in sys.modules


def test_imports_for_typing_are_told_apart(written):
    name = written(CODE)
    assert imports_of(name) == {"recdag.suggest"}
    assert imports_of(name, typing=True) == {"recdag.errors"}


def test_imports_name_modules_and_count_inside_functions(written):
    name = written(
        """
        import json
        import recdag.settings
        from recdag import errors, HOME


        def late():
            from recdag.suggest import nearest
        """
    )
    assert imports_of(name) == {"recdag.settings", "recdag.errors", "recdag", "recdag.suggest"}


def test_code_follows_imports_within_the_rooms_named():
    assert code_of("recdag.suggest") == {"recdag.suggest"}
    code = code_of("recdag.training.loop", ["recdag.training"])
    assert {"recdag.training.loop", "recdag.training.options"} <= code
    assert all(name.startswith("recdag.training.") for name in code)
