"""Subjects and units: what is shipped fits together, and what a site writes wrongly is told with its line."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callqueue.outbound.numbers import normalise
from followups.book.subjects import load_subjects, responsible_unit
from followups.book.units import load_units
from followups.cases.addresses import mailbox, telephone
from followups.cases.case import Tier
from followups.deadlines.deadline import CAP_WORKING_DAYS, Count, DeadlineRule
from foundation.data_file import DataFileError
from foundation.provinces import all_provinces, load_provinces
from foundation.settings import LANGUAGES

TITLE = "title: {fa: الف, tr: A, en: A}"


def test_every_province_has_its_two_directorates() -> None:
    units = load_units()
    assert len(all_provinces()) == 31
    for province in all_provinces().values():
        for kind in ("general", "treatment"):
            unit = units.office(kind, province.id)
            assert unit is not None
            assert unit.tier is Tier.PROVINCE
            assert province.titles["fa"] in unit.titles["fa"]
    assert units.office("general", None) is None


def test_every_unit_and_subject_has_a_title_in_every_language() -> None:
    units = load_units()
    subjects = load_subjects(units)
    for titles in (*(one.titles for one in units.by_id.values()), *(one.titles for one in subjects.by_id.values())):
        assert all(titles[language].strip() for language in LANGUAGES), titles
        assert "{" not in "".join(titles.values())


def test_insurance_is_answered_in_three_days_medicine_in_seven_and_nothing_later_than_ten_working_days() -> None:
    subjects = load_subjects(load_units()).by_id
    assert subjects["insurance-records"].deadline == DeadlineRule(3)
    assert subjects["medical-prescriptions"].deadline == DeadlineRule(7)
    assert subjects["complaints-branch"].deadline == DeadlineRule(10, Count.WORKING)
    assert all(subject.deadline.days <= CAP_WORKING_DAYS for subject in subjects.values())


@pytest.mark.parametrize("province", [None, *all_provinces()])
def test_somebody_answers_for_every_subject_in_every_province_at_every_tier(province: str | None) -> None:
    units = load_units()
    for subject in load_subjects(units).open_ones():
        first = responsible_unit(subject, province, units)
        assert first.province in {None, province}
        at: Tier | None = first.tier
        passed = [first.tier]
        while at is not None and (at := at.next) is not None:
            passed.append(responsible_unit(subject, province, units, at).tier)
        assert passed[-1] is Tier.HEADQUARTERS
        assert [list(Tier).index(tier) for tier in passed] == sorted(list(Tier).index(tier) for tier in passed)


def test_a_site_adds_its_own_and_replaces_ours(tmp_path: Path) -> None:
    units_file, subjects_file = tmp_path / "units.yaml", tmp_path / "subjects.yaml"
    units_file.write_text("""
hours: {evening: {opens: "14:00", closes: "22:00", half_closes: "20:00"}}
units:
  night-desk: {tier: specialist, hours: evening, title: {fa: شب, tr: Gece, en: Night}}
  general-yazd: {tier: province, hours: evening, title: {fa: یزد, tr: Yezd, en: Yazd office}}
""", encoding="utf-8")
    subjects_file.write_text("""
subjects:
  insurance-night:
    under: insurance
    title: {fa: شبانه, tr: Gece, en: At night}
    units: {specialist: night-desk}
  praise:
    title: {fa: سپاس, tr: Övgü, en: Thanks}
    deadline: medical
    begins: agent
    units: {agent: line}
    retired: true
""", encoding="utf-8")
    units = load_units(units_file)
    subjects = load_subjects(units, subjects_file)
    night = subjects.by_id["insurance-night"]
    assert (night.parent, night.deadline_name) == ("insurance", "insurance")
    assert responsible_unit(night, "yazd", units).id == "night-desk"
    assert responsible_unit(night, "yazd", units, Tier.PROVINCE).titles["en"] == "Yazd office"
    assert [one.id for one in subjects.path("insurance-night")] == ["insurance", "insurance-night"]
    assert subjects.by_id["praise"].titles["en"] == "Thanks"
    assert "praise" not in {one.id for one in subjects.open_ones()}


@pytest.mark.parametrize(("says", "fault"), [
    (f"{TITLE}, deadline: medical, begins: agent, units: {{agent: moon}}", r"agent = moon: there is no such unit"),
    (f"{TITLE}, deadline: soon, begins: agent, units: {{agent: line}}", r"deadline = soon: there is no such deadline"),
    (f"{TITLE}, begins: agent, units: {{agent: line}}", "has no deadline"),
    (f"{TITLE}, deadline: medical, units: {{agent: line}}", "says no tier"),
    (f"{TITLE}, deadline: medical, begins: province, units: {{agent: line}}", "has no unit of the tier province"),
    (f"{TITLE}, deadline: medical, begins: province, units: {{province: general}}", "province is not known"),
    (f"{TITLE}, deadline: medical, begins: agent, units: {{agent: insured-desk}}", "this unit has the tier specialist"),
    (f"{TITLE}, deadline: medical, begins: province, units: {{province: line}}", "is no kind of offices"),
    (f"{TITLE}, deadline: medical, begins: agent, units: {{agent: line}}, colour: red", "colour.*no such setting"),
    (f"{TITLE}, under: nothing", "under = nothing: there is no such subject"),
    ("title: {fa: الف}, deadline: medical, begins: agent, units: {agent: line}", "has no text in tr, en"),
])
def test_a_wrong_subject_is_told_with_its_file_and_line(tmp_path: Path, says: str, fault: str) -> None:
    path = tmp_path / "subjects.yaml"
    path.write_text(f"subjects:\n  mine: {{{says}}}\n", encoding="utf-8")
    with pytest.raises(DataFileError) as error:
        load_subjects(load_units(), path)
    assert f"{path}:2:" in str(error.value)
    assert re.search(fault, str(error.value))


@pytest.mark.parametrize(("content", "fault"), [
    ("units: {a: {tier: agent, hours: never, title: {fa: x, tr: x, en: x}}}", "there are no such hours"),
    ("units: {a: {tier: boss, hours: line, title: {fa: x, tr: x, en: x}}}", "tier"),
    ("offices: {a: {tier: agent, hours: line, title: {fa: x, tr: x, en: x}}}", "has the tier province"),
    ('hours: {a: {opens: "12:00", closes: "11:00"}}', "not after opens"),
    ("units: {a: {tier: agent, hours: line, title: {fa: x, tr: x, en: ' '}}}", "has no text in en"),
])
def test_a_wrong_unit_is_told_with_its_file_and_line(tmp_path: Path, content: str, fault: str) -> None:
    path = tmp_path / "units.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataFileError, match=fault) as error:
        load_units(path)
    assert f"{path}:1:" in str(error.value)


@pytest.mark.parametrize(("typed", "kept"), [
    ("0912 123 4567", "09121234567"), ("+98 912 1234567", "09121234567"), ("۰۲۱-۸۸۷۷۶۶۵۵", "02188776655"),
    ("00 49 30 1234567", "0049301234567"), ("0098 21 88776655", "02188776655"),
    ("1420", None), ("0912123456", None), ("0084575948", None), ("", None), ("+", None), ("09121234567x", None),
])
def test_a_telephone_has_one_form(typed: str, kept: str | None) -> None:
    assert telephone(typed) == kept
    if kept:
        assert normalise(typed, None, load_provinces()) == kept


@given(st.text(max_size=40))
def test_whatever_is_typed_is_no_fault(typed: str) -> None:
    for found in (telephone(typed), mailbox(typed)):
        assert found is None or (found.isascii() and found == (telephone(found) or mailbox(found)))
