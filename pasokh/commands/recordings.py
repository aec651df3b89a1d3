"""`bin/pasokh recordings`: the sound that is kept."""

import typer

from pasokh.commands.recording_retention import retention

app = typer.Typer(no_args_is_help=True, help="The sound that is kept: how long, and what goes.")

app.command("retention")(retention)


@app.callback()
def recordings() -> None:
    """Have sub-commands, also while there is only one."""
