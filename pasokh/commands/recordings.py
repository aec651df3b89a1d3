"""`bin/pasokh recordings`: the sound that is kept."""

import typer

from pasokh.commands.recording_keys import rotate_key
from pasokh.commands.recording_retention import retention
from pasokh.commands.recording_store import check, list_recordings, manifest

app = typer.Typer(no_args_is_help=True, help="The sound that is kept: what, how long, whether whole.")

app.command("list")(list_recordings)
app.command("manifest")(manifest)
app.command("verify")(check)
app.command("rotate-key")(rotate_key)
app.command("retention")(retention)
