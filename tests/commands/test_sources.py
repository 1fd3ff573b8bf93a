"""What code does, apart from how it is written, and all that it imports."""

from __future__ import annotations

import hashlib

import pytest

from commands.sources import UnknownImport, closure, read

CODE = '''"""A module."""

from domain import numbers  # for the limit

LIMIT = 6_000
"""In mA."""


def share(of: int, among: list[str]) -> dict[str, int]:
    """Divide it."""
    each = of // max(len(among), 1)  # rounded down
    return {name: min(each, LIMIT) for name in among}
'''


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        pytest.param('"""A module."""', '"""A better module."""', id="a module's docstring"),
        pytest.param('"""A module."""', "", id="a docstring goes"),
        pytest.param('    """Divide it."""\n', '    """Share it."""\n', id="a function's docstring"),
        pytest.param('"""In mA."""', '"""mA."""', id="a constant's docstring"),
        pytest.param("# rounded down", "# to the floor", id="a comment"),
        pytest.param("6_000", "6000", id="another spelling of a number"),
        pytest.param("of: int, among: list[str]", "\n    of: int,\n    among: list[str],\n", id="layout"),
    ],
)
def test_words_and_layout_do_nothing(was, becomes):
    assert was in CODE
    assert read(CODE.replace(was, becomes).encode()).code == read(CODE.encode()).code


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        pytest.param("6_000", "6_001", id="a number"),
        pytest.param("6_000", "6_000.0", id="a number of another type"),
        pytest.param("6_000", '"6_000"', id="a text for a number"),
        pytest.param("//", "%", id="an operator"),
        pytest.param("share(", "shares(", id="a function's name"),
        pytest.param("each, LIMIT", "LIMIT, each", id="an order"),
        pytest.param("(len(among), 1)", "(1)", id="an argument less"),
        pytest.param("import numbers", "import numbers as n", id="an alias"),
        pytest.param("def share", "@cache\ndef share", id="a decorator"),
        pytest.param("among: list[str]", "*among: list[str]", id="a kind of argument"),
    ],
)
def test_everything_else_does(was, becomes):
    assert was in CODE
    assert read(CODE.replace(was, becomes).encode()).code != read(CODE.encode()).code


def test_an_empty_text_in_a_list_is_no_docstring():
    assert read(b'x = ["", 1]').code != read(b"x = [1]").code


EVERY_PYTHON = r"""
import a.b as c
from d import (e, f as g)
type_name: str = f"{x:>{width}.{1}}" f"{y!r:}{z=}" "é" f"{{{a:{b}c{d}}}}" f"" "" f"\N{BULLET}{'n' 'm'}"
async def function(a, /, b: int = 1, *c, d=None, **e) -> None:
    global f
    async with g as h, i: await j
    try: raise K from l
    except* (M, N) as o: pass
    match p:
        case {"q": Q(r=1) | [_, *s], **t} if (u := v): yield
        case None | -1 | "w": return
    return lambda *x: [*x[1:2, ...], *(y async for z, in a if b)], {**c, "d": ~e}, 1e9 // .5j, b"\xff", 0xFF, ...
class Name(Base, metaclass=Meta):
    __slots__ = ()
    @decorated
    def method(self): del self.a[0], b; assert c < d <= e is not None, f"{f!s:%H:%M}"; nonlocal_ = 1; self.g += 1
"""


def test_every_python_says_the_same():
    """Run by each Python that we support."""
    assert hashlib.sha256(read(EVERY_PYTHON.encode()).code.encode()).hexdigest()[:16] == "f3b7a4fffcd16c20"


def modules(root, files, *starts, without=()):
    """The names in the closure of `starts` where `root` holds `files` (path -> text)."""
    written(root, files)
    return list(closure(root, starts, without).modules)


def written(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_closure_has_what_is_imported_by_what_is_imported(tmp_path):
    files = {"a.py": "import b", "b.py": "from c.d import e", "c/d.py": "e = 1", "unused.py": "import a"}
    assert modules(tmp_path, {**files, "c/__init__.py": ""}, "a") == ["a", "b", "c", "c.d"]


def test_packages_on_the_way_belong_to_it(tmp_path):
    files = {"a.py": "import p.q.r", "p/__init__.py": "import s", "p/q/__init__.py": "", "p/q/r.py": "", "s.py": ""}
    assert modules(tmp_path, files, "a") == ["a", "p", "p.q", "p.q.r", "s"]


def test_a_name_from_a_package_may_be_a_module_or_something_in_it(tmp_path):
    files = {"a.py": "from p import m, n", "p/__init__.py": "n = 1", "p/m.py": "", "p/other.py": ""}
    assert modules(tmp_path, files, "a") == ["a", "p", "p.m"]


def test_an_import_within_a_function_counts(tmp_path):
    assert modules(tmp_path, {"a.py": "def f():\n    import b", "b.py": ""}, "a") == ["a", "b"]


def test_modules_that_import_each_other_are_taken_once(tmp_path):
    assert modules(tmp_path, {"a.py": "import b", "b.py": "import a"}, "a") == ["a", "b"]


def test_what_is_left_out_takes_along_what_only_it_needs(tmp_path):
    files = {"a.py": "import p.m, pq", "p/__init__.py": "", "p/m.py": "import b", "b.py": "", "pq.py": ""}
    assert modules(tmp_path, files, "a", without=["p"]) == ["a", "pq"]


def test_packages_of_others_are_named_and_the_standard_library_is_not(tmp_path):
    written(tmp_path, {"a.py": "from pydantic.fields import F\nimport json, b", "b.py": "import orjson as o"})
    assert closure(tmp_path, ["a"]).packages == {"pydantic", "orjson"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("import p.missing", "no module p.missing", id="a module"),
        pytest.param("from p.missing import m", "no module p.missing", id="a module imported from"),
        pytest.param("from . import m", "relatively", id="a relative import"),
        pytest.param("from .m import n", "relatively", id="a relative import from a module"),
    ],
)
def test_an_import_that_leads_nowhere_is_an_error(tmp_path, text, reason):
    written(tmp_path, {"p/__init__.py": "", "p/m.py": text})
    with pytest.raises(UnknownImport, match=reason):
        closure(tmp_path, ["p.m"])
