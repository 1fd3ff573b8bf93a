"""What makes the read models anew, and what does not."""

from __future__ import annotations

import pytest
from sqlalchemy import BigInteger, Column, Index, MetaData, String, Table

from commands.sources import ROOT
from domain.records.registry import AccountRegistered, SiteRegistered
from domain.records.time import InputRejected
from projections.catalogue import PROJECTIONS
from projections.projection import Projection
from projections.version import described, version, version_of
from tests.source_tree import copied, replaced

PARTS = ("domain", "commands", "projections")


@pytest.fixture
def root(tmp_path):
    """A copy of the tree; each test changes its own."""
    return copied(tmp_path, PARTS)


def test_a_copy_has_the_same_version(root):
    assert version_of(root, PROJECTIONS) == version()


@pytest.mark.parametrize(
    ("path", "was", "becomes"),
    [
        pytest.param("projections/sessions.py", '"""', '"""Reworded. ', id="a docstring"),
        pytest.param("projections/sessions.py", "\n\n", "\n# A comment.\n\n", id="a comment"),
        pytest.param("projections/runner.py", "\n\n", "\nPAGE = 1\n\n", id="what runs the handlers"),
        pytest.param("projections/rebuilding.py", "CATCH_UP_S = 20", "CATCH_UP_S = 30", id="how they are made anew"),
        pytest.param("domain/records/vehicles.py", "\n\n", "\nTYPES = 1\n\n", id="a record module's other content"),
        pytest.param("domain/site/scheduling.py", "\n\n", "\nTYPES = 1\n\n", id="a rule"),
    ],
)
def test_what_changes_no_row_leaves_the_read_models(root, path, was, becomes):
    replaced(root / path, was, becomes)
    assert version_of(root, PROJECTIONS) == version()


@pytest.mark.parametrize(
    ("path", "was", "becomes"),
    [
        pytest.param("projections/sessions.py", "move_wanted=False", "move_wanted=True", id="a handler"),
        pytest.param("projections/projection.py", "excluded[name]", "excluded['id']", id="what handlers share"),
        pytest.param("projections/catalogue.py", "        rejections,\n", "", id="a read model less"),
        pytest.param("domain/registry/access.py", "\n\n", "\nOWNER = 1\n\n", id="what a handler's module imports"),
    ],
)
def test_code_of_handlers_makes_them_anew(root, path, was, becomes):
    replaced(root / path, was, becomes)
    assert version_of(root, PROJECTIONS) != version()


def test_a_file_in_a_sub_folder_counts_from_when_a_handler_uses_it(root):
    inner = root / "projections/load"
    inner.mkdir()
    (inner / "__init__.py").touch()
    (inner / "peaks.py").write_text("PEAK = 1\n")
    assert version_of(root, PROJECTIONS) == version()
    replaced(root / "projections/sites.py", "\nfrom projections", "\nimport projections.load.peaks\nfrom projections")
    with_it = version_of(root, PROJECTIONS)
    assert with_it != version()
    (inner / "peaks.py").write_text("PEAK = 1  # W\n")
    assert version_of(root, PROJECTIONS) == with_it
    (inner / "peaks.py").write_text("PEAK = 2\n")
    assert version_of(root, PROJECTIONS) != with_it


def a_table(*more, kind=String, **options):
    return Table("a", MetaData(), Column("id", String, primary_key=True), Column("name", kind, **options), *more)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(a_table(Column("more", String)), id="a column"),
        pytest.param(a_table(kind=BigInteger), id="a type"),
        pytest.param(a_table(nullable=False), id="null or not"),
        pytest.param(a_table(primary_key=True), id="a key"),
        pytest.param(a_table(index=True), id="an index of a column"),
        pytest.param(a_table(Index("a_by_name", "name")), id="an index"),
        pytest.param(a_table(Index("a_by_name", "name", unique=True)), id="a unique index"),
    ],
)
def test_a_table_is_told_by_its_columns_keys_and_indexes(other):
    assert list(described(other)) != list(described(a_table()))
    assert version_of(ROOT, [Projection(other, None)]) != version_of(ROOT, [Projection(a_table(), None)])


def test_a_table_that_is_built_otherwise_is_told_alike():
    assert list(described(a_table(kind=String()))) == list(described(a_table()))


def test_an_index_is_told_with_what_it_is():
    plain, unique = (a_table(Index("a_by_name", "name", unique=unique)) for unique in (False, True))
    assert list(described(plain)) != list(described(unique))


def test_the_record_types_that_are_handled_count():
    def of(*types):
        return version_of(ROOT, [Projection(a_table(), None, dict.fromkeys(types, lambda *_: ()))])

    assert len({of(), of(AccountRegistered), of(SiteRegistered), of(SiteRegistered, InputRejected)}) == 4
    assert of(SiteRegistered, InputRejected) == of(InputRejected, SiteRegistered)


def test_a_field_of_a_record_type_that_is_handled_counts():
    class Renamed(InputRejected):
        """Of the same name, with another field."""

        retry_ms: int = 0

    def of(payload):
        return version_of(ROOT, [Projection(a_table(), None, {payload: lambda *_: ()})])

    assert Renamed.type_name == InputRejected.type_name
    assert of(Renamed) != of(InputRejected)
