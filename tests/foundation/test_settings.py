"""Wrong settings are refused with the key, the value and the reason."""

import re
import stat
import traceback
from pathlib import Path

import pytest
import yaml

from foundation.paths import CHECKOUT, Home
from foundation.settings import Queue, Settings, SettingsError, load_secrets, load_settings

TEMPLATE = (CHECKOUT / "foundation/site.yaml").read_text(encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in ("PASOKH_PORTS__OFFSET", "PASOKH_SIP__PORT"):
        monkeypatch.delenv(name, raising=False)
    found = Home(tmp_path)
    found.make()
    found.settings_file.write_text(TEMPLATE, encoding="utf-8")
    return found


def write(home: Home, *changes: tuple[str, object]) -> None:
    content = yaml.safe_load(TEMPLATE)
    for key, value in changes:
        *path, last = key.split(".")
        place = content
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    home.settings_file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def refusal(home: Home) -> str:
    with pytest.raises(SettingsError) as error:
        load_settings(home)
    return str(error.value)


def test_the_shipped_settings_are_good(home: Home) -> None:
    settings = load_settings(home)
    assert settings.site.number == "1420"
    assert settings.queues["insurance"].title["fa"] == "بیمه"


def test_the_shipped_settings_say_what_the_code_would_say_without_them(home: Home) -> None:
    shipped = load_settings(home).model_dump()
    bare = Settings(queues={"operator": Queue()}).model_dump()
    for section in ("site", "ports", "sip", "default_queue", "pause_reasons", "database", "disk"):
        assert shipped[section] == bare[section]


@pytest.mark.parametrize(("key", "value", "named"), [
    ("site.name", "My Site", "site.name = 'My Site': use lower-case"),
    ("site.timezone", "Tehran", "site.timezone = 'Tehran': no such time zone"),
    ("site.number", "14x0", "site.number = '14x0'"),
    ("site.language", "de", "site.language = 'de'"),
    ("ports.sip", 70000, "ports.sip = 70000"),
    ("ports.sipp", 5060, "ports.sipp = 5060: no such setting; did you mean sip?"),
    ("queues.insurance.wrap_up", 5, "queues.insurance.wrap_up = 5: no such setting; did you mean wrap_up_seconds?"),
    ("site.number", 1420, "site.number = 1420: must be text; put it in quotes"),
    ("ports.sip", "many", "ports.sip = 'many': must be a whole number"),
    ("ports.ami", 8088, "asterisk_http and ami both take 8088"),
    ("ports.sip", 9421, "metrics and sip both take 9421"),
    ("ports.sip", 11000, "sip 11000 lies in the range for sound"),
    ("database.url", "postgresql://me:secret@host/name", "database.url: write it like postgresql+asyncpg://"),
    ("queues", [], "queues: must be a mapping"),
    ("queues", {"Op er": {}}, "queues.Op er = 'Op er': use lower-case"),
    ("sip.trunk.networks", ["10.0.0.0/99"], "sip.trunk.networks.0 = '10.0.0.0/99'"),
    ("queues.insurance.strategy", "best", "queues.insurance.strategy = 'best'"),
    ("default_queue", "nowhere", "default_queue: there is no queue 'nowhere'"),
    ("agents.a101.queues", {"nowhere": 0}, "agents.a101.queues: there is no queue 'nowhere'"),
    ("pause_reasons", ["wrap-up"], "pause_reasons: 'wrap-up' is Pasokh's own reason"),
    ("retention.days", {"calls": 30}, "retention.days.calls"),
    ("retention.days", {"call": 0}, "retention.days.call = 0"),
    ("retention.at", "25:00", "retention.at = '25:00'"),
    ("retention.rules", [{"kind": "call", "queue": "insurance"}], "retention.rules.0.days: is missing"),
    ("retention.rules", [{"kind": "call", "days": 9}], "rules.0: names neither queue nor subject; write it as"),
    ("retention.rules", [{"kind": "work_plan", "queue": "insurance", "days": 9}], "write it as days.work_plan"),
    ("retention.rules", [{"kind": "call", "queue": "nowhere", "days": 9}], "rules.0.queue: there is no queue"),
    ("retention.rules", [{"kind": "call", "queue": "insurance", "days": None},
                         {"kind": "call", "queue": "insurance", "subject": "complaints", "days": 9}],
     "rules.1: never reached: rules.0 takes it all"),
])
def test_a_wrong_setting_is_named_with_its_value_and_the_reason(
    home: Home, key: str, value: object, named: str,
) -> None:
    write(home, (key, value))
    assert named in refusal(home)


def test_every_wrong_setting_is_named_at_once(home: Home) -> None:
    write(home, ("site.language", "de"), ("ports.ami", 0))
    assert re.search(r"site\.language.*\n.*ports\.ami", refusal(home))


def test_no_password_is_shown_in_a_refusal(home: Home) -> None:
    write(home, ("database.url", "postgresql://me:secret@host/name"), ("sms", {"token": "secret"}))
    assert "url and token are set together" in refusal(home)
    assert "secret" not in refusal(home)


def test_a_wrong_value_from_the_environment_is_looked_for_there(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASOKH_PORTS__SIP", "many")
    assert refusal(home).startswith("environment variable PASOKH_PORTS__SIP: ports.sip = 'many'")


@pytest.mark.parametrize("variable", ["PASOKH_QUEUES", "PASOKH_SIP__TRUNK__NETWORKS"])
def test_a_list_in_the_environment_that_is_not_json_is_refused(
    home: Home, monkeypatch: pytest.MonkeyPatch, variable: str,
) -> None:
    monkeypatch.setenv(variable, "10.0.0.0/8")
    assert "written as JSON" in refusal(home)


def test_a_file_that_is_not_yaml_is_named(home: Home) -> None:
    home.settings_file.write_text("site: [", encoding="utf-8")
    assert str(home.settings_file) in refusal(home)


def test_a_missing_file_says_how_to_get_one(home: Home) -> None:
    home.settings_file.unlink()
    assert "bin/pasokh up" in refusal(home)


def test_the_environment_wins_over_the_file(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASOKH_PORTS__SIP", "5080")
    monkeypatch.setenv("PASOKH_PORTS__OFFSET", "1000")
    settings = load_settings(home)
    assert (settings.ports.of("sip"), settings.ports.of("ami")) == (6080, 6038)


def test_a_variable_that_names_no_setting_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASOKH_PORT__SIP", "5080")
    assert "PASOKH_PORT__SIP" in refusal(home)


def test_an_offset_beyond_the_last_port_is_refused(home: Home) -> None:
    write(home, ("ports.offset", 40000), ("ports.rtp_last", 30000))
    assert "beyond 65535" in refusal(home)


def test_secrets_are_made_once_and_are_the_owners_alone(home: Home) -> None:
    settings = load_settings(home)
    first = load_secrets(home, settings)
    assert load_secrets(home, settings) == first
    assert stat.S_IMODE(home.secrets_file.stat().st_mode) == 0o600
    assert len(set(first.agents.values())) == len(settings.agents)


@pytest.mark.parametrize(("line", "said"), [
    ("smtp: 73920184", "smtp: must be text; put it in quotes"),
    ("agents: {a101: 73920184}", "agents.a101: must be text"),
    ("recording_keys: [73920184]", "recording_keys.0: must be text"), ("agents: 73920184", "agents: must be a mapping"),
    ("smtp: [73920184", "secrets.yaml:1: not YAML"), ("73920184", "must be a mapping"),
])
def test_a_wrong_secret_is_named_and_never_shown(home: Home, line: str, said: str) -> None:
    settings = load_settings(home)
    home.secrets_file.write_text(line, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load_secrets(home, settings)
    assert said in str(refused.value)
    assert "73920184" not in "".join(traceback.format_exception(refused.value))
    assert home.secrets_file.read_text(encoding="utf-8") == line


def test_passwords_can_be_typed_into_any_telephone(home: Home) -> None:
    agents = load_secrets(home, load_settings(home)).agents
    assert all(re.fullmatch(r"[a-km-zA-HJ-NP-Z2-9]{16}", password) for password in agents.values())


def test_a_new_agent_gets_a_password_and_the_others_keep_theirs(home: Home) -> None:
    first = load_secrets(home, load_settings(home))
    write(home, ("agents.a900", {"queues": {"operator": 0}}))
    second = load_secrets(home, load_settings(home))
    assert second.agents["a900"]
    assert {key: second.agents[key] for key in first.agents} == first.agents
