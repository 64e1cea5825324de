"""What code says, as one short text: changes with the code, not with comments, docstrings or places."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec, resolve_name
from pathlib import Path
from typing import Any

PACKAGE = "recdag"


def fingerprint(modules: Iterable[str]) -> str:
    """Digest, 12 hexadecimal digits, of the code of some modules; their order and names do not count.

    Comments, docstrings and imports do not count either, so that what is moved to another file, or from
    there, leaves the digest of whoever uses it as it is. The modules are read, not imported.

    Args:
        modules: dotted names; that of a package stands for its `__init__` alone.

    Raises:
        ModuleNotFoundError: there is no source of that name.
    """
    digests = sorted({_digest(name) for name in modules})
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()[:12]


@cache
def imports_of(module: str, *, typing: bool = False) -> frozenset[str]:
    """The modules of recdag that `module` imports, at its top or inside its functions.

    A name imported from a package is that module where there is one, the package itself otherwise.

    Args:
        typing: those imported under `if TYPE_CHECKING` and nowhere else, in place of the others.

    Raises:
        ModuleNotFoundError: there is no source of that name.
    """
    tree = _parsed(_source(module))
    checking = {node for branch in ast.walk(tree) if _is_type_checking(branch) for node in ast.walk(branch)}
    statements = {node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)}
    used = _imported(module, statements - checking)
    return _imported(module, statements & checking) - used if typing else used


def code_of(module: str, within: Iterable[str] = (PACKAGE,)) -> frozenset[str]:
    """`module` and all modules that it imports, they import, and so on; for typing alone does not count.

    Args:
        within: packages outside which imports are not followed.
    """
    reached, waiting, rooms = set[str](), [module], tuple(within)
    while waiting:
        if (name := waiting.pop()) in reached:
            continue
        reached.add(name)
        waiting += [other for other in imports_of(name) if _lies_within(other, rooms)]
    return frozenset(reached)


def _lies_within(module: str, rooms: Iterable[str]) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


@cache
def _digest(module: str) -> str:
    return hashlib.sha256(_spelt(_parsed(_source(module))).encode()).hexdigest()


def _spelt(node: Any) -> str:
    """A syntax tree in one spelling for all versions of Python; `ast.dump` and `ast.unparse` have several."""
    if isinstance(node, ast.AST):
        parts = [
            f"{name}={_spelt(value)}" for name, value in ast.iter_fields(node) if value not in (None, [])
        ]
        return f"{type(node).__name__}({','.join(parts)})"
    if isinstance(node, list):
        return f"[{','.join([_spelt(each) for each in node if not _does_nothing(each)])}]"
    return repr(node)


def _does_nothing(node: Any) -> bool:
    """Whether a statement alone changes nothing: a docstring or other lone text, an import."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    if isinstance(node, ast.If):
        return _is_type_checking(node) and not node.orelse
    return isinstance(node, ast.Import | ast.ImportFrom)


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


@cache
def _source(module: str) -> Path:
    if (spec := _spec(module)) is None or spec.origin is None or not spec.has_location:
        raise ModuleNotFoundError(f"no source of {module}", name=module)
    return Path(spec.origin)


@cache
def _spec(module: str) -> ModuleSpec | None:
    """Where a module is; unlike `find_spec` alone this imports none of the packages that it lies in."""
    package, _, _ = module.rpartition(".")
    if not package:
        return find_spec(module)
    parent = _spec(package)
    places = parent.submodule_search_locations if parent is not None else None
    return None if places is None else PathFinder.find_spec(module, list(places))


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _imported(module: str, statements: Iterable[ast.Import | ast.ImportFrom]) -> frozenset[str]:
    return frozenset(
        name
        for statement in statements
        for name in _named(module, statement)
        if _lies_within(name, (PACKAGE,)) and name != module
    )


def _named(module: str, statement: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(statement, ast.Import):
        yield from (alias.name for alias in statement.names)
        return
    package = module if _source(module).name == "__init__.py" else module.rpartition(".")[0]
    base = resolve_name("." * statement.level + (statement.module or ""), package)
    if not _lies_within(base, (PACKAGE,)):
        return
    for alias in statement.names:
        yield base if _spec(f"{base}.{alias.name}") is None else f"{base}.{alias.name}"
