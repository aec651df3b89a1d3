"""Quality by HTTP: drawn, judged, replied to, compared between evaluators; what is submitted never changes."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from callqueue.ledger.tables import STINT
from followups.surveys.tables import SURVEY_ANSWER, SURVEY_REQUEST
from foundation.settings import Agent, Queue, Settings
from foundation.web.roles import Role
from quality.book import site_scorecards
from quality.evaluations import Wanted, evaluations
from quality.tables import EVALUATION, REPLY
from quality.web import room
from tests.support.desk_site import stint
from tests.support.page_site import PageSite, page_site
from tests.support.sound_site import conversation, keep_sound

SETTINGS = Settings(
    queues={"operator": Queue(), "insurance": Queue()},
    agents={"a101": Agent(name="Sara", queues={"operator": 0}), "a102": Agent(queues={"insurance": 0})},
)
NOW = 1_795_328_580_000
GOOD = {
    "q.greeting": "yes", "q.identity": "na", "q.understanding": "5", "q.answer": "3", "q.next-step": "yes",
    "q.respect": "yes", "q.clearness": "5", "comment": "A calm talk.",
}
WHY = {"purpose": "quality", "role": "manager"}
FORM = "/quality/evaluate/one"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[PageSite]:
    async with page_site(tmp_path, [room()], settings=SETTINGS) as made:
        made.clock.at_ms = NOW
        await keep_sound(made, "one", duration_ms=60_000)
        yield made


async def manager(site: PageSite, name: str = "mina") -> httpx.AsyncClient:
    """Who has said why he listens."""
    client = await site.client(Role.MANAGER, user_id=name, language="en")
    await client.post("/recordings/one/open", data=WHY)
    return client


async def submitted(site: PageSite, client: httpx.AsyncClient, **answers: str) -> str:
    """The address of a new evaluation."""
    given = GOOD | {f"q.{name}": value for name, value in answers.items()}
    answer = await client.post(f"{FORM}/submit", data=given)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def test_a_draft_is_kept_as_it_is_filled_in_and_ends_with_the_submission(site: PageSite) -> None:
    client = await manager(site)
    assert "data-player" in (await client.get(FORM)).text
    saved = await client.post(f"{FORM}/save", data={"q.greeting": "no", "q.answer": "5", "comment": "so far"})
    assert "5 questions have no answer" in saved.text
    again = (await client.get(FORM)).text
    assert "so far" in again
    assert re.search(r'name="q.greeting" value="no" checked', again)
    assert "My drafts" in (await client.get("/quality")).text
    unfinished = await client.post(f"{FORM}/submit", data={"q.greeting": "no"})
    assert unfinished.status_code == 422
    assert "6 questions have no answer" in unfinished.text
    assert (await client.post(f"{FORM}/save", data={"q.greeting": "perhaps"})).status_code == 422
    address = await submitted(site, client)
    shown = (await client.get(address)).text
    assert "81%" in shown
    assert "A calm talk." in shown
    assert "You have no drafts" in (await client.get("/quality")).text
    assert (await client.post(f"{FORM}/submit", data=GOOD)).status_code == 409


async def test_what_was_submitted_never_changes_nor_does_its_card(site: PageSite) -> None:
    client = await manager(site)
    address = await submitted(site, client)
    mine = address.replace("/quality/evaluations", "/my-quality")
    await (await agent(site)).post(f"{mine}/reply", data={"text": "x"})
    for statement in (update(EVALUATION).values(score=1), delete(EVALUATION), delete(REPLY)):
        with pytest.raises(DBAPIError):
            async with site.web.database.write() as connection:
                await connection.execute(statement)
    own = site.web.home.root / "quality" / "scorecards.yaml"
    own.parent.mkdir()
    shipped = (Path(__file__).parents[2] / "quality" / "scorecards.yaml").read_text()
    own.write_text(shipped.replace("weight: 35", "weight: 90"))
    other = await manager(site, "omid")
    refused = await other.post(f"{FORM}/submit", data=GOOD)
    assert refused.status_code == 409
    assert "higher version" in refused.text
    own.write_text(own.read_text().replace("version: 1", "version: 2"))
    assert site_scorecards(site.web.home)["conversation"].version == 2
    assert "Version 2" in (await other.get(await submitted(site, other))).text
    assert "Version 1" in (await client.get(address)).text
    own.write_text("scorecards: {x: {}}")
    wrong = await client.get("/quality/scorecards")
    assert wrong.status_code == 503
    for part in ("quality check", "quality/scorecards.yaml:1", "<code>scorecards.x.version</code>", "Field required"):
        assert part in wrong.text
    leader = await site.client(Role.SUPERVISOR, user_id="leader", language="en")
    hidden = (await leader.get("/quality/scorecards")).text
    assert ("quality check" in hidden, "scorecards.yaml:1" in hidden) == (True, False)


async def agent(site: PageSite, name: str = "sara", number: str = "a101") -> httpx.AsyncClient:
    return await site.client(Role.AGENT, user_id=name, agent=number, language="en")


async def test_the_agent_replies_once_and_is_answered_once(site: PageSite) -> None:
    client, sara = await manager(site), await agent(site)
    address = await submitted(site, client)
    mine = address.replace("/quality/evaluations", "/my-quality")
    assert mine in (await sara.get("/my-quality")).text
    assert (await client.post(f"{address}/answer", data={"text": "too early"})).status_code == 409
    assert (await sara.post(f"{mine}/reply", data={"text": "  "})).status_code == 422
    assert (await sara.post(f"{mine}/reply", data={"text": "He hung up on me."})).status_code == 303
    assert (await sara.post(f"{mine}/reply", data={"text": "and more"})).status_code == 409
    assert address in (await client.get("/quality")).text.split('id="waiting-title"')[1].split("</section>")[0]
    assert (await client.post(f"{address}/answer", data={"text": "Then it is as you say."})).status_code == 303
    assert "Then it is as you say." in (await sara.get(mine)).text
    assert "None waits." in (await client.get("/quality")).text
    other = await agent(site, "omid", "a102")
    assert mine not in (await other.get("/my-quality")).text
    assert (await other.get(mine)).status_code == 404
    assert (await other.post(f"{mine}/reply", data={"text": "hello"})).status_code == 404
    assert (await sara.get(address)).status_code == 403


async def test_nobody_judges_himself_or_beyond_his_queues(site: PageSite) -> None:
    await keep_sound(site, "theirs", agent="a102", queue="insurance", duration_ms=60_000)
    await keep_sound(site, "message", conversation()[0], kind="voice_message", queue=None, agent=None)
    own = await site.client(Role.SUPERVISOR, user_id="sara", agent="a101")
    assert (await own.get(FORM)).status_code == 403
    assert (await own.get("/quality/evaluate/theirs")).status_code == 404
    assert (await own.get("/quality/evaluate/message")).status_code == 422
    boss = await manager(site)
    await boss.post("/recordings/theirs/open", data=WHY)
    answer = await boss.post("/quality/evaluate/theirs/submit", data=GOOD)
    assert (await own.get(answer.headers["location"])).status_code == 404
    assert "/quality/evaluations/" not in (await own.get("/quality")).text
    for role in (Role.AGENT, Role.AUDITOR, Role.ADMINISTRATOR):
        assert (await (await site.client(role, user_id=f"only-{role}")).get("/quality")).status_code == 403


async def test_a_draw_says_why_each_call_was_taken_and_can_be_repeated(site: PageSite) -> None:
    for number in range(6):
        await keep_sound(site, f"c{number}", call_id=f"k{number}", channel_id=f"k{number}", duration_ms=60_000,
                         started_ms=NOW - 86_400_000 - number * 60_000, caller=f"0912000000{number}")
    async with site.web.ledger.write() as connection:
        for place, (name, at) in enumerate((("k0", 90_000), ("x1", 100_000), ("x2", 110_000))):
            row = stint(name, NOW // 1000 - at, queue="operator", hold_ms=200_000 if name == "k0" else None)
            values = {key: getattr(row, key) for key in row.__dataclass_fields__} | {"caller": "09120000000"}
            await connection.execute(STINT.insert().values(
                **values, journal="test", source_id=1, offset=place, reconciled=True))
    async with site.web.database.write() as connection:
        await connection.execute(SURVEY_REQUEST.insert().values(
            id="r1", survey="after-call", occasion="call", asked_ms=NOW, call_id="k1", language="fa"))
        await connection.execute(SURVEY_ANSWER.insert().values(
            request_id="r1", question="satisfaction", key=1, answered_ms=NOW))
    client = await manager(site)
    pages = []
    for _ in range(2):
        drawn = await client.post("/quality/draw", data={"from": "-3d", "to": "", "seed": "week 35"})
        pages.append((await client.get(drawn.headers["location"])).text)
    tables = [text.split("<tbody>")[1].split("</tbody>")[0] for text in pages]
    assert tables[0] == tables[1]
    held: str = next(row for row in tables[0].split("<tr>") if "/quality/evaluate/c0" in row)
    assert "200 s of hold" in held
    assert "call 3 of the same person" in held
    assert "By chance" in tables[0]
    assert "from 7 conversations" in pages[0]


async def test_calibration_shows_no_answers_before_it_is_closed(site: PageSite) -> None:
    mina, omid = await manager(site), await manager(site, "omid")
    begun = await mina.post("/quality/calibrations", data={"recording": "one", "card": "conversation"})
    address = begun.headers["location"]
    session = address.rpartition("/")[2]
    for client, answer in ((mina, "5"), (omid, "2")):
        await client.post(f"{FORM}/submit?calibration={session}", data=GOOD | {"q.answer": answer})
    while_open = (await mina.get(address)).text
    assert "mina, omid" in while_open
    assert "Spread" not in while_open
    async with site.web.database.read() as connection:
        given = await evaluations(connection, Wanted(calibration=session))
    by_omid = next(one for one in given if one.evaluator == "omid")
    assert (await mina.get(f"/quality/evaluations/{by_omid.id}")).status_code == 404
    assert (await mina.post(f"{address}/close")).status_code == 303
    closed = (await mina.get(address)).text
    first = closed.split("<tbody>")[1].split("</tr>")[0]
    assert "Gave a right and whole answer" in first
    assert "75%" in first
    assert "Krippendorff" in closed
    assert (await omid.post(f"{FORM}/submit?calibration={session}", data=GOOD)).status_code == 409
    async with site.web.database.read() as connection:
        assert list(await evaluations(connection, Wanted())) == []
    assert "Nothing has been evaluated yet" in (await mina.get("/quality")).text
