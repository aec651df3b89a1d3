"""National IDs: nowhere in clear but before the eyes of who asked, and the history tells who did."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, inspect, select, text, update

from followups.cases.actor import Actor, Reach
from followups.cases.case import Channel, Deed
from followups.cases.contacts import Address, Person
from followups.cases.refusals import MayOnlyLookError, WrongNationalIdError
from followups.cases.tables import CONTACT, SEALED
from followups.vault.keys import KEPT_AFTER_ROTATION, Keys, KeysUnreadableError, add_key, key_source, load_keys
from followups.vault.rotation import rotate
from followups.vault.sealed_text import put_back, take_out
from followups.vault.vault import SealBrokenError, Vault, masked
from foundation.identity_numbers import is_national_id, national_id
from foundation.paths import Home
from foundation.text import persian_digits
from tests.support.case_site import NATIONAL_ID, OTHER_ID, SARA, CaseSite, case_site

ALL_FORMS = [NATIONAL_ID, OTHER_ID, persian_digits(NATIONAL_ID), "008-457594-8", "۰۰۸ ۴۵۷۵۹۴ ۸", "008‌4575948"]

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what no database can change."""


@pytest.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[CaseSite]:
    async with case_site(tmp_path, database_url) as made:
        yield made


async def every_value(site: CaseSite) -> str:
    """All that the database holds, as text; what is bytes also as their letters."""
    found = []
    async with site.database.read() as connection:
        tables = await connection.run_sync(lambda connection: inspect(connection).get_table_names())
        for table in tables:
            for row in (await connection.execute(text(f'SELECT * FROM "{table}"'))).all():  # noqa: S608
                found += [bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)
                          for value in row]
    return "\n".join(found)


async def test_no_national_id_is_in_the_database_files_or_logs_in_clear(
    site: CaseSite, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture,
) -> None:
    desk = site.office.desk
    with structlog.testing.capture_logs() as logs:
        case = await site.opened(
            summary=f"My mother {OTHER_ID} and I, {ALL_FORMS[3]}", request_key=NATIONAL_ID,
            person=Person("زهرا", persian_digits(NATIONAL_ID), (Address(Channel.CALL, "09121234567"),)),
        )
        await desk.note(case.code, f"she is {ALL_FORMS[4]} or {ALL_FORMS[5]}", SARA)
        await desk.attach(case.code, f"{NATIONAL_ID}.txt", b"a paper", SARA)
        await desk.resolve(case.code, f"entered for {ALL_FORMS[2]}", SARA)
        with pytest.raises(WrongNationalIdError) as refused:
            await site.opened(person=Person(national_id=NATIONAL_ID[:-1] + "9"))
        await site.office.reading.find(NATIONAL_ID, SARA)
        await site.office.reading.show_identity(case.code, SARA)
        await rotate(site.home, site.database)
    out = capfd.readouterr()
    kept = await every_value(site)
    assert case.code in kept
    told = "\n".join([kept, out.out, out.err, caplog.text, json.dumps(logs, default=str), str(refused.value)])
    told += "\n".join(path.name for path in site.home.case_files.rglob("*"))
    for form in (*ALL_FORMS, NATIONAL_ID[:-1]):
        assert form not in told


async def test_people_see_the_last_digits_and_who_asks_sees_all_with_a_line_in_the_history(site: CaseSite) -> None:
    case = await site.opened(summary=f"For my mother, {OTHER_ID}")
    await site.office.desk.note(case.code, f"mother {OTHER_ID}, father 0499370899", SARA)
    view = await site.office.reading.view(case.code, SARA)
    assert view.national_id == masked(NATIONAL_ID) == "•••••••948"
    assert view.case.summary == f"For my mother, {masked(OTHER_ID)}"
    assert view.events[-1].text == f"mother {masked(OTHER_ID)}, father {masked('0499370899')}"
    shown = await site.office.reading.show_identity(case.code, SARA)
    assert (shown.national_id, shown.case.summary) == (NATIONAL_ID, f"For my mother, {OTHER_ID}")
    assert shown.events[-1].text == f"mother {OTHER_ID}, father 0499370899"
    last = (await site.office.reading.view(case.code, SARA)).events[-1]
    assert (last.deed, last.who) == (Deed.IDENTITY_SHOWN, "sara")
    with pytest.raises(MayOnlyLookError):
        await site.office.reading.show_identity(case.code, Actor("mina", Reach.LOOK))


async def test_a_rotation_seals_everything_anew_while_others_go_on(site: CaseSite) -> None:
    cases = [await site.opened(summary=f"mother {OTHER_ID}", person=Person("", national_id(f"{n:09}")))
             for n in range(1, 8)]
    before = load_keys(site.home)
    async with site.database.read() as connection:
        old = (await connection.execute(select(CONTACT.c.national_id_cipher))).scalars().all()
    first, _ = await asyncio.gather(rotate(site.home, site.database), site.office.desk.note(cases[0].code, "on", SARA))
    assert (first.people, first.texts) == (7, 7)
    second = await rotate(site.home, site.database)
    keys = load_keys(site.home)
    assert len(keys.sealing) == KEPT_AFTER_ROTATION
    assert keys.finding == before.finding
    assert before.sealing[0] not in keys.sealing
    async with site.database.read() as connection:
        new = (await connection.execute(select(CONTACT.c.national_id_cipher))).scalars().all()
    assert not set(map(bytes, old)) & set(map(bytes, new))
    assert second.people == 7
    view = await site.office.reading.view(cases[3].code, SARA)
    assert view.case.summary == f"mother {masked(OTHER_ID)}"
    assert await site.office.reading.find(national_id("000000004"), SARA)


async def test_a_rotation_that_was_interrupted_is_run_again(site: CaseSite, monkeypatch: pytest.MonkeyPatch) -> None:
    case = await site.opened(summary=f"mother {OTHER_ID}")
    with monkeypatch.context() as killed:
        killed.setattr("followups.vault.rotation._renew_texts", _die)
        with pytest.raises(KeyboardInterrupt):
            await rotate(site.home, site.database)
    assert (await site.office.reading.view(case.code, SARA)).case.summary == f"mother {masked(OTHER_ID)}"
    done = await rotate(site.home, site.database)
    assert (done.people, done.texts) == (1, 1)
    view = await site.office.reading.view(case.code, SARA)
    assert (view.national_id, view.case.summary) == (masked(NATIONAL_ID), f"mother {masked(OTHER_ID)}")


async def _die(*_: object) -> None:
    raise KeyboardInterrupt


@ON_SQLITE
async def test_a_rotation_that_meets_a_lost_key_forgets_nothing(site: CaseSite) -> None:
    case = await site.opened()
    before = load_keys(site.home)
    foreign = Vault(lambda: Keys([add_key(Home(site.home.root.parent)).sealing[0]], "x"))
    async with site.database.write() as connection:
        await connection.execute(update(CONTACT).values(national_id_cipher=foreign.seal(NATIONAL_ID)))
    with pytest.raises(SealBrokenError) as error:
        await rotate(site.home, site.database)
    assert NATIONAL_ID not in str(error.value)
    assert before.sealing[0] in load_keys(site.home).sealing
    with pytest.raises(SealBrokenError):
        await site.office.reading.view(case.code, SARA)


@ON_SQLITE
async def test_one_national_id_in_a_text_is_kept_once_for_each_text(site: CaseSite) -> None:
    case = await site.opened(summary=f"{OTHER_ID}, again {persian_digits(OTHER_ID)}")
    async with site.database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(SEALED))).scalar_one() == 1
    assert (await site.office.reading.case(case.code, SARA)).summary == "⟦1⟧, again ⟦1⟧"


@ON_SQLITE
async def test_marks_that_somebody_types_open_nothing(site: CaseSite) -> None:
    case = await site.opened(summary=f"{OTHER_ID}")
    await site.office.desk.note(case.code, "see ⟦1⟧", SARA)
    assert (await site.office.reading.view(case.code, SARA)).events[-1].text == "see [1]"


def test_keys_are_made_once_even_by_many_at_once_and_are_the_owners_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert len({json.dumps(asdict(load_keys(home))) for _ in range(3)}) == 1
    assert home.identity_keys.stat().st_mode & 0o777 == 0o600


def test_a_damaged_file_of_keys_is_refused_without_a_word_of_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    secret = load_keys(home).finding
    home.identity_keys.write_text(f"finding: {secret}\nsealing: [short]\n")
    with pytest.raises(KeysUnreadableError) as error:
        load_keys(home)
    assert secret not in str(error.value)
    assert "backup" in str(error.value)


def test_a_vault_takes_new_keys_without_a_restart(tmp_path: Path) -> None:
    home = Home(tmp_path)
    vault, other = Vault(key_source(home)), Vault(key_source(home))
    sealed = vault.seal(NATIONAL_ID)
    add_key(home)
    assert other.open(vault.renewed(sealed)) == NATIONAL_ID
    assert vault.fingerprint("x") == other.fingerprint("x")


NINE = st.from_regex(r"[0-9]{9}", fullmatch=True).filter(lambda nine: len(set(nine)) > 1)
APART = st.sampled_from(["", " ", "-", ".", "–", "\u200c", " - "[:2]])


@given(NINE, st.text(st.characters(blacklist_categories=["Nd", "Cs"]), max_size=20), APART, st.booleans())
def test_national_ids_are_found_in_any_form_and_put_back(nine: str, around: str, apart: str, persian: bool) -> None:
    whole = national_id(nine)
    written = apart.join((whole[:3], whole[3:9], whole[9]))
    found = take_out(f"{around}x{persian_digits(written) if persian else written}x{around}")
    assert list(found.ids.values()) == [whole]
    assert whole in put_back(found.text, found.ids.get)


@given(st.text(max_size=60))
def test_taking_out_leaves_everything_else_as_it_was(words: str) -> None:
    found = take_out(words)
    if not found.ids:
        assert found.text == words.translate(str.maketrans("⟦⟧", "[]"))
    assert all(map(is_national_id, found.ids.values()))
    assert not take_out(found.text).ids


@pytest.mark.parametrize("words", ["09121234567", "00845759480", "1405/09/01 12:30", "0084575949", "1111111111"])
def test_telephones_dates_and_wrong_numbers_stay(words: str) -> None:
    assert take_out(words).text == words
