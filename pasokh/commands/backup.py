"""`bin/pasokh backup` and `bin/pasokh restore`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from foundation.paths import Home
from pasokh.backup.erasures import read_erasures
from pasokh.backup.making import Made, make_backup
from pasokh.backup.restore import restore_backup
from pasokh.backup.seal import Opener
from pasokh.keeping import now_in_ms
from pasokh.refusal import RefusedError
from pasokh.site import Site, open_site

PassphraseFile = Annotated[Path | None, typer.Option(
    "--passphrase-file", help="A file whose first line is the passphrase; otherwise it is asked for.")]


def backup(
    to: Annotated[Path, typer.Option("--to", help="A folder that is not there yet.")],
    passphrase_file: PassphraseFile = None,
    recipient: Annotated[list[str] | None, typer.Option(
        "--recipient", help="Instead of a passphrase: a public key of age (age1...); may be repeated.")] = None,
) -> None:
    """Back up the whole site while the line runs: databases, journal, sound, settings, secrets; all of it encrypted."""
    site = open_site()
    opener = Opener(None if recipient else _passphrase(passphrase_file, twice=True), tuple(recipient or ()))
    made = _make(site, to.resolve(), opener)
    print(f"{to}: {made.files} files, {made.bytes / 1e6:.1f} MB; try it, in an empty PASOKH_HOME: "
          f"bin/pasokh restore {to}")


def restore(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The backup.")],
    passphrase_file: PassphraseFile = None,
    identity_file: Annotated[Path | None, typer.Option(
        "--identity-file", help="Instead of a passphrase: a file of age-keygen.")] = None,
    erasures: Annotated[Path | None, typer.Option(
        "--erasures", help="Callers forgotten since, from `bin/pasokh caller erasures`.")] = None,
) -> None:
    """Make the site of PASOKH_HOME, which must be empty, from a backup; callers forgotten since are forgotten again."""
    if identity_file is not None:
        opener = Opener(identities=_identities(identity_file))
    else:
        opener = Opener(_passphrase(passphrase_file, twice=False))
    if erasures is not None and not erasures.exists():
        raise RefusedError(f"--erasures {erasures}: there is no such file")
    more = read_erasures(erasures) if erasures is not None else ()
    home = Home.from_environment()
    try:
        done = asyncio.run(restore_backup(home, folder.resolve(), opener, now_in_ms, more))
    except OSError as error:
        raise RefusedError(f"nothing was restored: {error}") from error
    print(f"{home.root}: {done.files} files restored, {done.forgotten} callers forgotten again; go on: bin/pasokh up")


def _make(site: Site, target: Path, opener: Opener) -> Made:
    try:
        return asyncio.run(make_backup(site.home, site.settings, target, opener, now_in_ms))
    except OSError as error:
        raise RefusedError(f"--to {target}: {error}") from error


def _passphrase(file: Path | None, *, twice: bool) -> str:
    if file is None:
        return str(typer.prompt("Passphrase of the backup", hide_input=True, confirmation_prompt=twice))
    try:
        return file.read_text(encoding="utf-8").splitlines()[0]
    except (OSError, IndexError, UnicodeDecodeError) as error:
        raise RefusedError(f"--passphrase-file {file}: cannot be read, or is empty") from error


def _identities(file: Path) -> tuple[str, ...]:
    try:
        lines = file.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedError(f"--identity-file {file}: cannot be read") from error
    found = tuple(line for line in lines if line.startswith("AGE-SECRET-KEY-"))
    if not found:
        raise RefusedError(f"--identity-file {file}: has no AGE-SECRET-KEY-")
    return found
