"""Agents and queues go into site.yaml and out of it; comments, order and everything else stay."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from foundation.paths import CHECKOUT
from pasokh.site_edit import EntryThereError, NoEntryError, NotEditableError, with_entry, without_entry

SHIPPED = (CHECKOUT / "foundation/site.yaml").read_text(encoding="utf-8")
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True)


def test_an_agent_is_added_behind_the_others_and_every_comment_stays() -> None:
    text = with_entry(SHIPPED, "agents", "a104", {"queues": {"operator": 0}})
    assert yaml.safe_load(text)["agents"]["a104"] == {"queues": {"operator": 0}}
    added = [line for line in text.splitlines() if line not in SHIPPED.splitlines()]
    assert added == ["  a104: {queues: {operator: 0}}"]
    assert without_entry(text, "agents", "a104") == SHIPPED


def test_an_agent_of_several_lines_goes_whole() -> None:
    text = without_entry(SHIPPED, "agents", "a102")
    before, after = yaml.safe_load(SHIPPED), yaml.safe_load(text)
    assert list(after["agents"]) == [name for name in before["agents"] if name != "a102"]
    assert {**after, "agents": None} == {**before, "agents": None}


def test_a_file_without_the_section_gets_one_and_an_empty_one_is_filled() -> None:
    for text in ("queues:\n  operator: {}\n", "queues:\n  operator: {}\nagents: {}\n", "queues:\n  operator: {}"):
        found = yaml.safe_load(with_entry(text, "agents", "a1", {"queues": {"operator": 2}}))
        assert found["agents"] == {"a1": {"queues": {"operator": 2}}}


def test_the_last_one_leaves_an_empty_section() -> None:
    assert yaml.safe_load(without_entry("agents:\n  a1: {queues: {}}\n", "agents", "a1")) == {"agents": {}}


def test_an_entry_is_not_mistaken_for_a_key_of_the_same_name_within_another() -> None:
    text = "agents:\n  a1:\n    queues:\n      a2: 1\n  a2: {queues: {}}\n"
    assert yaml.safe_load(without_entry(text, "agents", "a2")) == {"agents": {"a1": {"queues": {"a2": 1}}}}


def test_what_is_there_already_or_not_there_is_said() -> None:
    with pytest.raises(EntryThereError):
        with_entry(SHIPPED, "queues", "operator", {})
    with pytest.raises(NoEntryError):
        without_entry(SHIPPED, "queues", "nowhere")


@pytest.mark.parametrize("text", [
    "agents: {a1: {queues: {}}}\n",
    "agents: &all\n  a1: &one {queues: {}}\n  a2: *one\n",
    "{agents: {a1: {queues: {}}}}\n",
])
def test_a_file_written_in_another_way_is_left_to_a_person(text: str) -> None:
    with pytest.raises(NotEditableError):
        without_entry(text, "agents", "a1")


@given(agents=st.dictionaries(NAMES, st.integers(0, 100), min_size=1, max_size=6), name=NAMES)
def test_whatever_is_added_and_removed_the_rest_says_the_same(agents: dict[str, int], name: str) -> None:
    content = {"queues": {"operator": {}}, "agents": {key: {"queues": {"q": value}} for key, value in agents.items()}}
    text = yaml.safe_dump(content, default_flow_style=False)
    if name in agents:
        assert yaml.safe_load(without_entry(text, "agents", name))["agents"].keys() == agents.keys() - {name}
    else:
        added = with_entry(text, "agents", name, {"queues": {"q": 1}})
        assert yaml.safe_load(without_entry(added, "agents", name)) == content
