"""Files and functions of the package stay short."""

import ast
from pathlib import Path

import recdag

PACKAGE = Path(recdag.__file__).parent
MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 60


def modules():
    return {path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}


def functions(text):
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]


def lines_of(function):
    """Lines of a function without decorators and docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return function.end_lineno - body[0].lineno + 1 if body else 0


def test_no_file_is_long():
    long = {
        name: lines for name, text in modules().items() if (lines := text.count("\n")) > MOST_LINES_OF_A_FILE
    }
    assert long == {}


def test_no_function_is_long():
    long = {
        f"{name}: {function.name}": lines
        for name, text in modules().items()
        for function in functions(text)
        if (lines := lines_of(function)) > MOST_LINES_OF_A_FUNCTION
    }
    assert long == {}
