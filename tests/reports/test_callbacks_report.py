"""The report of promised calls, from a journal."""

import json
import re
from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook
from rich.console import Console

from callqueue.journal.importing import import_journal
from foundation.calendars import Interval
from foundation.database import Database
from foundation.settings import Queue, Settings, Site
from reports.forms.spreadsheet import sheet_xlsx
from reports.frame.sheets import Sheet, sheet_csv, sheet_json, sheet_table, shown_cell
from reports.frame.tables import Teller, report_texts
from reports.queues.callbacks import build_callbacks_sheet

NOON = 1_800_000_000
LINES = f"""
0   c1     medical NONE STINT              c1|09121112233|direct||1
0   c1     medical NONE ENTERQUEUE         ||1
40  c1     medical NONE EXITWITHKEY        5|1|1|40
50  c1     medical NONE CALLBACK_REQUESTED cb-1|09121112233|{NOON * 1000}|0|fa|queue|c1||123456782|{(NOON + 400) * 1000}
60  NONE   medical NONE CALLBACK_REQUESTED cb-2|02144445555|{NOON * 1000 + 60000}|0|tr|web|
90  cb-1-1 medical NONE CALLBACK_ATTEMPT   cb-1|1|callback
99  cb-1-1 medical NONE STINT              cb-1-1|09121112233|callback|cb-1|1
99  cb-1-1 medical NONE ENTERQUEUE         |09121112233|1
104 cb-1-1 medical a101 CONNECT            5|x1|2
104 cb-1-1 medical NONE CALLBACK_CLOSED    cb-1|reached|dialler
140 cb-1-1 medical a101 COMPLETECALLER     5|36|1
"""
SETTINGS = Settings(queues={"operator": Queue(), "medical": Queue()})


async def sheet_of(database: Database, folder: Path, *, whole_numbers: bool = False) -> Sheet:
    log = folder / "queue_log"
    rows = [line.split() for line in LINES.strip().splitlines()]
    log.write_text("".join("|".join([str(NOON + int(at)), *fields]) + "\n" for at, *fields in rows))
    await import_journal(database, log, journal="site")
    async with database.read() as ledger:
        interval = Interval(NOON, NOON + 3600)
        return await build_callbacks_sheet(
            ledger, None, interval, SETTINGS, now=NOON + 4000, whole_numbers=whole_numbers)


async def test_each_promise_is_told_with_what_became_of_it(ledger_database: Database, tmp_path: Path) -> None:
    found = json.loads(sheet_json(await sheet_of(ledger_database, tmp_path)))
    kept, waiting = found["rows"]
    assert (kept["promise"], kept["result"], kept["attempts"], kept["channel"]) == ("cb-1", "reached", 1, "queue")
    assert (waiting["promise"], waiting["result"], waiting["reached"], waiting["due"]) == ("cb-2", "open", None, None)
    assert (kept["caller"], kept["idle"]) == ("…2233", None)
    assert (found["callbacks_promised"], found["callback_kept"], found["callbacks_virtual"]) == (2, 0.5, 1)
    assert [row["value"] for row in found["figures"] if row["figure"] == "callback_kept"] == [0.5]
    assert set(found["definitions"]) >= {"callback_kept", "callback_in_time", "callback_inversions"}


async def test_people_read_a_number_in_their_own_digits_and_a_spreadsheet_keeps_it(
    ledger_database: Database, tmp_path: Path,
) -> None:
    sheet = await sheet_of(ledger_database, tmp_path)
    persian = SETTINGS.model_copy(update={"site": Site(language="fa")})
    teller = Teller(persian, sheet, report_texts("fa"))
    [column] = [each for each in sheet.columns if each.name == "caller"]
    assert [shown_cell(row, column, teller) for row in sheet.rows] == ["…۲۲۳۳", "…۵۵۵۵"]
    book = load_workbook(BytesIO(sheet_xlsx(sheet, persian, teller.texts)))
    assert "…2233" in {cell.value for row in book.worksheets for line in row.iter_rows() for cell in line}


async def test_numbers_are_shown_whole_only_when_asked_for(ledger_database: Database, tmp_path: Path) -> None:
    text = sheet_csv(await sheet_of(ledger_database, tmp_path, whole_numbers=True), SETTINGS, report_texts("en"))
    assert "09121112233" in text
    assert text.startswith("# callbacks_promised: ")


async def test_people_read_it_in_the_sites_language(ledger_database: Database, tmp_path: Path) -> None:
    console = Console(width=240, record=True, file=(tmp_path / "out").open("w"))
    console.print(sheet_table(await sheet_of(ledger_database, tmp_path), SETTINGS))
    shown = console.export_text()
    assert "تماس‌های وعده‌داده‌شده" in shown
    assert re.search("نرخ انجام وعده +٪?۵۰", shown)
    assert "با کلید در صف" in shown
    assert "از وب" in shown
