"""The rescue script as Asterisk runs it: a process of its own, spoken to through its standard input and output."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "ivr" / "rescue_agi.py"
OPENING = "agi_request: rescue\nagi_language: fa\nagi_uniqueid: pasokh-1.2\n\n"


class Asterisk:
    """The other end of the script's pipes."""

    def __init__(self, spool: Path, *arguments: str) -> None:
        self.spool = spool
        self.script = subprocess.Popen(
            [sys.executable, "-I", SCRIPT, str(spool), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, bufsize=1,
        )
        self.say(OPENING.rstrip("\n") + "\n")

    def say(self, line: str) -> None:
        assert self.script.stdin
        self.script.stdin.write(line + "\n")
        self.script.stdin.flush()

    def hears(self) -> str:
        assert self.script.stdout
        return self.script.stdout.readline().strip()

    def ends(self) -> str:
        """Close the pipes; returns what was complained about."""
        _, complaints = self.script.communicate(timeout=60)
        return complaints

    def speak_into(self, command: str, seconds: float) -> None:
        """Write the sound that RECORD FILE asks for."""
        name = command.split('"')[1]
        Path(f"{name}.wav").write_bytes(bytes(44 + int(16000 * seconds)))

    def message(self) -> dict[str, Any]:
        [path] = self.spool.glob("*.json")
        found = json.loads(path.read_text())
        assert isinstance(found, dict)
        return found


@pytest.fixture
def asterisk(tmp_path: Path) -> Iterator[Asterisk]:
    asterisk = Asterisk(tmp_path / "voice-messages", "pasokh-1.2", "+989121234567", "tr")
    yield asterisk
    asterisk.script.kill()
    asterisk.script.communicate()


def until_recording(asterisk: Asterisk, choice: str = "200 result= (timeout)") -> str:
    assert asterisk.hears() == "GET DATA rescue-choice 6000 1"
    asterisk.say(choice)
    assert asterisk.hears().startswith("STREAM FILE leave-message")
    asterisk.say("200 result=0 endpos=100")
    command = asterisk.hears()
    assert command.startswith("RECORD FILE")
    return command


def test_a_message_is_taken_and_the_caller_hears_that_it_was(asterisk: Asterisk) -> None:
    command = until_recording(asterisk)
    assert command.endswith('wav "#" 180000 0 beep s=6')
    asterisk.speak_into(command, 3.0)
    asterisk.say("200 result=35 (dtmf) endpos=24000")
    assert asterisk.hears() == "NOOP"
    asterisk.say("200 result=0")
    assert asterisk.hears().startswith("STREAM FILE message-saved")
    asterisk.say("200 result=0 endpos=100")
    assert asterisk.hears().startswith("STREAM FILE goodbye")
    asterisk.say("200 result=0 endpos=100")
    assert asterisk.ends() == ""
    found = asterisk.message()
    assert found.pop("taken_at") > 0
    assert found == {
        "call_id": "pasokh-1.2", "caller": "+989121234567", "language": "tr", "sound": "pasokh-1.2.wav", "seconds": 3.0,
        "state": "complete", "kind": "voice_message", "callback_number": "",
    }


def test_what_was_said_before_a_hang_up_is_kept(asterisk: Asterisk) -> None:
    command = until_recording(asterisk)
    asterisk.speak_into(command, 2.0)
    asterisk.script.send_signal(signal.SIGHUP)
    asterisk.say("200 result=-1 (hangup) endpos=16000")
    assert asterisk.hears() == "NOOP"
    asterisk.say("200 result=0")
    asterisk.ends()
    assert asterisk.message()["state"] == "hung_up"
    assert asterisk.message()["seconds"] == 2.0


DEAD = "511 Command Not Permitted on a dead channel or intercept routine"


def test_a_channel_that_is_gone_before_the_first_word_ends_it_quietly(asterisk: Asterisk) -> None:
    assert asterisk.hears().startswith("GET DATA")
    asterisk.say(DEAD)
    assert asterisk.ends() == ""
    assert asterisk.script.returncode == 0
    assert (asterisk.message()["state"], asterisk.message()["caller"]) == ("no_sound", "+989121234567")


def test_what_was_said_before_the_channel_was_gone_is_kept(asterisk: Asterisk) -> None:
    command = until_recording(asterisk)
    asterisk.speak_into(command, 2.0)
    asterisk.say(DEAD)
    assert asterisk.hears() == "NOOP"
    asterisk.say(DEAD)
    assert asterisk.hears().startswith("STREAM FILE message-saved")
    asterisk.say(DEAD)
    assert asterisk.ends() == ""
    assert (asterisk.message()["state"], asterisk.message()["seconds"]) == ("hung_up", 2.0)


def test_a_caller_who_hangs_up_without_a_word_leaves_only_his_number(asterisk: Asterisk) -> None:
    until_recording(asterisk)
    asterisk.ends()
    assert asterisk.message()["state"] == "no_sound"
    assert asterisk.message()["caller"] == "+989121234567"
    assert asterisk.message()["sound"] is None


def test_a_script_killed_in_mid_recording_leaves_the_callers_number_beside_the_sound(asterisk: Asterisk) -> None:
    until_recording(asterisk)
    asterisk.script.kill()
    asterisk.script.wait()
    assert asterisk.message()["state"] == "begun"
    assert asterisk.message()["sound"] == "pasokh-1.2.wav"


def test_a_caller_who_hangs_up_at_the_first_prompt_leaves_his_number(asterisk: Asterisk) -> None:
    assert asterisk.hears().startswith("GET DATA")
    asterisk.script.send_signal(signal.SIGHUP)
    asterisk.say("200 result=-1 endpos=0")
    asterisk.say("200 result=0")
    assert asterisk.ends() == ""
    assert asterisk.message()["state"] == "no_sound"
    assert asterisk.message()["caller"] == "+989121234567"


def test_a_missing_prompt_does_not_stop_the_message(asterisk: Asterisk) -> None:
    assert asterisk.hears().startswith("GET DATA")
    asterisk.say("200 result=-1")
    assert asterisk.hears().startswith("STREAM FILE leave-message")
    asterisk.say("200 result=-1 endpos=0")
    assert asterisk.hears().startswith("RECORD FILE")


def test_arguments_of_a_wrong_form_never_become_names_or_text(tmp_path: Path) -> None:
    asterisk = Asterisk(tmp_path / "spool", '../../x"y', "0912\n200", "xx")
    command = until_recording(asterisk)
    assert "/spool/unknown-" in command
    asterisk.ends()
    assert asterisk.message()["caller"] == ""
    assert asterisk.message()["language"] == "fa"


def test_a_second_message_of_a_call_does_not_overwrite_the_first(tmp_path: Path) -> None:
    for _ in range(2):
        asterisk = Asterisk(tmp_path, "pasokh-1.2", "", "fa")
        until_recording(asterisk)
        asterisk.ends()
    assert {path.name for path in tmp_path.glob("*.json")} == {"pasokh-1.2.json", "pasokh-1.2-2.json"}


def answers(asterisk: Asterisk, *talk: tuple[str, str]) -> None:
    """Each command begins as expected, and gets its reply."""
    for expected, reply in talk:
        assert asterisk.hears().startswith(expected)
        asterisk.say(f"200 result={reply}")


SAVED = (("STREAM FILE message-saved", "0 endpos=1"), ("STREAM FILE goodbye", "0 endpos=1"))


def test_a_caller_may_ask_to_be_called_back_at_his_own_number(asterisk: Asterisk) -> None:
    answers(asterisk, ("GET DATA rescue-choice", "2"), ("GET DATA rescue-same-number", "1"), *SAVED)
    assert asterisk.ends() == ""
    found = asterisk.message()
    assert (found["kind"], found["callback_number"], found["state"], found["sound"]) == (
        "callback_request", "+989121234567", "complete", None,
    )


def test_another_number_must_be_a_whole_one(asterisk: Asterisk) -> None:
    answers(
        asterisk, ("GET DATA rescue-choice", "2"), ("GET DATA rescue-same-number", "2"),
        ("GET DATA rescue-number 5000 15", "0912*"), ("STREAM FILE number-not-valid", "0 endpos=1"),
        ("GET DATA rescue-number", "02188776655"), *SAVED,
    )
    asterisk.ends()
    assert asterisk.message()["callback_number"] == "02188776655"


def test_without_any_number_a_message_is_recorded_instead(tmp_path: Path) -> None:
    asterisk = Asterisk(tmp_path / "spool", "pasokh-1.2", "", "fa")
    wrong = (("GET DATA rescue-number", "00000000000"), ("STREAM FILE number-not-valid", "0 endpos=1"))
    answers(asterisk, ("GET DATA rescue-choice", "2"), *wrong, *wrong, *wrong)
    assert asterisk.hears().startswith("STREAM FILE leave-message")
    asterisk.ends()


def test_a_spool_that_cannot_be_written_is_said_to_the_caller(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file in the folder's place")
    asterisk = Asterisk(tmp_path / "spool", "pasokh-1.2", "09121234567", "fa")
    answers(asterisk, ("STREAM FILE message-not-taken", "0 endpos=1"), ("STREAM FILE goodbye", "0 endpos=1"))
    complaint = asterisk.ends()
    assert "nothing can be kept" in complaint
    assert "0912" not in complaint
