"""What the doctor says of mail, paper, kept sound and the disk: what is wrong, where, and what mends it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.database import Database
from foundation.settings import Retention, RetentionRule, Settings, Smtp, load_secrets
from foundation.web.certificate import web_certificate
from pasokh.doctor import Finding, Grade
from pasokh.doctor.kept_sound import look_at_keys, look_at_space
from pasokh.doctor.outlook import Growth, kept_days, outlook
from pasokh.doctor.reporting import look_at_mail, look_at_paper
from pasokh.doctor.state import look_at_quality
from pasokh.site import Site
from reports.forms import paper
from tests.support.mail_server import mail_server
from tests.support.sound_store import SoundStore

SECRET = "grey-heron"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SoundStore]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/home/database/main.sqlite")
    (tmp_path / "home" / "database").mkdir(parents=True)
    yield await SoundStore.make(tmp_path / "home", database)
    await database.close()


def site_of(store: SoundStore, **secrets: Any) -> Site:
    return Site(store.home, store.settings, load_secrets(store.home, store.settings).model_copy(update=secrets))


async def looked(look: Any, site: Site) -> Finding:
    """As a command does, outside of the loop."""
    found: Finding = await asyncio.to_thread(look, site)
    return found


async def test_a_mail_server_is_greeted_and_gets_no_mail(
    store: SoundStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = site_of(store, smtp=SECRET)
    made_for = web_certificate(store.home, Settings(queues=store.settings.queues))
    monkeypatch.setenv("SSL_CERT_FILE", str(made_for.authority))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made_for.chain, made_for.key)

    async def told(port: int, password: str = SECRET, **more: Any) -> tuple[Grade, str]:
        smtp = Smtp(server="127.0.0.1", port=port, sender="line@example.test", **more)
        asked = Site(site.home, site.settings.model_copy(update={"smtp": smtp}),
                     site.secrets.model_copy(update={"smtp": password}))
        found = await looked(look_at_mail, asked)
        assert password == "" or password not in f"{found.text} {found.mend}"
        return found.grade, f"{found.text} → {found.mend}"

    assert (await looked(look_at_mail, site)).grade is Grade.GOOD
    async with mail_server(context, SECRET) as private, mail_server() as plain:
        grade, text = await told(private.port, username="line")
        assert (grade, "by starttls, signed in as line" in text) == (Grade.GOOD, True)
        assert private.signed_in == ["line"]
        assert (await told(plain.port, security="none"))[0] is Grade.GOOD
        assert not private.letters + plain.letters
        for said, settings in (
            ("535", {"port": private.port, "username": "line", "password": "brown-bear"}),
            ("the password of line", {"port": private.port, "username": "line", "password": ""}),
            ("in ASCII letters", {"port": private.port, "username": "line", "password": "مرغابی"}),
            ("does not offer", {"port": plain.port}),
            ("does not fit the port", {"port": plain.port, "security": "tls"}),
            ("a firewall?", {"port": 1, "security": "none"}),
        ):
            grade, text = await told(**settings)
            assert (grade, said in text) == (Grade.FAULT, True), text
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
        grade, text = await told(private.port)
        assert (grade, "trust who signed it" in text) == (Grade.FAULT, True), text


async def test_paper_needs_pango(store: SoundStore, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await looked(look_at_paper, site_of(store))).grade is not Grade.FAULT

    def missing(_html: str) -> bytes:
        raise paper.PaperError("PDF needs Pango: `bin/pasokh prepare` installs it")

    monkeypatch.setattr("pasokh.doctor.reporting.html_pdf", missing)
    found = await looked(look_at_paper, site_of(store))
    assert (found.grade, "prepare" in found.text) == (Grade.FAULT, True)


async def test_the_newest_archived_sound_is_opened_by_the_sites_keys(store: SoundStore) -> None:
    site = site_of(store)
    assert "nothing is archived yet" in (await looked(look_at_keys, site)).text
    store.speak()
    await store.serve()
    assert "recording opens" in (await looked(look_at_keys, site)).text
    assert "place 2" in (await looked(look_at_keys, site_of(
        store, recording_keys=(*site.secrets.recording_keys, "AGE-SECRET")))).text
    whole = store.home.secrets_file.read_text(encoding="utf-8")
    other = str(pyrage.x25519.Identity.generate())
    store.home.secrets_file.write_text(whole.replace(site.secrets.recording_keys[0], other), encoding="utf-8")
    lost = await looked(look_at_keys, site_of(store))
    assert (lost.grade, "recording_keys" in lost.text) == (Grade.FAULT, True)
    store.home.secrets_file.write_text(whole, encoding="utf-8")
    kept = store.home.recordings_store / (await store.row()).path
    content = kept.read_bytes()
    kept.write_bytes(content[:-9])
    assert "verify --deep" in (await looked(look_at_keys, site)).mend
    kept.unlink()
    assert "backup" in (await looked(look_at_keys, site)).mend
    store.home.secrets_file.chmod(0o644)
    assert "chmod 600" in (await looked(look_at_keys, site)).mend


async def test_the_disk_is_measured_against_what_shall_be_kept(
    store: SoundStore, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pasokh.doctor.kept_sound.time.time_ns", lambda: 1_795_310_642_000_000_000 + 3_600 * 10**9)
    assert "nothing was recorded" in (await looked(look_at_space, site_of(store))).text
    store.speak()
    await store.serve()
    [row] = await store.rows()
    free = row.bytes * 30 + store.settings.disk.recordings_stop_below_megabytes * (1 << 20)
    monkeypatch.setattr("pasokh.doctor.kept_sound.shutil.disk_usage", lambda _path: type("Usage", (), {"free": free}))
    found = await looked(look_at_space, site_of(store))
    assert (found.grade, "no room for more in 30 days" in found.text) == (Grade.NOTE, True), found
    site = site_of(store)
    for days, grade in ((20, Grade.GOOD), (900, Grade.NOTE)):
        kept = site.settings.model_copy(update={"retention": Retention(days={"call": days})})
        assert (await looked(look_at_space, replace(site, settings=kept))).grade is grade


def test_a_rule_of_a_queue_decides_how_long_its_sound_is_kept() -> None:
    rules = [
        RetentionRule(kind="call", queue="medical", subject="birth", days=1), RetentionRule(
            kind="call", queue="medical", days=90), RetentionRule(kind="voice_message", queue="medical", days=None)]
    retention = Retention(days={"call": 365, "voice_message": 30}, rules=rules)
    found = [kept_days(retention, kind, queue) for kind, queue in (
        ("call", "medical"), ("call", None), ("voice_message", "medical"), ("voice_message", "other"))]
    assert found == [90, 365, None, 30]
    assert kept_days(Retention(), "call", "medical") is None


GROWTHS = st.lists(st.builds(
    Growth, bytes_a_day=st.integers(0, 50).map(float), days=st.none() | st.integers(1, 60)), max_size=5)


@given(GROWTHS, st.integers(0, 40), st.integers(0, 3000))
def test_the_outlook_is_what_a_walk_through_the_days_finds(growths: list[Growth], oldest: int, free: int) -> None:
    """An independent recomputation: day after day, what comes and is not yet matched by what goes."""
    found = outlook(growths, oldest, free)
    left = float(free)
    for day in range(200):
        comes = sum(one.bytes_a_day for one in growths if one.days is None or oldest + day < one.days)
        if comes > left:
            assert found.days_left == pytest.approx(day + left / comes)
            return
        left -= comes
    assert found.days_left is None or found.days_left >= 199


def test_a_broken_scorecard_is_named(store: SoundStore) -> None:
    assert "sampling rules" in look_at_quality(site_of(store)).text
    own = store.home.root / "quality" / "scorecards.yaml"
    own.parent.mkdir()
    own.write_text("scorecards: {x: {}}")
    found = look_at_quality(site_of(store))
    assert (found.grade, "scorecards.yaml:1: scorecards.x.version" in found.text) == (Grade.FAULT, True)
