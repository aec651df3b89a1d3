"""Every report of the catalogue: named, read and made the same for pages, programs and commands."""

import pytest

from foundation.settings import LANGUAGES
from reports.catalog import REPORTS, UnknownReportError, find_report
from reports.parameters import TIME
from reports.tables import report_texts


def test_every_report_and_parameter_has_a_name_in_every_language() -> None:
    names = [report.name for report in REPORTS]
    assert len(set(names)) == len(names)
    for language in LANGUAGES:
        texts = report_texts(language)
        for report in REPORTS:
            for key in (f"report.{report.name}.name", f"report.{report.name}.about", f"report.group.{report.group}"):
                assert texts(key)
            for parameter in (*TIME, *report.parameters):
                assert texts(f"parameter.{parameter.name}")


def test_a_report_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(UnknownReportError, match="known queue, "):
        find_report("weather")
