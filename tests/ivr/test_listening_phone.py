"""Agents hear by telephone what is theirs to hear, and it is written down before it plays."""

import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from foundation.database import MAIN
from foundation.settings import Settings
from foundation.web.audit_log import Wanted, read_audit
from ivr.actions import Resources
from ivr.listening_phone import write_mixed
from recordings.listening.listens import Kept, WantedListens, find_listens
from recordings.messages.messages import Message, add_message, messages_named
from recordings.sound import Sides
from recordings.store import Recording, add_recording
from tests.ivr.test_phone_scripts import dial, key, pin, resources
from tests.support.sound_site import conversation, write_sound
from tests.support.stores import make_tables

__all__ = ["resources"]
NOW = 1_795_328_580_000
PLAYS = "CONTROL STREAM FILE"


@pytest.fixture
async def house(resources: Resources) -> AsyncIterator[Resources]:
    await make_tables(resources.main, MAIN)
    caller, agent = conversation()
    for name, kind, who, sides in (
        ("message-1", "voice_message", None, (caller,)), ("message-2", "voice_message", None, (caller,)),
        ("foreign", "voice_message", None, (caller,)), ("talk", "call", "a101", (caller, agent)),
        ("older", "call", "a101", (caller, agent)), ("theirs", "call", "a102", (caller, agent)),
    ):
        await keep(resources, name, kind, who, sides)
    yield resources
    await resources.aclose()


async def keep(house: Resources, name: str, kind: str, who: str | None, sides: tuple[np.ndarray, ...]) -> None:
    write_sound(house.home.recordings_store / f"{name}.wav", *sides)
    began = {"message-1": NOW, "message-2": NOW + 1, "older": NOW - 9_000_000, "theirs": NOW + 5}.get(name, NOW)
    queue = "nobodys" if name == "foreign" else None
    kept = Recording(name, kind, name, name, 1, began, 10_000, f"{name}.wav", 1, "0" * 64, queue=queue, agent=who)
    async with house.main.write() as connection:
        await add_recording(connection, kept)
        if kind == "voice_message":
            await add_message(connection, Message(
                name, kind, "general", name, None, None, "fa", None, began, 10_000, name, queue=queue))


def allowing(house: Resources) -> None:
    rules = house.settings.listening.model_copy(update={"agents_own_calls": True})
    settings: Settings = house.settings.model_copy(update={"listening": rules})
    house.settings = settings


async def listens(house: Resources) -> list[Kept]:
    async with house.main.read() as connection:
        return list(reversed(await find_listens(connection, WantedListens(), 20)))


async def test_an_agent_hears_the_messages_of_his_queues_one_after_the_other(house: Resources) -> None:
    asked = await dial(house, "listening", [*pin(house), key("1"), key("2"), key("1"), key("1")])
    assert len([line for line in asked if line.startswith(PLAYS)]) == 3
    assert [one.listen.recording_id for one in await listens(house)] == ["message-1", "message-1", "message-2"]
    first = (await listens(house))[0].listen
    assert (first.listener, first.purpose, first.way) == ("agent:a101", "case", "telephone")
    async with house.main.read() as connection:
        (message,) = await messages_named(connection, "message-1")
    assert (message.state, message.heard_by) == ("heard", "a101")
    assert len(await read_audit(house.main, Wanted(action="recording.opened"))) == 3
    assert asked[-1].startswith("EXEC Background")
    assert list(house.home.run.glob("heard-*")) == []


async def test_an_agents_last_conversation_is_heard_only_where_the_site_allows_it(house: Resources) -> None:
    asked = await dial(house, "listening", [*pin(house), key("2")])
    assert not [line for line in asked if line.startswith(PLAYS)]
    allowing(house)
    asked = await dial(house, "listening", [*pin(house), key("2")])
    assert len([line for line in asked if line.startswith(PLAYS)]) == 1
    assert [one.listen.recording_id for one in await listens(house)] == ["talk"]


async def test_a_sound_that_is_gone_is_told_and_the_next_one_is_played(house: Resources) -> None:
    (house.home.recordings_store / "message-1.wav").unlink()
    asked = await dial(house, "listening", [*pin(house), key("1"), key("1")])
    assert "EXEC Background listening-failed" in asked
    assert [one.listen.recording_id for one in await listens(house)] == ["message-2"]


async def test_telephones_of_the_public_hear_nothing(house: Resources) -> None:
    assert await dial(house, "listening", [], channel="PJSIP/trunk-00000001") == []


def test_both_sides_are_heard_in_one_and_loud_ones_are_cut_not_turned_over(tmp_path: Path) -> None:
    loud, quiet = np.full(800, 30_000, np.int16), np.full(400, 10_000, np.int16)
    write_mixed(tmp_path / "mixed.wav", Sides(loud, quiet))
    with wave.open(str(tmp_path / "mixed.wav")) as file:
        mixed = np.frombuffer(file.readframes(800), "<i2")
    assert (mixed[0], mixed[399], mixed[400], len(mixed)) == (32_767, 32_767, 30_000, 800)
