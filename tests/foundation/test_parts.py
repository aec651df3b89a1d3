"""Parts of a sound: every part is what slicing would give, whatever the header says."""

from hypothesis import given
from hypothesis import strategies as st

from foundation.web.parts import Part, UnsatisfiableRangeError, wanted_part

TAG = '"abc"'


def part(header: str | None, size: int = 100, if_range: str | None = None) -> Part | str | None:
    try:
        return wanted_part(header, if_range, TAG, size)
    except UnsatisfiableRangeError:
        return "unsatisfiable"


def test_headers_as_players_send_them() -> None:
    assert part("bytes=0-") == Part(0, 99)
    assert part("bytes=10-19") == Part(10, 19)
    assert part("bytes=90-500") == Part(90, 99)
    assert part("bytes=-5") == Part(95, 99)
    assert part("bytes=-500") == Part(0, 99)
    assert part("bytes=100-") == "unsatisfiable"
    assert part("bytes=-0") == "unsatisfiable"
    assert part("bytes=0-", size=0) == "unsatisfiable"


def test_what_is_not_understood_is_answered_with_the_whole() -> None:
    for header in (None, "", "bytes=", "bytes=-", "bytes=5-2", "bytes=0-1,3-4", "lines=0-1", "bytes=a-b", "bytes=٣-٤"):
        assert part(header) is None


def test_a_part_of_another_state_is_answered_with_the_whole() -> None:
    assert part("bytes=0-1", if_range=TAG) == Part(0, 1)
    assert part("bytes=0-1", if_range='"old"') is None
    assert part("bytes=0-1", if_range=f"W/{TAG}") is None
    assert part("bytes=500-", if_range='"old"') is None


@given(st.integers(0, 50), st.integers(0, 60), st.integers(0, 60))
def test_a_part_is_what_slicing_gives(size: int, first: int, last: int) -> None:
    content = bytes(range(size))
    found = part(f"bytes={first}-{last}", size)
    if isinstance(found, Part):
        assert content[found.first : found.last + 1] == content[first : last + 1]
        assert found.length == len(content[first : last + 1])
    else:
        assert found == ("unsatisfiable" if first <= last else None)


@given(st.text(max_size=30))
def test_no_header_is_a_fault(text: str) -> None:
    part(text)
