"""What passports say to people: every one in every language, of the same figures, and to programs in English."""

import re
from zoneinfo import ZoneInfo

import pytest

from callqueue.ledger.evidence import Gap, GapKind
from callqueue.ledger.gap_details import Form, write_detail
from callqueue.metrics import Passport, Rules
from foundation.catalogue import Catalogue, load_catalogue
from foundation.settings import LANGUAGES, Language, Queue, Settings
from foundation.text import digits
from reports.callers.first_contact import DAYS
from reports.frame.passport_words import PassportWords, formula, wording
from reports.frame.tables import TEXTS, Teller, gap_lines
from reports.guide import GROUPS
from reports.queues.intervals_sheet import GOAL

PASSPORTS = list(dict.fromkeys(each for _, group in GROUPS for each in group.values()))
IDS = {each.id for each in PASSPORTS}
LATIN = re.compile(r"[A-Za-z_]{2,}")
NAMES = {"queue_log", "ServiceLevelPerf", "Wazo", "ln", "exp"}
"""What stands in Latin letters in Persian too, beside names in capitals like CEL and RINGNOANSWER."""
ENGLISH = re.compile(r"\b(the|of|and|or|with|that|whose|were|where|else)\b")
RULES = {"pensions": Rules(20, 5, 86_400), "medical": Rules(90, 5, 86_400)}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(TEXTS)


def words_of(catalogue: Catalogue, language: Language) -> PassportWords:
    return PassportWords(catalogue.texts(language), str)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_passport_is_told_in_every_language(catalogue: Catalogue, language: Language) -> None:
    words = words_of(catalogue, language)
    for passport in PASSPORTS:
        told = words.tell(passport, RULES)
        assert told.title != told.id, passport.id
        assert len(told.parameters) == len(passport.parameters)
        for part in (told.title, told.unit, told.formula, *told.parameters, told.evidence, told.resolution):
            if language == "fa":
                left = {word.rstrip("2") for word in LATIN.findall(part) if not word.isupper()}
                assert left <= NAMES | RULES.keys(), (passport.id, left)
                assert not re.search(r"[0-9]", re.sub("\u2066.*?\u2069|ln 2|ServiceLevelPerf2", "", part)), part
                assert part.count("\u2066") == part.count("\u2069")
            if language == "tr":
                assert not ENGLISH.search(part), part


def test_formulas_speak_of_the_same_known_figures_in_every_language(catalogue: Catalogue) -> None:
    for passport in PASSPORTS:
        said = {language: catalogue.messages[language][passport.formula].other for language in LANGUAGES}
        figures = {language: re.findall(r"{(\w+)}", text) for language, text in said.items()}
        assert len({frozenset(names) for names in figures.values()}) == 1, said
        assert set(figures["en"]) <= IDS, said
        if re.fullmatch(r"[\s()÷−+]+", re.sub(r"{\w+}", "", said["en"])):  # nothing but figures: the same in all
            assert len(set(said.values())) == 1, said
        raw = re.findall(r"\b[a-z]+(?:_[a-z0-9]+)+\b", re.sub(r"{\w+}", "", said["en"]))
        assert not IDS.intersection(raw), "an id that people would read as it is"


def test_every_text_of_the_passports_files_is_somebodys(catalogue: Catalogue) -> None:
    used = {each.formula for each in PASSPORTS} | {f"evidence.{each.evidence}" for each in PASSPORTS}
    used |= {f"resolution.{each.resolution}" for each in PASSPORTS} | {"resolution.waits_known"}
    assert used == {key for key in catalogue.messages["en"] if key.startswith(("formula.", "evidence.", "resolution."))}


def test_people_read_titles_and_lengths_and_programs_ids(catalogue: Catalogue) -> None:
    passport = next(each for each in PASSPORTS if each.id == "abandonment_rate")
    assert wording(passport).formula == "(entries_abandoned − short_abandoned) ÷ service_level_denominator"
    told = words_of(catalogue, "fa").tell(passport, RULES)
    assert told.formula == "(«مراجعهٔ قطع‌شده» − «قطع زودهنگام») ÷ «مخرج سطح خدمت»"
    assert list(told.parameters) == [
        "آستانهٔ پاسخ (T): pensions ۲۰ ثانیه، medical ۹۰ ثانیه", "آستانهٔ قطع زودهنگام (S): ۵ ثانیه"]
    line = words_of(catalogue, "tr").line(passport, {"pensions": RULES["pensions"]})
    assert line.startswith("abandonment_rate: Terk oranı: (“Terk edilen başvuru” − “Kısa terk”) ÷ ")
    assert "yanıt eşiği (T): 20 saniye" in line
    contacts = next(each for each in PASSPORTS if each.id == "contacts")
    assert list(words_of(catalogue, "en").tell(contacts, RULES).parameters) == ["contact window (W): 24 hours"]


def test_numbers_in_the_words_are_those_of_the_program(catalogue: Catalogue) -> None:
    for language in LANGUAGES:
        texts = catalogue.texts(language)
        needed = formula(Passport("agents_needed", PASSPORTS[0].unit, "", ""), texts, str)
        resolved = formula(Passport("fcr_resolved", PASSPORTS[0].unit, "", ""), texts, str)
        assert digits(f"{GOAL * 100:.0f}", language) in needed
        assert digits(str(DAYS), language) in resolved


@pytest.mark.parametrize("language", LANGUAGES)
def test_gaps_are_told_in_every_language(catalogue: Catalogue, language: Language) -> None:
    values: dict[str, str | int] = {
        "queue": "pensions", "agent": "a101", "channel": "1.2", "path": "/x", "began": 0, "ended": 60,
        "patience": 30, "wait": 13, "wait_ms": 10_100, "talk": 33, "talk_ms": 30_050, "position": 7,
    }
    queue = Queue(title={"fa": "بازنشستگی", "tr": "Emeklilik", "en": "Pensions"})
    settings = Settings(default_queue="pensions", queues={"pensions": queue})
    teller = Teller(settings, _Site(), catalogue.texts(language))
    gaps = [Gap(kind, 0, None, "c1", "a fault of the system") for kind in GapKind]
    lines = [teller.gap_detail(write_detail(form, **values)) for form in Form]
    lines += [line.plain for line in gap_lines(gaps, teller)]
    for line in lines:
        if language == "fa":
            plain = re.sub("\u2066.*?\u2069", "", line)
            assert all(word.isupper() for word in LATIN.findall(plain)), line
        if language == "tr":
            assert not ENGLISH.search(line), line
        assert ("a fault of the system" in line) <= (language == "en")
    assert digits("10.1", language).replace(".", {"fa": "٫", "tr": ",", "en": "."}[language]) in "".join(lines)


class _Site:
    zone = ZoneInfo("Asia/Tehran")
