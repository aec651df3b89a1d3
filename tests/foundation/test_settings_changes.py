"""What a running line can take of changed settings, and how Asterisk is told and asked."""

from pathlib import Path
from typing import Any

import pytest

from foundation.asterisk.install import Installation
from foundation.asterisk.reload import (
    changed_files,
    endpoint_differences,
    global_differences,
    needs_restart,
    queue_differences,
    reloads_for,
)
from foundation.asterisk.render import dialplan_files, wanted_files
from foundation.paths import Home
from foundation.settings import Secrets, Settings
from foundation.settings.changes import AT_START, Change, changes, is_under, read_applied, write_applied

ASTERISK = Installation(command=("asterisk",), modules=Path("/m"), data=Path("/d"))
DIALPLANS = [f"pasokh/{path.name}" for path in dialplan_files()]
FIRST: dict[str, Any] = {"queues": {"operator": {}, "medical": {}}, "agents": {"a101": {"queues": {"operator": 0}}}}


def settings(**more: Any) -> Settings:
    return Settings(**{**FIRST, **more})


def with_queue(**values: Any) -> Settings:
    return settings(queues={"operator": {}, "medical": values})


TAKEN = [
    (with_queue(max_length=3), ["queue reload parameters"]),
    (with_queue(max_wait_seconds=60), ["dialplan reload"]),
    (
        with_queue(widen=[{"after": 30, "max_penalty": 5}]),
        ["queue reload rules", "dialplan reload", "queue reload parameters"],
    ),
    (with_queue(weight=2), ["queue reload parameters"]),
    (with_queue(overflow={"after_seconds": 5, "queue": "operator"}), ["dialplan reload"]),
    (with_queue(music="soft"), ["moh reload", "queue reload parameters"]),
    (settings(queues={"operator": {}, "medical": {}, "new": {}}), ["dialplan reload", "queue reload parameters"]),
    (
        settings(agents={"a101": {"queues": {}}, "a102": {"queues": {}}}),
        ["module reload res_pjsip.so", "module reload res_pjsip_endpoint_identifier_ip.so", "dialplan reload"],
    ),
    (settings(agents={"a101": {"queues": {"operator": 5}}}), []),
]


@pytest.mark.parametrize(("after", "commands"), TAKEN)
def test_only_what_changed_is_reloaded(after: Settings, commands: list[str], tmp_path: Path) -> None:
    secrets = Secrets(ami="s", agents={"a101": "x", "a102": "y"})
    home = Home(tmp_path)
    files = changed_files(*(wanted_files(home, one, secrets, ASTERISK) for one in (settings(), after)))
    assert reloads_for(files, DIALPLANS) == commands
    assert needs_restart(files, DIALPLANS) == []


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"overflow": {"after_seconds": 5, "queue": "nosuch"}}, r"queues\.medical\.overflow\.queue: .*'nosuch'"),
    ({"overflow": {"after_seconds": 5, "queue": "medical"}}, "circle: medical → medical"),
    ({"widen": [{"after": 9, "max_penalty": 0}]}, "must both grow"),
    ({"widen": [{"after": 9, "max_penalty": 1}, {"after": 9, "max_penalty": 2}]}, "must both grow"),
    ({"max_penalty": 3, "widen": [{"after": 9, "max_penalty": 3}]}, "must both grow"),
]


@pytest.mark.parametrize(("queue", "reason"), WRONG)
def test_routing_that_leads_nowhere_is_refused(queue: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        with_queue(**queue)


def test_penalties_widen_with_the_waiting(tmp_path: Path) -> None:
    steps = [{"after": 30, "max_penalty": 5}, {"after": 60, "max_penalty": 100}]
    home, secrets = Home(tmp_path), Secrets(ami="s", agents={"a101": "x"})
    files = wanted_files(home, with_queue(widen=steps), secrets, ASTERISK)
    assert "[medical]\npenaltychange => 30,5\npenaltychange => 60,100\n" in files["pasokh/queuerules.conf"].decode()
    assert "defaultrule = medical" in files["pasokh/queues.conf"].decode()
    assert "PASOKH_FIRST_PENALTY_medical = 0\n" in files["pasokh/extensions.conf"].decode()
    assert "PASOKH_FIRST_PENALTY_operator = 100\n" in files["pasokh/extensions.conf"].decode()


def test_files_that_asterisk_reads_only_at_its_start_are_told() -> None:
    assert needs_restart(["rtp.conf", "pasokh/queues.conf", "modules.conf"], DIALPLANS) == ["rtp.conf", "modules.conf"]


def test_a_change_is_told_by_its_key_and_a_new_queue_by_its_name() -> None:
    found = changes(settings(), settings(queues={"operator": {"max_length": 9}, "medical": {}, "new": {}}))
    assert found[0] == Change("queues.operator.max_length", 0, 9)
    assert [(one.key, one.before) for one in found[1:]] == [("queues.new", None)]


@pytest.mark.parametrize(("key", "at_start"), [
    ("ports.sip", True), ("sip.address", True), ("sip.trunk.networks", False), ("database.url", True),
    ("queues.medical.weight", False), ("default_queue", False),
])
def test_what_is_bound_at_the_start_stays(key: str, at_start: bool) -> None:
    assert is_under(key, AT_START) is at_start


def test_applied_settings_are_remembered_and_an_unknown_form_of_them_is_no_knowledge(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    assert read_applied(home) is None
    write_applied(home, with_queue(max_length=4))
    assert read_applied(home) == with_queue(max_length=4)
    assert home.applied_settings.stat().st_mode & 0o077 == 0
    home.applied_settings.write_text('{"no": "such"}')
    assert read_applied(home) is None


def test_asterisks_own_answer_shows_what_it_did_not_take() -> None:
    good = {"Strategy": "rrmemory", "Max": "0", "ServiceLevel": "20", "Weight": "0"}
    wanted = settings()
    assert queue_differences(wanted.queues, {"operator": good, "medical": good, "old": good}) == []
    found = queue_differences(wanted.queues, {"operator": {**good, "Max": "7"}})
    assert [(one.key, one.wanted, one.found) for one in found] == [
        ("queues.operator.max_length", "0", "7"), ("queues.medical", "there", "not there"),
    ]
    assert endpoint_differences(wanted, " Endpoint:  a101/a101     Unavailable\n") == []
    assert [one.key for one in endpoint_differences(wanted, " Endpoint:  a1010/a1010 \n")] == ["agents.a101"]


def test_a_dialplan_that_was_not_taken_is_seen_by_its_values(tmp_path: Path) -> None:
    secrets = Secrets(ami="s", agents={"a101": "x"})
    text = wanted_files(Home(tmp_path), settings(), secrets, ASTERISK)["pasokh/extensions.conf"].decode()
    shown = text.replace(" = ", "=")
    assert global_differences(settings(), shown) == []
    assert [one.key for one in global_differences(settings(default_queue="medical"), shown)] == ["default_queue"]
    other = with_queue(record=False)
    assert [one.key for one in global_differences(other, shown)] == ["queues.medical.record"]
