"""`bin/pasokh case`, as typed."""

import asyncio
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from foundation.database import MAIN, Database
from foundation.paths import CHECKOUT, Home
from pasokh.commands import case
from pasokh.refusal import RefusedError
from recordings.messages.messages import Message, add_message
from tests.support.case_site import NATIONAL_ID, NUMBER
from tests.support.stores import make_tables

YESTERDAY_MS = (int(time.time()) - 86_400) * 1000
MESSAGE = Message(
    id="message-a", kind="voice_message", box="director", call_id="p-1.1", caller=NUMBER, callback_number=None,
    language="tr", tracking="123456786", taken_ms=YESTERDAY_MS, duration_ms=4000, recording_id="rec-a",
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = Home(tmp_path / "home")
    home.make()
    monkeypatch.setenv("PASOKH_HOME", str(home.root))
    monkeypatch.setenv("PASOKH_SITE__LANGUAGE", "en")
    home.settings_file.write_text((CHECKOUT / "foundation" / "site.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    asyncio.run(_fill(home))
    return home


async def _fill(home: Home) -> None:
    database = Database(f"sqlite+aiosqlite:///{home.database}/main.sqlite")
    await make_tables(database, MAIN)
    async with database.write() as connection:
        await add_message(connection, MESSAGE)
    await database.close()


def run(*words: str, typed: str | None = None) -> str:
    result = CliRunner().invoke(case.app, list(words), input=typed)
    if isinstance(result.exception, RefusedError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def listed(*words: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(run(*words, "--format", "json"))
    return found


def opened(*words: str, typed: str | None = None) -> str:
    """Open a case; returns its code."""
    before = {one["code"] for one in listed("list")}
    run("open", "--subject", "insurance-records", "--summary", "Two months are missing", *words, typed=typed)
    [code] = [str(one["code"]) for one in listed("list") if one["code"] not in before]
    return code


def test_a_desk_visit_is_followed_up_to_its_end(home: Home) -> None:
    code = opened("--name", "زهرا", "--number", NUMBER, "--national-id", "--by", "omid", typed=f"{NATIONAL_ID}\n")
    run("unit", "add", "insured-desk", "sara")
    assert "assigned" in run("assign", code, "sara")
    assert "waiting for the caller" in run("wait", code, "caller", "--reason", "needs the contract")
    run("resume", code, "--note", "it came")
    run("note", code, "called the branch")
    (home.root / "paper.pdf").write_bytes(b"%PDF-1.7")
    run("attach", code, str(home.root / "paper.pdf"))
    run("link", code, "call", "pasokh-1.0")
    assert "linked already" in run("link", code, "call", "pasokh-1.0")
    assert "resolved" in run("resolve", code, "Both months are entered")
    assert "told" in run("told", code, "--how", "desk")
    assert "closed" in run("close", code)
    assert "reopened" in run("reopen", code, "--reason", "one is still missing")
    shown = run("show", code)
    for part in ("•••••••948", "زهرا", NUMBER, "paper.pdf", "called the branch", "Insured persons › Insurance records"):
        assert part in shown
    assert NATIONAL_ID not in shown
    assert NATIONAL_ID in run("show", code, "--identity", "--by", "omid")
    whole = json.loads(run("show", code, "--format", "json"))
    assert [event["deed"] for event in whole["history"]][-1] == "identity_shown"
    assert whole["steps"] == ["assign", "hand_over", "resolve", "close"]


def test_lists_inboxes_and_units_say_who_owes_what(home: Home) -> None:
    code = opened("--province", "yazd")
    other = opened("--number", "02188776655")
    assert {one["province"] for one in listed("list", "--subject", "insurance")} == {"yazd", "tehran"}
    assert [one["code"] for one in listed("list", "--province", "yazd")] == [code]
    run("hand-over", code, "general-yazd", "--reason", "it is theirs")
    assert [one["code"] for one in listed("inbox", "general-yazd")] == [code]
    assert [one["code"] for one in listed("inbox", "insured-desk")] == [other]
    assert listed("list", "--overdue") == []
    assert "Two months are missing" in run("inbox", "general-yazd")
    assert "Yazd" in run("unit", "list")
    assert "Fars" in run("unit", "list", "--province", "fars")
    assert [one["code"] for one in listed("find", "021 8877 6655")] == [other]
    assert "nothing" in run("find", "nobody@example.org")
    assert "Medical" in run("subjects")
    run("reclassify", other, "medical", "--reason", "it is about a bill")
    assert "74 units" in run("check")


def test_a_national_id_is_looked_for_unseen(home: Home) -> None:
    code = opened("--national-id", typed=f"{NATIONAL_ID}\n")
    assert code in run("find", "-", "--format", "json", typed=f"{NATIONAL_ID}\n")


def test_a_voice_message_becomes_a_case_under_the_code_that_its_caller_heard(home: Home) -> None:
    assert opened("--message", MESSAGE.id) == "123456786"
    whole = json.loads(run("show", "123 456 786", "--format", "json"))
    assert {(link["kind"], link["reference"]) for link in whole["links"]} == {
        ("voice_message", "message-a"), ("call", "p-1.1"), ("recording", "rec-a"),
    }
    taken = datetime.fromtimestamp(YESTERDAY_MS / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (whole["case"]["language"], whole["case"]["contact"]) == ("tr", taken)
    assert "123 456 786" in run("open", "--subject", "praise", "--summary", "again", "--message", "message-a")
    assert len(listed("list")) == 1


def test_a_key_is_rotated_and_everybody_is_still_known(home: Home) -> None:
    code = opened("--national-id", typed=f"{NATIONAL_ID}\n")
    assert "1 people" in run("rotate-key")
    assert "•••••••948" in run("show", code)


@pytest.mark.parametrize(("words", "reason"), [
    (["show", "123456788"], "no tracking code"),
    (["show", "123456786"], "no case"),
    (["open", "--subject", "weather", "--summary", "x"], "no subject weather"),
    (["open", "--subject", "praise", "--summary", "x", "--number", "12"], "nobody can be met"),
    (["open", "--subject", "praise", "--summary", "x", "--message", "nothing"], "no message"),
    (["open", "--subject", "praise", "--summary", "x", "--language", "xx"], "--language"),
    (["list", "--subject", "weather"], "no subject"),
    (["inbox", "moon"], "no unit"),
    (["unit", "add", "moon", "sara"], "no unit"),
    (["unit", "remove", "line", "sara"], "no member"),
    (["attach", "123456786", "/nowhere/x.pdf"], "/nowhere"),
])
def test_what_cannot_be_is_refused_in_a_sentence(home: Home, words: Sequence[str], reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        run(*words)


def test_a_wrong_national_id_is_not_repeated(home: Home) -> None:
    with pytest.raises(RefusedError, match="check its digits") as error:
        opened("--national-id", typed="0084575949\n")
    assert "0084575949" not in str(error.value)


def test_messages_to_a_unit_that_is_not_there_are_told_of(home: Home) -> None:
    text = home.settings_file.read_text(encoding="utf-8")
    wrong = text.replace("notify: {}", 'notify: {moon: {sms: ["+989121234567"]}}')
    home.settings_file.write_text(wrong, encoding="utf-8")
    with pytest.raises(RefusedError, match=r"followups\.notify\.moon: no such unit"):
        run("check")


def test_a_wrong_file_of_the_sites_own_is_told_with_its_line(home: Home) -> None:
    (home.root / "followups").mkdir()
    (home.root / "followups" / "units.yaml").write_text("units:\n  a: {tier: boss}\n")
    with pytest.raises(RefusedError, match=r"units\.yaml:2: units\.a\.tier"):
        run("check")
