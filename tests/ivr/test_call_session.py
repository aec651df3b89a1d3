"""Calls against an Asterisk that answers by a script: `command -> reply`, line by line."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from foundation.asterisk.variables import Variable
from foundation.database import Database
from foundation.paths import Home
from foundation.settings import LANGUAGES, Queue, Settings
from ivr.actions import CallContext, Resources
from ivr.agi.connection import Connection, HangupError
from ivr.agi.protocol import Opening
from ivr.agi.server import Server
from ivr.call import Call
from ivr.conditions import Facts
from ivr.menu.menu import Tree
from ivr.menu.tree import Known, load_tree
from ivr.session import Trace, guide, send_to_operator
from ivr.steps.steps import CallEnding, StepLog
from tests.support.shipped_menus import KNOWN, SHIPPED

OPENING = b"agi_network_script: call\nagi_language: fa\nagi_uniqueid: 1.1\n\n"


class Silent:
    """An observer that does not look."""

    def on_begin(self) -> None: ...

    def on_end(self, ending: str) -> None: ...

    def on_refusal(self, reason: str) -> None: ...

    def on_command(self, name: str, seconds: float) -> None: ...


def a_trace() -> Trace:
    return Trace(StepLog("1.1"))


def both(trace: Trace) -> tuple[Trace, CallContext, Callable[[], Facts]]:
    """A trace, the context of its call, and what holds there."""
    home, settings = Home(Path("/nowhere")), Settings(queues={"operator": Queue()})
    resources = Resources(home, settings, Database("sqlite+aiosqlite:///:memory:"))
    context = CallContext(home, settings, resources, trace.steps, "", None, time.time, time.monotonic)
    return trace, context, lambda: Facts(datetime(2026, 11, 22, 12, tzinfo=UTC), {})


async def play_script(script: str, use: Callable[[Call], Awaitable[object]]) -> object:
    """Let `use` drive a call; each command must be the script's next line. Returns its result, or raises its error."""
    outcome: asyncio.Future[object] = asyncio.get_running_loop().create_future()

    async def handler(connection: Connection, opening: Opening) -> None:
        try:
            outcome.set_result(await use(Call(connection, opening)))
        except Exception as error:  # noqa: BLE001 - the test looks at it
            outcome.set_exception(error)

    server = Server(handler, Silent())
    reader, writer = await asyncio.open_connection("127.0.0.1", await server.start(0))
    writer.write(OPENING)
    async with asyncio.timeout(60):
        heard = []
        for line in script.strip().splitlines():
            expected, _, reply = line.strip().partition(" -> ")
            heard.append((await reader.readline()).decode().strip().replace('"', ""))
            assert heard[-1] == expected, heard
            writer.write(f"{reply}\n".encode())
        rest = (await reader.read()).decode()
    writer.close()
    await server.stop(0)
    assert rest == ""
    return await outcome


@pytest.fixture
def tree() -> Tree:
    return load_tree(SHIPPED, KNOWN)


FIRST = "EXEC Background welcome&fa/choose-language&tr/choose-language -> 200 result=0"


async def test_a_call_costs_few_commands(tree: Tree) -> None:
    trace = a_trace()
    script = f"""
        ANSWER -> 200 result=0
        {FIRST}
        GET DATA en/choose-language 5000 1 -> 200 result=2
        EXEC MSet CHANNEL(language)=tr,PASOKH_LANGUAGE=tr -> 200 result=0
        GET DATA menu-subject 5000 1 -> 200 result=3
        SET VARIABLE PASOKH_QUEUE pensions -> 200 result=1
        EXEC Background recorded&please-wait -> 200 result=0
    """
    await play_script(script, lambda call: guide(call, tree, *both(trace)))
    assert [(step.name, step.key, step.result) for step in trace.steps.steps] == [
        ("language", "2", "chosen"), ("subject", "3", "chosen"),
    ]
    assert trace.queue == "pensions"


async def test_a_key_pressed_in_the_first_prompt_is_taken_at_once(tree: Tree) -> None:
    script = """
        ANSWER -> 200 result=0
        EXEC Background welcome&fa/choose-language&tr/choose-language -> 200 result=49
        GET DATA menu-subject 5000 1 -> 200 result=0
        SET VARIABLE PASOKH_QUEUE operator -> 200 result=1
        EXEC Background recorded&please-wait -> 200 result=50
    """
    await play_script(script, lambda call: guide(call, tree, *both(a_trace())))


async def test_the_square_key_repeats_and_silence_is_told_from_it(tree: Tree) -> None:
    trace = a_trace()
    script = f"""
        ANSWER -> 200 result=0
        {FIRST}
        GET DATA en/choose-language 5000 1 -> 200 result=1
        GET DATA menu-subject 5000 1 -> 200 result=
        GET DATA menu-subject 5000 1 -> 200 result= (timeout)
        EXEC Background no-input -> 200 result=0
        GET DATA menu-subject 5000 1 -> 200 result=2
        SET VARIABLE PASOKH_QUEUE medical -> 200 result=1
        EXEC Background recorded&please-wait -> 200 result=0
    """
    await play_script(script, lambda call: guide(call, tree, *both(trace)))
    assert [step.result for step in trace.steps.steps] == ["chosen", "repeat", "no_input", "chosen"]


@pytest.mark.parametrize("lines", range(7))
async def test_a_hang_up_at_any_step_ends_the_call_there(tree: Tree, lines: int) -> None:
    script = f"""
        ANSWER -> 200 result=0
        {FIRST}
        GET DATA en/choose-language 5000 1 -> 200 result=2
        EXEC MSet CHANNEL(language)=tr,PASOKH_LANGUAGE=tr -> 200 result=0
        GET DATA menu-subject 5000 1 -> 200 result=3
        SET VARIABLE PASOKH_QUEUE pensions -> 200 result=1
        EXEC Background recorded&please-wait -> 200 result=0
    """.strip().splitlines()
    script[lines] = script[lines].split(" -> ")[0] + " -> 511 Command Not Permitted on a dead channel"
    with pytest.raises(HangupError):
        await play_script("\n".join(script[: lines + 1]), lambda call: guide(call, tree, *both(a_trace())))


async def test_a_caller_who_stays_too_long_goes_to_the_operator(tree: Tree) -> None:
    times = iter([0.0, 10.0, 20.0, 301.0, 301.0, 301.0])
    script = f"""
        ANSWER -> 200 result=0
        {FIRST}
        GET DATA en/choose-language 5000 1 -> 200 result=1
        SET VARIABLE PASOKH_QUEUE operator -> 200 result=1
        EXEC Background recorded&please-wait -> 200 result=0
    """
    trace = Trace(StepLog("1.1"), clock=lambda: next(times))
    await play_script(script, lambda call: guide(call, tree, *both(trace)))
    assert trace.steps.steps[-1].result == "too_long"


async def test_a_goodbye_ends_the_call_without_a_queue(tmp_path: Path) -> None:
    path = tmp_path / "main.yaml"
    path.write_text("call: {start: a}\nmenus: {a: {say: [welcome], keys: {1: {do: goodbye}}}}")
    tree = load_tree([path], Known(frozenset(), "operator", lambda _prompt: True))
    script = """
        ANSWER -> 200 result=0
        GET DATA welcome 5000 1 -> 200 result=1
        EXEC Background goodbye -> 200 result=0
        SET VARIABLE PASOKH_DONE 1 -> 200 result=1
    """
    await play_script(script, lambda call: guide(call, tree, *both(a_trace())))


async def test_without_menus_a_caller_reaches_the_operator() -> None:
    script = """
        ANSWER -> 200 result=0
        SET VARIABLE PASOKH_QUEUE operator -> 200 result=1
        EXEC Background please-wait -> 200 result=0
    """
    await play_script(script, lambda call: send_to_operator(call, "operator", a_trace()))


DIGITS = [
    ("GET DATA enter 6000 1 -> 200 result=1\nGET DATA  3000 9 -> 200 result=234567890", "1234567890"),
    ("GET DATA enter 6000 1 -> 200 result=1\nGET DATA  3000 9 -> 200 result=23", "123"),
    ("GET DATA enter 6000 1 -> 200 result=1\nGET DATA  3000 9 -> 200 result=2 (timeout)", "12"),
    ("GET DATA enter 6000 1 -> 200 result=1\nGET DATA  3000 9 -> 200 result=", "1"),
    ("GET DATA enter 6000 1 -> 200 result= (timeout)", ""),
    ("GET DATA enter 6000 1 -> 200 result=", ""),
]


@pytest.mark.parametrize(("script", "digits"), DIGITS)
async def test_digits_are_collected_with_two_patiences(script: str, digits: str) -> None:
    assert await play_script(script, lambda call: call.ask_digits(["enter"], 10)) == digits


async def test_a_key_that_ends_a_prompt_is_the_first_of_the_next_answer() -> None:
    async def use(call: Call) -> str:
        await call.play(["welcome"])
        await call.play(["recorded"])
        return await call.ask_digits(["enter"], 3)

    script = """
        EXEC Background welcome -> 200 result=55
        GET DATA  3000 2 -> 200 result=89
    """
    assert await play_script(script, use) == "789"


async def test_a_recording_tells_its_length(tmp_path: Path) -> None:
    path = tmp_path / "message.wav"
    script = f"""
        RECORD FILE {tmp_path}/message wav # 60000 BEEP s=5 -> 200 result=35 (dtmf) endpos=20000
        NOOP -> 200 result=0
    """
    recorded = await play_script(script, lambda call: call.record(path, 60))
    assert recorded.seconds == 2.5  # type: ignore[attr-defined]


async def test_variables_are_read_and_written() -> None:
    async def use(call: Call) -> tuple[str | None, str | None]:
        await call.enter_queue("medical", priority=5)
        return await call.get(Variable.CALLER), await call.get(Variable.PROMISE)

    script = """
        EXEC MSet PASOKH_PRIORITY=5,PASOKH_QUEUE=medical -> 200 result=0
        GET VARIABLE PASOKH_CALLER -> 200 result=1 (+98912)
        GET VARIABLE PASOKH_PROMISE -> 200 result=0
    """
    assert await play_script(script, use) == ("+98912", None)


@pytest.mark.parametrize("value", ["a,PASOKH_DONE=1", "${SHELL(id)}", "a b", "x" * 81, "a\nHANGUP"])
async def test_a_value_that_could_become_more_than_a_value_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="not a value"):
        await play_script("", lambda call: call.set(Variable.QUEUE, value))


async def test_the_language_of_the_channel_is_not_set_again() -> None:
    async def use(call: Call) -> None:
        for language in LANGUAGES:
            await call.set_language(language)

    script = """
        EXEC MSet CHANNEL(language)=tr,PASOKH_LANGUAGE=tr -> 200 result=0
        EXEC MSet CHANNEL(language)=en,PASOKH_LANGUAGE=en -> 200 result=0
    """
    await play_script(script, use)


TRANSFERS = """
call: {start: a, before_queue: []}
menus:
  a:
    say: [welcome]
    keys:
      1: {do: transfer, queue: operator}
      2: {do: transfer, number: a101}
"""


def transfers(folder: Path) -> Tree:
    path = folder / "main.yaml"
    path.write_text(TRANSFERS)
    queues, handled, agents = (frozenset({name}) for name in ("operator", "transfer", "a101"))
    return load_tree([path], Known(queues, "operator", bool, handled=handled, agents=agents))


@pytest.mark.parametrize(("key", "commands", "ending", "step"), [
    ("1", ["SET VARIABLE PASOKH_ORIGIN transfer", "SET VARIABLE PASOKH_QUEUE operator"], CallEnding.QUEUED, "queue"),
    ("2", ["SET VARIABLE PASOKH_NUMBER a101"], CallEnding.TRANSFERRED, "away"),
])
async def test_a_transfer_tells_the_dialplan_where_the_call_goes(
    tmp_path: Path, key: str, commands: list[str], ending: CallEnding, step: str,
) -> None:
    trace, tree = a_trace(), transfers(tmp_path)
    script = "\n".join([
        "ANSWER -> 200 result=0", f"GET DATA welcome 5000 1 -> 200 result={key}",
        *(f"{command} -> 200 result=1" for command in commands),
    ])
    await play_script(script, lambda call: guide(call, tree, *both(trace)))
    assert trace.ending is ending
    assert [(each.kind, each.result) for each in trace.steps.steps] == [("menu", "chosen"), ("transfer", step)]


async def test_a_caller_without_a_free_line_is_asked_whether_to_be_called_back(tree: Tree) -> None:
    trace = Trace(StepLog("1.1"), busy=True)
    script = """
        ANSWER -> 200 result=0
        GET DATA menu-all-busy 5000 1 -> 200 result= (timeout)
        EXEC Background no-input -> 200 result=0
        GET DATA menu-all-busy 5000 1 -> 200 result=1
        EXEC Background callback-intro -> 200 result=0
        GET DATA rescue-number 6000 1 -> 200 result=*
        GET DATA  3000 14 -> 200 result= (timeout)
        EXEC Background callback-not-noted -> 200 result=0
        GET DATA menu-all-busy 5000 1 -> 200 result=5
        EXEC Background wrong-key -> 200 result=0
        GET DATA menu-all-busy 5000 1 -> 200 result= (timeout)
        EXEC Background goodbye -> 200 result=0
        SET VARIABLE PASOKH_DONE 1 -> 200 result=1
    """
    await play_script(script, lambda call: guide(call, tree, *both(trace)))
    assert (trace.ending, trace.queue) == (CallEnding.GOODBYE, None)
    assert [(step.kind, step.result) for step in trace.steps.steps if step.name == "operator"] == [
        ("callback", "cancelled:cancelled"),
    ]


async def test_without_a_menu_for_them_callers_without_a_free_line_are_told_so(tree: Tree) -> None:
    trace = Trace(StepLog("1.1"), busy=True)
    tree = tree.model_copy(update={"call": tree.call.model_copy(update={"busy": None})})
    script = """
        ANSWER -> 200 result=0
        EXEC Background lines-busy&goodbye -> 200 result=0
        SET VARIABLE PASOKH_DONE 1 -> 200 result=1
    """
    await play_script(script, lambda call: guide(call, tree, *both(trace)))
    assert (trace.ending, trace.queue) == (CallEnding.GOODBYE, None)
