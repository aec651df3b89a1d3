"""Reports as files: JSON, CSV, spreadsheets and PDF, with the same figures and every passport."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from foundation.catalogue import Texts
from foundation.settings import Settings
from reports.forms.paper import sheet_pdf
from reports.forms.spreadsheet import sheet_xlsx
from reports.frame.sheets import Sheet, sheet_csv, sheet_json


class Form(StrEnum):
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


FILES = {
    Form.JSON: "application/json", Form.CSV: "text/csv", Form.PDF: "application/pdf",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""What each form is called in a letter or an answer."""


@dataclass(frozen=True, slots=True)
class File:
    name: str
    media_type: str
    content: bytes


def write_file(sheet: Sheet, form: Form, settings: Settings, texts: Texts) -> File:
    """The sheet as a file, for people in the language of `texts`.

    Raises:
        PaperError: there is no PDF on this machine.
    """
    start, end = (datetime.fromtimestamp(at, sheet.zone) for at in (sheet.interval.start, sheet.interval.end - 1))
    days = sorted({start.date().isoformat(), end.date().isoformat()})
    match form:
        case Form.JSON:
            content = sheet_json(sheet).encode()
        case Form.CSV:
            content = sheet_csv(sheet).encode()
        case Form.XLSX:
            content = sheet_xlsx(sheet, settings, texts)
        case Form.PDF:
            content = sheet_pdf(sheet, settings, texts)
    return File(f"{sheet.name}_{'_'.join(days)}.{form.value}", FILES[form], content)
