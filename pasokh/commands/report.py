"""`bin/pasokh report NAME`: every report of the catalogue, asked for as its page and its interface are."""

import asyncio
import inspect
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from foundation.catalogue import Texts
from foundation.data_file import DataFileError
from pasokh.commands.report_call import app as call_story
from pasokh.commands.report_options import console, present, site, write
from pasokh.commands.report_schedule import app as schedules
from pasokh.refusal import RefusedError
from reports.catalog import REPORTS
from reports.forms.files import Form, write_file
from reports.forms.paper import PaperError
from reports.frame.parameters import STEP, TIME, Pairs, Parameter, ParameterError
from reports.frame.report import Context, Report, make_sheet
from reports.frame.sheets import Sheet, sheet_table
from reports.frame.stores import StoreError
from reports.frame.tables import report_texts
from reports.queues.queue import ReportError

UNBALANCED = 3
"""Exit code of a report that contradicts itself, so that programs notice too."""
SHORT = {"queue": "-q", "agent": "-a"}
HELP = {
    "from": "The first moment: 2026-11-22T08:00, 1405-09-01, today, -1h, ...",
    "to": "The first moment after the last one; default: now.",
}

app = typer.Typer(no_args_is_help=True, help="Figures with their passports, and the calls behind them.")
app.add_typer(call_story)
app.add_typer(schedules, name="schedule")


class Output(StrEnum):
    """What a report is written as."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


def _command(report: Report, texts: Texts) -> Callable[..., None]:
    """The command of one report; its options are the report's parameters."""
    known = {_python_name(parameter): parameter for parameter in (*TIME, *report.parameters)}

    def command(**given: Any) -> None:
        form, output = given.pop("form"), given.pop("output")
        pairs = [pair for name, value in given.items() for pair in _pairs(known[name], value)]
        _print(report, pairs, form, output)

    options = [_option(report, name, parameter, texts) for name, parameter in known.items()]
    form = Annotated[Output, typer.Option("--format", help="For people (table, pdf) or machines (json, csv, xlsx).")]
    output = Annotated[Path | None, typer.Option("--output", "-o", help="Write it into this file.")]
    options += [_argument("form", form, Output.TABLE), _argument("output", output, None)]
    vars(command)["__signature__"] = inspect.Signature(options)
    command.__annotations__ = {option.name: option.annotation for option in options}
    return command


def _option(report: Report, name: str, parameter: Parameter[Any], texts: Texts) -> inspect.Parameter:
    names = [f"--{parameter.name}"]
    if parameter.name in SHORT and parameter.many:
        names.append(SHORT[parameter.name])
    if parameter is STEP and not any(other.name == "by" for other in report.parameters):
        names.append("--by")
    title = HELP.get(parameter.name, texts(f"parameter.{parameter.name}"))
    about = f"{title}: {', '.join(parameter.choices)}." if parameter.choices and not parameter.flag else title
    if parameter.flag:
        return _argument(name, Annotated[bool, typer.Option(*names, help=about)], default=False)
    if parameter.many:
        return _argument(name, Annotated[list[str] | None, typer.Option(*names, help=about)], None)
    return _argument(name, Annotated[str | None, typer.Option(*names, help=about)], None)


def _argument(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _python_name(parameter: Parameter[Any]) -> str:
    return f"asked_{parameter.name.replace('-', '_')}"


def _pairs(parameter: Parameter[Any], value: Any) -> Pairs:
    if parameter.flag:
        return [(parameter.name, "yes")] if value else []
    if parameter.many:
        return [(parameter.name, one) for one in value or ()]
    return [] if value is None else [(parameter.name, value)]


def _print(report: Report, pairs: Pairs, form: Output, output: Path | None) -> None:
    home, settings = site()
    context = Context(home, settings, report_texts(settings.site.language), present())
    sheet = _made(report, context, pairs)
    if form is Output.TABLE and output is None:
        screen = console()
        for one in (sheet, *((sheet.earlier,) if sheet.earlier else ())):
            screen.print(sheet_table(one, settings, width=screen.width))
    else:
        _write(sheet, context, _form_of(output) if form is Output.TABLE else Form(form.value), output)
    if sheet.balanced is False:
        raise typer.Exit(UNBALANCED)


def _made(report: Report, context: Context, pairs: Pairs) -> Sheet:
    try:
        return asyncio.run(make_sheet(report, context, report.read(pairs, context)))
    except ParameterError as error:
        raise RefusedError(report_texts("en")(f"report.refused.{error.name}", **error.values)) from error
    except (ReportError, StoreError, DataFileError) as error:
        raise RefusedError(str(error)) from error


def _form_of(output: Path | None) -> Form:
    ending = output.suffix.removeprefix(".") if output else ""
    if ending not in set(Form):
        raise RefusedError(f"--output {output}: give --format, or a name that ends in {', '.join(Form)}")
    return Form(ending)


def _write(sheet: Sheet, context: Context, form: Form, output: Path | None) -> None:
    try:
        content = write_file(sheet, form, context.settings, context.texts).content
        if output is not None:
            output.write_bytes(content)
            return
    except (PaperError, OSError) as error:
        raise RefusedError(str(error)) from error
    if form in (Form.JSON, Form.CSV):
        write(content.decode())
    elif sys.stdout.isatty():
        raise RefusedError(f"--format {form}: give --output FILE; a terminal cannot show it")
    else:
        sys.stdout.buffer.write(content)


def _add_commands() -> None:
    texts = report_texts("en")
    for report in REPORTS:
        about = f"{texts(f'report.{report.name}.about')}; docs/figures.md explains."
        app.command(report.name, help=about)(_command(report, texts))


_add_commands()
