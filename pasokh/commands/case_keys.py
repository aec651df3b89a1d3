"""`bin/pasokh case rotate-key`, `case check`: the keys of national IDs, and the files that cases go by."""

import typer

from followups.key_rotation import rotate
from pasokh.case_site import CaseSite

app = typer.Typer()


@app.command("rotate-key")
def rotate_key() -> None:
    """Seal all national IDs anew under a new key, while the line works; run it again if it was interrupted."""
    site = CaseSite.open()
    done = site.with_database(lambda database: rotate(site.site.home, database))
    print(site.words.t("case.done.rotated", people=done.people, texts=done.texts))


@app.command("check")
def check() -> None:
    """Check subjects and units, ours and the site's own; every fault is told with its file and line."""
    book = CaseSite.open().words.book
    print(f"{len(book.subjects.by_id)} subjects, {len(book.units.by_id)} units")
