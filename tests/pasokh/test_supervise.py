"""supervisor's configuration, and a real supervisor that nobody can start twice."""

import configparser
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from foundation.paths import Home
from foundation.settings import Settings
from pasokh.broker import broker_configuration
from pasokh.ports import listening_ports, taken_ports
from pasokh.refusal import RefusedError
from pasokh.services import SERVICES, notify_socket, service_named, services_of
from pasokh.supervise import is_supervised, supervisor_configuration

LONGEST_SOCKET = 107

HOLD = """
import sys
from pathlib import Path
from foundation.paths import Home
import pasokh.supervise as supervise
supervise.load_settings = lambda home: None
supervise.services_of = lambda settings: ()
supervise.become_supervisor(Home(Path(sys.argv[1])))
"""


def _read(text: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(inline_comment_prefixes=(" ;",))
    parser.read_string(text)
    return parser


def _configuration(home: Home, *, as_root: bool = False) -> configparser.RawConfigParser:
    return _read(supervisor_configuration(home, SERVICES, Path("/opt/p y/python"), files=1024, as_root=as_root))


def test_every_service_is_a_program_that_is_always_started_again() -> None:
    found = _configuration(Home(Path("/srv/one")))
    for service in SERVICES:
        program = found[f"program:{service.name}"]
        assert shlex.split(program["command"])[0] == "/opt/p y/python"
        assert program["command"].endswith(f"-m pasokh service {service.name}")
        assert program["autorestart"] == "true"
        assert program["stdout_logfile"] == f"/srv/one/logs/{service.name}.log"
        assert f"/srv/one/run/notify/{service.name}.sock" in program["environment"]


def test_the_watchdog_stops_first_and_asterisk_before_those_who_read_its_journal() -> None:
    orders = {service.name: service.order for service in SERVICES}
    assert [name for name, order in orders.items() if order == max(orders.values())] == ["watchdog"]
    assert orders["asterisk"] > max(orders["callqueue"], orders["recordings"])
    assert orders["mosquitto"] == min(orders.values())


def test_silence_in_the_ivr_ends_well_before_a_caller_has_waited_five_seconds() -> None:
    ivr = service_named("ivr").silence_seconds
    assert ivr is not None
    assert ivr <= 2.0
    assert service_named("asterisk").silence_seconds is None


def test_root_is_named_so_that_supervisor_does_not_warn() -> None:
    assert _configuration(Home(Path("/srv/one")), as_root=True)["supervisord"]["user"] == "root"
    assert "user" not in _configuration(Home(Path("/srv/one")))["supervisord"]


@pytest.mark.parametrize("name", ['a"b', "a ;b", "a\nb", "50%"])
def test_a_folder_that_supervisor_would_misread_is_refused(name: str) -> None:
    with pytest.raises(RefusedError, match="choose another"):
        _configuration(Home(Path("/srv") / name))


def test_socket_paths_stay_short_for_a_deep_folder() -> None:
    deep = Home(Path("/srv") / "/".join(["پاسخ"] * 30))
    for service in SERVICES:
        assert len(str(notify_socket(deep, service)).encode()) <= LONGEST_SOCKET


def test_a_site_has_one_supervisor(tmp_path: Path) -> None:
    home = Home(tmp_path / "a site پاسخ")
    home.make()
    command = [sys.executable, "-c", HOLD, str(home.root)]
    assert not is_supervised(home)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        try:
            while "supervisord started" not in (line := first.stdout.readline()):
                assert line, "the supervisor ended"
            assert is_supervised(home)
            second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
            assert second.returncode != 0
            assert "is up already" in second.stderr
        finally:
            first.terminate()
            first.stdout.read()
    assert first.returncode == 0
    assert not is_supervised(home)


def test_a_taken_port_is_named_by_its_setting() -> None:
    settings = Settings.model_validate({"queues": {"operator": {}}, "ports": {"offset": 16000}})
    ports = listening_ports(settings)
    assert {port.key for port in ports} >= {"ports.sip", "ports.ami", "ports.agi", "ports.mqtt", "ports.metrics"}
    ami = next(port for port in ports if port.key == "ports.ami")
    assert taken_ports([ami]) == []
    with socket.create_server((ami.address, ami.number)):
        assert taken_ports([ami]) == [ami]
    assert str(ami) == "ports.ami (TCP 127.0.0.1:21038)"


def test_the_broker_listens_on_loopback_only() -> None:
    text = broker_configuration(1884, Path("/srv/one/mosquitto"), as_root=True)
    assert "listener 1884 127.0.0.1\n" in text
    assert text.startswith("user root\n")
    assert "user" not in broker_configuration(1884, Path("/srv/one/mosquitto"), as_root=False)


def test_a_recogniser_runs_only_where_a_model_can_be_used() -> None:
    plain = Settings.model_validate({"queues": {"operator": {}}})
    wrong = Settings.model_validate({"queues": {"operator": {}}, "speech": {"models": {"fa": "/nowhere"}}})
    for settings in (plain, wrong):
        assert "speech" not in {service.name for service in services_of(settings)}
        assert "ports.speech" not in {port.key for port in listening_ports(settings)}
