"""The code of some modules and of all that they import, without comments, docstrings and layout.

No module is imported for this, and the result is the same on every Python that we support.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "__init__.py"


class UnknownImport(Exception):
    """An imported module of ours can't be found by its name."""


@dataclass(frozen=True, slots=True)
class Source:
    """The code of a module, and its imports: (`a`, (`b`, `c`)) for `from a import b, c`, (`a`, ()) for `import a`."""

    code: str
    imports: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Closure:
    """Modules of ours that import only each other (name -> code), and the third-party packages that they import."""

    modules: Mapping[str, str]
    packages: frozenset[str]


def closure(root: Path, starts: Iterable[str], without: Collection[str] = ()) -> Closure:
    """The modules `starts` below `root` and all that they import, also within a function or for types only.

    The `__init__` of a package belongs to each of its modules. The packages `without` are left out, with all that only
    they import. Raises `UnknownImport`.
    """
    modules: dict[str, str] = {}
    packages: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name in modules or _is_within(name, without):
            continue
        source = read(_file(root, name).read_bytes())
        modules[name] = source.code
        waiting += _parents(root, name)
        for module, names in source.imports:
            if module.startswith("."):
                raise UnknownImport(f"{name} imports {module} relatively: write the module's whole name")
            package = module.partition(".")[0]
            if _found(root, package):
                waiting += _meant(root, module, names)
            else:
                packages.add(package)
    return Closure(dict(sorted(modules.items())), frozenset(packages - sys.stdlib_module_names))


def _meant(root: Path, module: str, names: Iterable[str]) -> list[str]:
    """The modules that `from module import names` imports. A name that is no module is defined in `module`."""
    if _file(root, module).name != PACKAGE:
        return [module]
    return [module, *(inner for name in names if _found(root, inner := f"{module}.{name}"))]


def read(source: bytes) -> Source:
    """A module without comments, docstrings and layout. Raises `SyntaxError`."""
    words: list[str] = []
    imports: list[ast.Import | ast.ImportFrom] = []
    _write(ast.parse(source), words, imports)
    return Source(" ".join(words), tuple(imported for node in imports for imported in _imported(node)))


def _write(node: ast.AST, words: list[str], imports: list[ast.Import | ast.ImportFrom]) -> None:
    """Append a syntax tree as words: a class name, then each field that is not empty, by name. Collect its `imports`.

    `ast.dump` and `ast.unparse` would do, but they write the same tree differently from one Python to the next.
    """
    if isinstance(node, ast.Constant):
        words.append(ascii(node.value))  # `repr` would depend on the Unicode version
        return
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        imports.append(node)
    words.append(type(node).__name__)
    for name in node._fields:
        value: Any = getattr(node, name, None)
        if isinstance(value, list):
            parts = [part for part in value if not _is_idle(node, part)]
            if parts:  # which empty lists there are depends on the Python: 3.12 came with `type_params`
                words += [name, "["]
                for part in parts:
                    _write_value(part, words, imports)
                words.append("]")
        elif value is not None and not isinstance(value, ast.expr_context):  # which follows from the place
            words.append(name)
            _write_value(value, words, imports)
    words.append(")")


def _write_value(value: Any, words: list[str], imports: list[ast.Import | ast.ImportFrom]) -> None:
    if isinstance(value, ast.AST):
        _write(value, words, imports)
    else:
        words.append(ascii(value))


def _is_idle(node: ast.AST, part: Any) -> bool:
    """Whether a part of a node does nothing: a docstring, or an empty piece of an f-string, as 3.12 has them."""
    if isinstance(node, ast.JoinedStr):
        return isinstance(part, ast.Constant) and part.value == ""
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) and isinstance(part.value.value, str)


def _imported(node: ast.Import | ast.ImportFrom) -> list[tuple[str, tuple[str, ...]]]:
    if isinstance(node, ast.Import):
        return [(alias.name, ()) for alias in node.names]
    return [("." * node.level + (node.module or ""), tuple(alias.name for alias in node.names))]


def _found(root: Path, name: str) -> Path | None:
    path = root.joinpath(*name.split("."))
    return next((file for file in (path / PACKAGE, path.with_suffix(".py")) if file.is_file()), None)


def _file(root: Path, name: str) -> Path:
    found = _found(root, name)
    if found is None:
        raise UnknownImport(f"there is no module {name} below {root}")
    return found


def _parents(root: Path, name: str) -> list[str]:
    parts = name.split(".")
    above = [".".join(parts[:length]) for length in range(1, len(parts))]
    return [parent for parent in above if _found(root, parent)]


def _is_within(name: str, packages: Collection[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)
