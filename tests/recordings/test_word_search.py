"""What was said is found where it was said, in any spelling, on both databases alike."""

import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import text

from foundation.database import MAIN, Database
from foundation.search_words import forms_of, search_forms, tokens
from recordings.store import Recording, add_recording
from recordings.transcripts.queue import (
    MOST_TRIES,
    Standing,
    Wish,
    ask,
    begin,
    enter,
    give_up,
    next_recording,
    note_crash,
    standing,
)
from recordings.transcripts.search import EmptyQueryError, Hit, WordsWanted, find_words
from recordings.transcripts.transcripts import (
    Side,
    TranscriptState,
    Word,
    delete_transcript,
    find_transcript,
    read_transcript,
    scrub_search_index,
)
from recordings.transcripts.word_query import Piece, find_places, parse_query
from tests.support.levels import call, place
from tests.support.stores import make_tables

CALLER, AGENT = Side.CALLER, Side.AGENT
PENSION = "سلام مستمری من دو ماه است که واریز نشده حساب بانکی من در بانک رفاه است"
ANSWER = "سلام شمارهٔ بیمه خود را بفرمایید می شود هفتهٔ آینده پرداخت می‌شود"
VOCABULARY = [
    "بیمه", "بيمه", "مستمری", "حساب", "می", "شود", "می‌شود", "کتاب", "کتاب‌ها", "ها", "۱۴۲۰", "sigorta", "İptal", "iptal",
    "account", "bank", "보험",
]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url)
    await make_tables(made, MAIN)
    yield made
    await made.close()


def spoken(side: Side, texts: Sequence[str], after_ms: int = 0) -> list[Word]:
    return [Word(side, *place(number, after_ms), word, 90) for number, word in enumerate(texts)]


async def keep(database: Database, kept: Recording, words: Sequence[Word], language: str = "fa") -> Recording:
    async with database.write() as connection:
        await add_recording(connection, kept)
        await begin(connection, kept.id, language, "model", 1)
        assert await enter(connection, kept.id, words, 2)
    return kept


async def found(database: Database, query: str, wanted: WordsWanted | None = None, limit: int = 50) -> list[Hit]:
    async with database.read() as connection:
        return await find_words(connection, query, wanted, limit)


async def test_a_word_is_found_with_its_place_and_its_speaker(database: Database) -> None:
    kept = await keep(database, call(1, queue="pensions", agent="a101"),
                      spoken(CALLER, PENSION.split()) + spoken(AGENT, ANSWER.split(), 20_000))
    (hit,) = await found(database, "شماره بيمه")
    assert hit.recording == kept
    (at,) = hit.places
    assert (at.side, at.start_ms, at.end_ms) == (AGENT, 20_300, 20_800)
    assert at.snippet[:3] == (Piece("سلام", found=False), Piece("شمارهٔ بیمه", found=True),
                              Piece("خود را بفرمایید می شود هفتهٔ آینده", found=False))
    (paid,) = (await found(database, "میشود"))[0].places
    assert [piece.text for piece in paid.snippet if piece.found] == ["می شود", "می‌شود"]
    assert (paid.start_ms, paid.end_ms) == (place(6, 20_000)[0], place(11, 20_000)[1])


async def test_all_words_must_be_said_but_not_side_by_side_unless_in_quotes(database: Database) -> None:
    await keep(database, call(1), spoken(CALLER, ["bank", "of", "my", "account"]) + spoken(AGENT, ["which", "branch"]))
    await keep(database, call(2), spoken(CALLER, ["bank", "account"]))
    assert [hit.recording.call_id for hit in await found(database, "account BANK")] == ["pasokh-2.0", "pasokh-1.0"]
    assert [hit.recording.call_id for hit in await found(database, '"bank account"')] == ["pasokh-2.0"]
    assert [hit.recording.call_id for hit in await found(database, "bank branch")] == ["pasokh-1.0"]
    assert await found(database, '"account which"') == []
    assert [hit.recording.call_id for hit in await found(database, "acc* br*")] == ["pasokh-1.0"]
    assert await found(database, "acc") == []


async def test_only_the_recordings_that_are_asked_for(database: Database) -> None:
    words = spoken(CALLER, ["pension"]) + spoken(AGENT, ["hello"])
    first = await keep(database, call(1, queue="pensions", agent="a101"), words, "en")
    second = await keep(database, call(2, queue="medical", agent="a102"), words, "tr")
    message = replace(call(3, caller="09121112233", language="fa"), kind="voice_message")
    await keep(database, message, spoken(CALLER, ["pension"]))
    for wanted, expected in [
        (WordsWanted(queue="pensions"), [first]), (WordsWanted(agent="a102"), [second]),
        (WordsWanted(kind="voice_message"), [message]), (WordsWanted(language="tr"), [second]),
        (WordsWanted(since_ms=second.started_ms), [message, second]),
        (WordsWanted(until_ms=second.started_ms), [first]),
        (WordsWanted(side=AGENT), []), (WordsWanted(side=CALLER), [message, second, first]),
        (WordsWanted(before=(second.started_ms, second.id)), [first]),
    ]:
        assert [hit.recording for hit in await found(database, "pension", wanted)] == expected, wanted


async def test_pages_follow_each_other_without_a_gap(database: Database) -> None:
    for number in range(7):
        said = ["old", "account"] if number % 2 else ["account", "old"]
        await keep(database, replace(call(number), started_ms=5), spoken(CALLER, said))
    whole = [hit.recording.id for hit in await found(database, '"old account"')]
    assert len(whole) == 3
    paged: list[str] = []
    before: tuple[int, str] | None = None
    while page := await found(database, '"old account"', WordsWanted(before=before), limit=2):
        paged += [hit.recording.id for hit in page]
        before = (page[-1].recording.started_ms, page[-1].recording.id)
    assert paged == whole


async def test_whatever_is_typed_the_database_takes_it_for_words(database: Database) -> None:
    await keep(database, call(1), spoken(CALLER, ["a", "b"]))
    for query in ("", "  ", "؟!", '""', "*", "-", "ی", '"'):
        with pytest.raises(EmptyQueryError):
            await found(database, query)
    for query, expected in [
        ('"a', 1), ("a' OR 'b", 0), ("NEAR(a b)", 0), ("a AND", 0), ("spoken:a", 0), ("a:*", 1), ("a & | !b", 1),
        ("'a'", 1), ("a\\", 1), ("a*b", 1), ("%a", 1), ("😀 a", 1), ("a\x00b", 1), ("ab" * 500, 0), ("a" * 5000, 0),
        ("a " * 500, 1), ("a;DROP", 0),
    ]:
        assert len(await found(database, query)) == expected, query


async def test_what_is_deleted_is_not_found_any_more(database: Database) -> None:
    kept = await keep(database, call(1), spoken(CALLER, ["secret", "word"]))
    async with database.write() as connection:
        assert await delete_transcript(connection, kept.id)
        assert not await delete_transcript(connection, kept.id)
        await scrub_search_index(connection)
    assert await found(database, "secret") == []
    async with database.read() as connection:
        assert await read_transcript(connection, kept.id) == []
        if connection.dialect.name == "sqlite":
            blocks = (await connection.execute(text("SELECT block FROM transcript_search_data"))).scalars()
            assert not any(b"secret" in block for block in blocks)


async def test_what_is_deleted_while_it_is_listened_to_is_not_entered(database: Database) -> None:
    async with database.write() as connection:
        await add_recording(connection, call(1))
        await begin(connection, call(1).id, "fa", "model", 1)
        await delete_transcript(connection, call(1).id)
        assert not await enter(connection, call(1).id, spoken(CALLER, ["late"]), 2)
    assert await found(database, "late") == []


async def test_words_are_entered_once(database: Database) -> None:
    kept = await keep(database, call(1), spoken(AGENT, ["first"]) + spoken(CALLER, ["before"]))
    async with database.write() as connection:
        await begin(connection, kept.id, "tr", "other", 5)
        assert not await enter(connection, kept.id, spoken(CALLER, ["second"]), 6)
        assert not await give_up(connection, kept.id, "no", 6)
        assert [one.word for one in await read_transcript(connection, kept.id)] == ["before", "first"]
        facts = await find_transcript(connection, kept.id)
    assert facts is not None
    assert (facts.state, facts.language, facts.word_count, facts.confidence, facts.made_ms) == (
        TranscriptState.MADE, "fa", 2, 90, 2)


async def test_whose_turn_it_is(database: Database) -> None:
    """Asked for or begun, then voice messages, then the newest; what fails too often is left alone."""
    wish = Wish({"fa"}, "fa", since_ms=1000)
    old, older_call, newer_call = (replace(call(ms), started_ms=ms) for ms in (5, 2000, 3000))
    message = replace(call(4), started_ms=1500, kind="voice_message")
    turkish = replace(call(5), started_ms=2500, language="tr")
    async with database.write() as connection:
        for row in (old, older_call, newer_call, message, turkish):
            await add_recording(connection, row)
        assert (await standing(connection, wish)).waiting == 3
        assert await ask(connection, old, "fa")
        order: list[str] = []
        while following := await next_recording(connection, wish, order):
            order.append(following.id)
        assert order == [old.id, message.id, newer_call.id, older_call.id]
        await begin(connection, newer_call.id, "fa", "model", 7)
        assert await next_recording(connection, wish, [old.id]) == newer_call
        for _ in range(MOST_TRIES):
            await note_crash(connection, newer_call.id, "killed", 8)
        failed = await find_transcript(connection, newer_call.id)
        assert failed is not None
        assert (failed.state, failed.tries, failed.made_ms) == (TranscriptState.FAILED, MOST_TRIES, 8)
        await enter(connection, old.id, [], 9)  # nobody has begun it
        found = await standing(connection, wish)
    assert found == Standing({TranscriptState.ASKED: 1, TranscriptState.FAILED: 1}, 0, 3)


async def test_the_databases_find_what_reading_every_word_finds(database: Database) -> None:
    """Against a search that looks at each word of each recording, without any index."""
    chance = random.Random(1420)  # noqa: S311 - no secret
    kept: list[tuple[Recording, list[Word]]] = []
    for number in range(40):
        words = spoken(CALLER, chance.choices(VOCABULARY, k=chance.randint(0, 6)))
        words += spoken(AGENT, chance.choices(VOCABULARY, k=chance.randint(0, 6)), 100)
        kept.append((await keep(database, call(number), words), words))
    for _ in range(80):
        asked = chance.choices(VOCABULARY, k=chance.randint(1, 3))
        query = " ".join(f'"{one}"' for one in asked)  # each for itself, whatever stands beside it
        expected = [one.id for one, words in reversed(kept) if all(_says(words, each) for each in asked)]
        assert [hit.recording.id for hit in await found(database, query, limit=100)] == expected, query


def _says(words: Sequence[Word], asked: str) -> bool:
    (form,) = search_forms(asked)
    return any(
        form in forms_of(token.form)
        for side in Side for token in tokens([one.word for one in words if one.side is side])
    )


def test_places_far_from_each_other_are_two() -> None:
    words = spoken(CALLER, ["key", *["x"] * 20, "key", "y", "key"])
    places = find_places(parse_query("key"), words)
    assert [(at.start_ms, at.end_ms) for at in places] == [place(0), (place(21)[0], place(23)[1])]
    assert [piece.text for piece in places[1].snippet if piece.found] == ["key", "key"]
