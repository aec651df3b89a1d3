"""Asterisk's configuration says what the site's settings say, and nothing of a caller's can become part of it."""

import re
from pathlib import Path

import pytest

from foundation.asterisk.install import Installation
from foundation.asterisk.render import DIALPLANS, copy_for_inclusion, render, rendered_files
from foundation.paths import Home
from foundation.settings import Secrets, Settings

ASTERISK = Installation(command=("asterisk",), modules=Path("/m"), data=Path("/d"))
SECRETS = Secrets(ami="s3cret", agents={"a101": "one", "a102": "two"})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.make()
    return found


def settings(**sections: object) -> Settings:
    whole: dict[str, object] = {
        "queues": {"operator": {}, "medical": {"join_when_empty": False, "wrap_up_seconds": 0, "record": False}},
        "agents": {"a101": {"queues": {"operator": 0}}, "a102": {"queues": {"medical": 1}, "device": "webrtc"}},
    }
    return Settings(**{**whole, **sections})  # type: ignore[arg-type]


def section(text: str, name: str, kind: str = "") -> str:
    for part in re.split(r"^(?=\[)", text, flags=re.MULTILINE):
        if part.startswith(f"[{name}]") and (not kind or f"type = {kind}\n" in part):
            return part
    raise AssertionError(f"no section {name} {kind}")


def test_the_trunk_is_known_by_address_alone_and_its_identity_headers_are_not_believed(home: Home) -> None:
    trunk = section(rendered_files(home, settings(), SECRETS, ASTERISK)["pasokh/pjsip.conf"], "trunk", "endpoint")
    for line in ("identify_by = ip", "callerid = unknown <unknown>", "trust_id_inbound = no", "allow_transfer = no"):
        assert line in trunk


def test_only_the_sites_number_can_be_dialled_from_outside(home: Home) -> None:
    files = rendered_files(home, settings(site={"number": "1421"}), SECRETS, ASTERISK)
    trunk = section(files["pasokh/extensions.conf"], "pasokh-trunk")
    assert re.findall(r"^exten => ([^,]+),", trunk, flags=re.MULTILINE) == ["1421"]


def test_no_dialplan_of_ours_has_a_pattern_that_a_callers_text_could_match(home: Home) -> None:
    texts = [path.read_text(encoding="utf-8") for path in DIALPLANS.glob("*.conf")]
    texts.append(rendered_files(home, settings(), SECRETS, ASTERISK)["pasokh/extensions.conf"])
    # The agents' tickets for calls out are a pattern of digits, and looked up before anything is dialled.
    assert not any(re.search(r"^exten => _(?!7770X{16},)", text, flags=re.MULTILINE) for text in texts)


def test_a_browsers_phone_and_a_telephone_are_configured_apart(home: Home) -> None:
    text = rendered_files(home, settings(), SECRETS, ASTERISK)["pasokh/pjsip.conf"]
    assert "webrtc = yes" not in section(text, "a101", "endpoint")
    assert "webrtc = yes" in section(text, "a102", "endpoint")
    assert "password = one" in section(text, "a101", "auth")


def test_a_browsers_password_stands_in_no_file(home: Home) -> None:
    files = rendered_files(home, settings(), SECRETS, ASTERISK)
    assert not any("password = two" in text for text in files.values())
    assert "auth = astdb,pasokh" in files["sorcery.conf"]


def test_queues_follow_their_settings(home: Home) -> None:
    files = rendered_files(home, settings(), SECRETS, ASTERISK)
    assert "joinempty = yes" in section(files["pasokh/queues.conf"], "operator")
    assert "wrapuptime = 2" in section(files["pasokh/queues.conf"], "operator")
    assert "joinempty = paused" in section(files["pasokh/queues.conf"], "medical")
    assert "wrapuptime = 0" in section(files["pasokh/queues.conf"], "medical")
    assert "PASOKH_RECORD_medical = 0" in files["pasokh/extensions.conf"]


def test_who_is_recorded_hears_so_in_the_languages_of_his_queue(home: Home) -> None:
    told, silent = {"announce_recording": ["fa", "en"]}, {"announce_recording": ["fa"], "record": False}
    site = settings(queues={"operator": told, "medical": silent}, recordings={"first_queues": ["medical"]})
    text = rendered_files(home, site, SECRETS, ASTERISK)["pasokh/extensions.conf"]
    assert re.findall(r"^PASOKH_NOTICE_(\S+) = 1$", text, flags=re.MULTILINE) == ["operator_fa", "operator_en"]
    assert re.findall(r"^PASOKH_RECORD_FIRST_(\S+ = \d)$", text, flags=re.MULTILINE) == ["operator = 0", "medical = 1"]


def test_what_listens_besides_sip_listens_on_loopback(home: Home) -> None:
    files = rendered_files(home, settings(), SECRETS, ASTERISK)
    assert "bindaddr = 127.0.0.1" in files["manager.conf"]
    assert "bindaddr = 127.0.0.1" in files["http.conf"]


def test_no_ami_user_hears_what_callers_type(home: Home) -> None:
    text = rendered_files(home, settings(), SECRETS, ASTERISK)["pasokh/manager.conf"]
    assert "dtmf" not in re.sub(r"^;.*$", "", text, flags=re.MULTILINE)


def test_every_port_moves_with_the_offset(home: Home) -> None:
    files = rendered_files(home, settings(ports={"offset": 700}), SECRETS, ASTERISK)
    assert "port = 5738" in files["manager.conf"]
    assert ":5760" in files["pasokh/pjsip.conf"]
    assert "rtpstart = 10700" in files["rtp.conf"]
    assert "agi://127.0.0.1:5273" in files["pasokh/extensions.conf"]


def test_every_included_file_is_rendered(home: Home) -> None:
    render(home, settings(), SECRETS, ASTERISK)
    for path in home.asterisk_config.rglob("*.conf"):
        for name in re.findall(r'^#include "([^"]+)"', path.read_text(encoding="utf-8"), flags=re.MULTILINE):
            assert (home.asterisk_config / name).exists(), f"{path}: {name}"


def test_what_is_ours_alone_is_readable_by_nobody_else(home: Home) -> None:
    render(home, settings(), SECRETS, ASTERISK)
    for name in ("pasokh/pjsip.conf", "pasokh/manager.conf"):
        assert (home.asterisk_config / name).stat().st_mode & 0o077 == 0


def test_rendering_again_touches_nothing_and_removes_what_has_no_template_any_more(home: Home) -> None:
    render(home, settings(), SECRETS, ASTERISK)
    before = {path: path.stat().st_mtime_ns for path in home.asterisk_config.rglob("*.conf")}
    stale = home.asterisk_config / "pasokh/old.conf"
    stale.write_text("x")
    render(home, settings(), SECRETS, ASTERISK)
    assert {path: path.stat().st_mtime_ns for path in home.asterisk_config.rglob("*.conf")} == before


def test_the_files_to_include_bring_everything_that_they_name(home: Home, tmp_path: Path) -> None:
    render(home, settings(), SECRETS, ASTERISK)
    copy_for_inclusion(home.asterisk_config, tmp_path / "etc")
    for path in (tmp_path / "etc/pasokh").iterdir():
        assert path.stat().st_mode & 0o077 == 0
        for name in re.findall(r'^#include "([^"]+)"', path.read_text(encoding="utf-8"), flags=re.MULTILINE):
            assert (tmp_path / "etc" / name).exists()


def test_modules_for_speech_are_loaded_only_where_callers_are_understood(home: Home) -> None:
    silent = rendered_files(home, settings(), SECRETS, ASTERISK)
    assert "aeap" not in silent["modules.conf"]
    assert "[" not in silent["aeap.conf"]
    unusable = rendered_files(home, settings(speech={"models": {"fa": "/nowhere"}}), SECRETS, ASTERISK)
    assert "aeap" not in unusable["modules.conf"]
    spoken = rendered_files(home, settings(speech={"url": "ws://127.0.0.1:2700"}), SECRETS, ASTERISK)
    assert "load = res_speech_aeap.so" in spoken["modules.conf"]
    assert "url = ws://127.0.0.1:2700" in section(spoken["aeap.conf"], "pasokh-speech", "client")


def test_the_callback_key_is_there_where_calls_can_go_out_and_the_queue_wants_it(home: Home) -> None:
    queues = {"operator": {"callback_key": 7}, "medical": {"callback": False}}
    for trunk, wanted in (({}, False), ({"proxy": "127.0.0.1:5099"}, True)):
        files = rendered_files(home, settings(queues=queues, sip={"trunk": trunk}), SECRETS, ASTERISK)
        operator = section(files["pasokh/queues.conf"], "operator")
        assert ("context = pasokh-key-operator\n" in operator) is wanted
        assert (f"periodic-announce = {home.callback_offers}/operator/offer\n" in operator) is wanted
        assert ("exten => 7,1,Goto(pasokh-callback,asked,1)" in files["pasokh/extensions.conf"]) is wanted
        assert "context" not in section(files["pasokh/queues.conf"], "medical")
