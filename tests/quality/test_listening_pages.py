"""Listening by HTTP: found by its facts, opened with a reason that stays, played in parts, noted at a moment."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from foundation.web.audit_log import Wanted, read_audit
from foundation.web.roles import Role
from quality.web import room
from recordings.listening.listens import WantedListens, find_listens
from recordings.listening.tables import LISTEN
from recordings.tables import recording
from tests.support.page_site import PageSite, page_site, small_settings
from tests.support.sound_site import conversation, keep_sound

HOUR_MINUTES = 60
WHY = {"purpose": "complaint", "role": "manager", "reason": "letter 1405/88"}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[PageSite]:
    settings = small_settings(listening={"supervisor": "all"})
    async with page_site(tmp_path, [room()], settings=settings) as made:
        made.clock.at_ms = 1_795_328_580_000
        await keep_sound(made, "one")
        yield made


async def manager(site: PageSite) -> httpx.AsyncClient:
    return await site.client(Role.MANAGER, user_id="mina", language="en")


async def test_the_sound_is_given_only_after_the_reason_which_stays(site: PageSite) -> None:
    client = await manager(site)
    assert "Why do you listen?" in (await client.get("/recordings/one")).text
    assert (await client.get("/recordings/one/sound")).status_code == 403
    assert (await client.post("/recordings/one/open", data={**WHY, "purpose": "curiosity"})).status_code == 422
    assert (await client.post("/recordings/one/open", data={**WHY, "role": "supervisor"})).status_code == 403
    assert (await client.get("/recordings/one/sound")).status_code == 403
    opened = await client.post("/recordings/one/open", data={**WHY, "after": "/recordings/one?at=2000"})
    assert opened.headers["location"] == "/recordings/one?at=2000"
    assert "data-player" in (await client.get("/recordings/one")).text
    assert (await client.get("/recordings/one/sound")).status_code == 200
    (entry,) = await read_audit(site.web.database, Wanted(action="recording.opened"))
    assert (entry.act.actor, entry.act.subject) == ("mina", "one")
    assert entry.act.detail == {"purpose": "complaint", "reason": "letter 1405/88", "role": "manager"}
    for statement in (update(LISTEN).values(reason="none"), delete(LISTEN)):
        with pytest.raises(DBAPIError):
            async with site.web.database.write() as connection:
                await connection.execute(statement)


async def test_one_manager_s_reason_opens_nothing_for_another(site: PageSite) -> None:
    await (await manager(site)).post("/recordings/one/open", data=WHY)
    other = await site.client(Role.MANAGER, user_id="omid")
    assert (await other.get("/recordings/one/sound")).status_code == 403


async def test_listening_again_is_written_down_and_asked_again_after_hours(site: PageSite) -> None:
    client = await manager(site)
    await client.post("/recordings/one/open", data=WHY)
    for minutes in (0, 1, 30, 31):
        site.clock.at_ms = 1_795_328_580_000 + minutes * 60_000
        assert (await client.get("/recordings/one/sound")).status_code == 200
    async with site.web.database.read() as connection:
        found = await find_listens(connection, WantedListens(), 10)
    assert [one.listen.reason for one in found] == ["letter 1405/88"] * 2
    site.clock.go_on(13 * HOUR_MINUTES)
    client = await manager(site)
    assert (await client.get("/recordings/one/sound")).status_code == 403


async def test_a_player_gets_the_parts_that_it_asks_for(site: PageSite) -> None:
    client = await manager(site)
    await client.post("/recordings/one/open", data=WHY)
    whole = await client.get("/recordings/one/sound", headers={"accept-encoding": "gzip"})
    assert whole.headers["content-type"] == "audio/wav"
    assert whole.headers["cache-control"] == "private, no-store"
    assert whole.headers["accept-ranges"] == "bytes"
    size, tag = len(whole.content), whole.headers["etag"]
    part = await client.get("/recordings/one/sound", headers={"range": "bytes=44-143", "if-range": tag})
    assert (part.status_code, part.content) == (206, whole.content[44:144])
    assert part.headers["content-range"] == f"bytes 44-143/{size}"
    beyond = await client.get("/recordings/one/sound", headers={"range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    changed = await client.get("/recordings/one/sound", headers={"range": "bytes=44-143", "if-range": '"old"'})
    assert (changed.status_code, changed.content) == (200, whole.content)
    head = await client.head("/recordings/one/sound")
    assert head.headers["content-length"] == str(size)


async def test_a_sound_that_is_gone_is_told_in_clear_words(site: PageSite) -> None:
    client = await manager(site)
    await client.post("/recordings/one/open", data=WHY)
    (site.web.home.recordings_store / "one.wav").unlink()
    gone = await client.get("/recordings/one/sound")
    assert gone.status_code == 410
    assert "recordings verify" in gone.text
    async with site.web.database.write() as connection:
        await connection.execute(update(recording).values(deleted_ms=1))
    assert "This sound was deleted" in (await client.get("/recordings/one")).text
    assert "recordings/one" not in (await client.get("/recordings")).text


async def test_recordings_are_found_by_their_facts_page_by_page(site: PageSite) -> None:
    now = site.clock()
    for number in range(40):
        await keep_sound(site, f"more-{number:02}", conversation()[0][:800], measured=False,
                         started_ms=now - 7_200_000 - number * 1000)
    await keep_sound(site, "of-omid", agent="a102", caller="09350000000")
    await keep_sound(site, "message", conversation()[0], kind="voice_message", queue=None, agent=None)
    await keep_sound(site, "old", started_ms=now - 30 * 86_400_000)
    client = await manager(site)

    async def listed(query: str) -> list[str]:
        text = (await client.get(f"/recordings?{query}")).text
        names = ("of-omid", "message", "old", "one", "more-00", "more-39")
        return [name for name in names if f'/recordings/{name}"' in text]

    assert await listed("") == ["of-omid", "message", "one", "more-00"]
    assert await listed("agent=a102") == ["of-omid"]
    assert await listed("kind=voice_message") == ["message"]
    assert await listed("number=%DB%B0%DB%B9%DB%B3%DB%B5+0000000") == ["of-omid"]
    assert await listed("from=-60d&to=-20d") == ["old"]
    assert await listed("queue=pensions") == []
    first = (await client.get("/recordings")).text
    older = first.split('href="?from=')[1].split('"')[0].replace("&amp;", "&")
    assert await listed(f"from={older}") == ["more-39"]
    assert (await client.get("/recordings?from=yesteryear")).status_code == 422


async def test_notes_stand_at_their_moments(site: PageSite) -> None:
    client = await manager(site)
    await client.post("/recordings/one/open", data=WHY)
    await client.post("/recordings/one/notes", data={"text": "he was not asked for consent", "place": "5200"})
    shown = await client.post("/recordings/one/notes", data={"text": "a good greeting", "place": "900"})
    assert shown.text.index("a good greeting") < shown.text.index("he was not asked")
    assert 'data-seek="5200"' in shown.text
    assert (await client.post("/recordings/one/notes", data={"text": "  ", "place": "1"})).status_code == 422
    assert "mina" in (await client.get("/recordings/one/notes")).text


async def test_auditors_see_who_listened_and_hear_nothing(site: PageSite) -> None:
    await (await manager(site)).post("/recordings/one/open", data=WHY)
    auditor = await site.client(Role.AUDITOR, user_id="amir", language="en")
    log = (await auditor.get("/listens")).text
    for part in ("mina", "Complaint", "letter 1405/88", "one"):
        assert part in log
    assert "mina" not in (await auditor.get("/listens?listener=omid")).text.split("<tbody>")[-1].split("</table>")[0]
    assert "Nobody listened" in (await auditor.get("/listens?purpose=legal")).text
    for path in ("/recordings", "/recordings/one", "/recordings/one/sound"):
        assert (await auditor.get(path)).status_code == 403
    assert (await (await manager(site)).get("/listens")).status_code == 403
