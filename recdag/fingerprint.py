"""What code says, as one short text: changes with the code, not with comments, docstrings or places."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec, resolve_name
from pathlib import Path

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
    code = ast.unparse(_Bare().visit(_parsed(_source(module))))
    return hashlib.sha256(code.encode()).hexdigest()


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


@cache
def _source(module: str) -> Path:
    spec = find_spec(module)
    if spec is None or spec.origin is None or not spec.has_location:
        raise ModuleNotFoundError(f"no source of {module}", name=module)
    return Path(spec.origin)


class _Bare(ast.NodeTransformer):
    """Takes away what does nothing by itself: docstrings, other lone texts, and imports."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        lone = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if lone else node

    def visit_Import(self, node: ast.Import) -> None:
        return None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        return None

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if _is_type_checking(node) and not node.orelse else self.generic_visit(node)


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
        yield f"{base}.{alias.name}" if _is_module(f"{base}.{alias.name}") else base


@cache
def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # the parent is a module, not a package
        return False
