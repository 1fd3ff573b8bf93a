from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from domain.records import derived_id
from domain.records.envelope import NAMESPACE

PARTS = st.lists(st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.integers()), min_size=1)


@given(PARTS)
def test_it_is_the_uuid5_of_its_parts(parts: list[str | int]) -> None:
    name = "/".join(str(part) for part in parts)
    assert derived_id(*parts) == str(uuid5(NAMESPACE, name))
    assert UUID(derived_id(*parts)).version == 5
