from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callqueue.agents.desk import (
    AgentRefusalError,
    AlreadyLoggedInError,
    AsteriskAwayError,
    Done,
    NotLoggedInError,
    UnknownAgentError,
    UnknownPauseReasonError,
    Warned,
    WrapUpIsOursError,
)
from callqueue.agents.keeper import Keeper
from callqueue.agents.sessions import read_session, read_sessions
from callqueue.floor.snapshot import take_snapshot
from callqueue.floor.state import Floor
from tests.support.queue_manager import PlayedMember
from tests.support.queue_site import QueueSite, queue_site
from tests.support.waiting import eventually

A101 = "PJSIP/a101"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[QueueSite]:
    async with queue_site(tmp_path) as made:
        yield made


async def test_log_in_joins_all_of_the_agents_queues_after_a_line_in_the_journal(site: QueueSite) -> None:
    assert await site.desk.log_in("a101") == Done("a101")
    assert site.asterisk.states(A101) == {"insurance": "free", "medical": "free"}
    assert site.asterisk.members["medical", A101].penalty == 5
    assert site.asterisk.journal == [
        "NONE|a101|AGENT_LOGIN|PJSIP/a101", "insurance|a101|ADDMEMBER|", "medical|a101|ADDMEMBER|",
    ]


async def test_log_out_leaves_all_queues_and_says_by_whom(site: QueueSite) -> None:
    await site.desk.log_in("a101")
    await site.desk.log_out("a101", "supervisor")
    assert site.asterisk.states(A101) == {}
    assert site.asterisk.journal[-1] == "NONE|a101|AGENT_LOGOUT|supervisor"
    async with site.main.read() as connection:
        assert await read_sessions(connection) == {}


async def test_a_pause_has_a_reason_and_another_reason_takes_its_place(site: QueueSite) -> None:
    await site.desk.log_in("a101")
    await site.desk.pause("a101", "lunch")
    assert site.asterisk.states(A101) == {"insurance": "lunch", "medical": "lunch"}
    await site.desk.pause("a101", "prayer")
    assert site.asterisk.states(A101) == {"insurance": "prayer", "medical": "prayer"}
    lines = len(site.asterisk.journal)
    await site.desk.pause("a101", "prayer")
    assert len(site.asterisk.journal) == lines
    await site.desk.unpause("a101")
    assert site.asterisk.states(A101) == {"insurance": "free", "medical": "free"}


async def test_every_refusal_has_a_stable_name_and_changes_nothing(site: QueueSite) -> None:
    await site.desk.log_in("a102")
    before = list(site.asterisk.journal)
    refusals: list[tuple[type[AgentRefusalError], str, tuple[str, ...]]] = [
        (UnknownAgentError, "log_in", ("nobody",)),
        (UnknownAgentError, "pause", ("nobody", "lunch")),
        (AlreadyLoggedInError, "log_in", ("a102",)),
        (NotLoggedInError, "log_out", ("a101", "x")),
        (NotLoggedInError, "pause", ("a101", "lunch")),
        (NotLoggedInError, "unpause", ("a101",)),
        (UnknownPauseReasonError, "pause", ("a102", "nap")),
        (WrapUpIsOursError, "pause", ("a102", "wrap-up")),
    ]
    for refusal, wish, arguments in refusals:
        with pytest.raises(refusal, match=refusal.name):
            await getattr(site.desk, wish)(*arguments)
    assert site.asterisk.journal == before
    assert {refusal.name for refusal, _, _ in refusals} == {
        "unknown-agent", "already-logged-in", "not-logged-in", "unknown-pause-reason", "wrap-up-is-ours",
    }


async def test_a_wish_while_asterisk_is_away_is_refused(site: QueueSite) -> None:
    await site.desk.log_in("a102")
    site.manager.answers["login"] = lambda _: None
    site.manager.cut()

    async def is_down() -> bool:
        return not site.link.is_up

    await eventually(is_down, "the link is down")
    with pytest.raises(AsteriskAwayError, match="asterisk-away"):
        await site.desk.log_in("a101")
    async with site.main.read() as connection:
        assert set(await read_sessions(connection)) == {"a102"}


async def test_asterisk_going_away_in_the_middle_leaves_a_wish_that_the_keeper_carries_out(site: QueueSite) -> None:
    def vanish(_: dict[str, str]) -> None:
        site.manager.cut()

    site.manager.answers["queueadd"] = vanish
    assert await site.desk.log_in("a101") == Done("a101", (Warned.ASTERISK_LATER,))
    site.manager.answers["queueadd"] = site.asterisk.on_queueadd
    await site.link.connected(10)
    await site.desk.converge("a101")
    assert site.asterisk.states(A101) == {"insurance": "free", "medical": "free"}


async def test_a_telephone_that_is_not_registered_is_a_warning(site: QueueSite) -> None:
    site.asterisk.members["insurance", A101] = PlayedMember("a101", A101, device=5)
    site.asterisk.members["medical", A101] = PlayedMember("a101", A101, penalty=5, device=5)
    assert await site.desk.log_in("a101") == Done("a101", (Warned.PHONE_NOT_REGISTERED,))


async def test_members_that_are_already_there_are_no_error(site: QueueSite) -> None:
    site.asterisk.members["insurance", A101] = PlayedMember("a101", A101, paused=True, reason="lunch")
    await site.desk.log_in("a101")
    assert site.asterisk.states(A101) == {"insurance": "free", "medical": "free"}


async def test_what_an_agent_shall_be_is_remembered(site: QueueSite) -> None:
    await site.desk.log_in("a101")
    site.clock.now += 60
    await site.desk.pause("a101", "lunch")
    async with site.main.read() as connection:
        session = await read_session(connection, "a101")
    assert session
    assert (session.logged_in, session.paused, session.pause_reason) == (1_700_000_000, 1_700_000_060, "lunch")


def keeper_of(site: QueueSite) -> Keeper:
    return Keeper(site.settings, site.main, site.desk, site.clock)


async def test_after_a_restart_of_asterisk_everybody_is_back_as_he_was(site: QueueSite) -> None:
    await site.desk.log_in("a101")
    await site.desk.log_in("a102")
    await site.desk.pause("a101", "lunch")
    site.asterisk.forget()
    site.clock.now += 10
    del site.asterisk.journal[:]
    await put_right(site)
    assert site.asterisk.states(A101) == {"insurance": "lunch", "medical": "lunch"}
    assert site.asterisk.states("PJSIP/a102") == {"insurance": "free"}
    assert site.asterisk.journal == [
        "insurance|a101|ADDMEMBER|PAUSED", "medical|a101|ADDMEMBER|PAUSED", "insurance|a101|PAUSE|lunch",
        "medical|a101|PAUSE|lunch", "NONE|a101|AGENT_RESTORED|PJSIP/a101", "insurance|a102|ADDMEMBER|",
        "NONE|a102|AGENT_RESTORED|PJSIP/a102",
    ]


async def test_whoever_should_not_be_in_a_queue_is_taken_out(site: QueueSite) -> None:
    site.asterisk.members["medical", "PJSIP/a102"] = PlayedMember("a102", "PJSIP/a102")
    await put_right(site)
    assert site.asterisk.members == {}
    assert site.asterisk.journal[-1] == "NONE|a102|AGENT_LOGOUT|keeper"


async def test_a_wish_of_this_moment_is_left_to_whoever_heard_it(site: QueueSite) -> None:
    await site.desk.log_in("a101")
    site.asterisk.forget()
    await put_right(site)
    assert site.asterisk.states(A101) == {}


async def test_agents_are_restored_from_memory_while_the_database_is_away(site: QueueSite) -> None:
    await site.desk.log_in("a101")
    keeper = keeper_of(site)
    await keeper.sessions()
    database = site.home.database / "main.sqlite"
    await site.main.close()
    for file in site.home.database.glob("main.sqlite*"):
        file.rename(file.with_name(f"away-{file.name}"))
    database.mkdir()
    assert set(await keeper.sessions()) == {"a101"}


async def put_right(site: QueueSite) -> None:
    status = await site.link.list_action("QueueStatus")
    await keeper_of(site).put_right(take_snapshot(Floor(), status, [], site.clock()))
