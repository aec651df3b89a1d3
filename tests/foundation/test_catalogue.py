from pathlib import Path

import pytest

from foundation.catalogue import Catalogue, CatalogueError, load_catalogue

GOOD = """
calls.count:
  fa: "{count} تماس"
  tr: "{count} çağrı"
  en: {one: "{count} call", other: "{count} calls"}
calls.title: {fa: تماس‌های {queue}, tr: "{queue}: çağrılar", en: "Calls of {queue}"}
"""


def _load(folder: Path, text: str) -> Catalogue:
    file = folder / "texts.yaml"
    file.write_text(text, encoding="utf-8")
    return load_catalogue([file])


def test_a_text_is_given_in_the_language_asked_for(tmp_path: Path) -> None:
    catalogue = _load(tmp_path, GOOD.replace("تماس‌های {queue}", '"تماس‌های {queue}"'))
    assert catalogue.texts("fa")("calls.title", queue="بیمه") == "تماس‌های بیمه"
    assert catalogue.texts("tr")("calls.title", queue="sigorta") == "sigorta: çağrılar"


def test_numbers_take_the_languages_digits_and_english_its_singular(tmp_path: Path) -> None:
    catalogue = _load(tmp_path, GOOD.replace("تماس‌های {queue}", '"تماس‌های {queue}"'))
    assert catalogue.texts("fa")("calls.count", count=1420) == "۱٬۴۲۰ تماس"
    assert catalogue.texts("en")("calls.count", count=1) == "1 call"
    assert catalogue.texts("en")("calls.count", count=2) == "2 calls"


@pytest.mark.parametrize(("text", "reason"), [
    ("a: {fa: x, en: x}", "exactly the languages"),
    ("a: {fa: x, tr: x, en: x, de: x}", "exactly the languages"),
    ("a: {fa: '{n}', tr: x, en: x}", "different values"),
    ("a: {fa: x, tr: x, en: ''}", "a text is"),
    ("a: {fa: x, tr: x, en: {one: x}}", "a text is"),
    ("a: {fa: '{', tr: x, en: x}", "a:"),
    ("a: {fa: x, tr: x, en: x}\na: {fa: y, tr: y, en: y}", "written twice"),
    ("[]", "mapping"),
    ("a: [", "texts.yaml"),
])
def test_a_faulty_catalogue_is_refused_with_its_key_and_reason(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(CatalogueError, match=reason):
        _load(tmp_path, text)


def test_a_missing_text_or_value_is_named(tmp_path: Path) -> None:
    texts = _load(tmp_path, "a: {fa: '{n}', tr: '{n}', en: '{n}'}").texts("en")
    with pytest.raises(CatalogueError, match="'b'"):
        texts("b")
    with pytest.raises(CatalogueError, match="needs the value 'n'"):
        texts("a")


def test_the_same_key_in_two_files_is_refused(tmp_path: Path) -> None:
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text("a: {fa: x, tr: x, en: x}", encoding="utf-8")
    with pytest.raises(CatalogueError, match="another file"):
        load_catalogue(sorted(tmp_path.iterdir()))


def test_every_text_of_every_room_exists_in_all_languages() -> None:
    root = Path(__file__).resolve().parents[2]
    rooms = ("foundation", "callqueue", "reports", "pasokh")
    files = sorted(file for room in rooms for file in (root / room).glob("**/texts.yaml"))
    assert load_catalogue(files).texts("fa").messages
