"""A menu's question that may be answered by a key or by a word."""

from collections.abc import Callable
from dataclasses import dataclass

from foundation.speech import ENGINE
from ivr.actions.context import CallContext
from ivr.call import LONGEST_PROMPT_SECONDS, Call
from ivr.menu.walk import Ask
from ivr.spoken import aeap
from ivr.spoken.gate import Gate, open_gate
from ivr.spoken.recogniser import same
from ivr.spoken.words import Words, grammar, keys_of_phrases
from ivr.steps.steps import Kind

CREATE_SECONDS = 5.0
"""Asterisk's own limits for connecting (2 s) and for the first request (1 s), and some."""
SET_SECONDS = 2.0
"""Two requests, a second each."""
END_SECONDS = 1.0
"""So long a silence ends a word; one that was said at the last moment counts too."""
SLOW_SECONDS = 0.8
"""A recogniser answers within milliseconds; after a second Asterisk gives each request up."""
KEYS = "dtmf"
"""What Asterisk calls the grammar of a pressed key."""
FOUND = "${SPEECH_GRAMMAR(0)}:${SPEECH_SCORE(0)}:${SPEECH_TEXT(0)}"


@dataclass(frozen=True, slots=True)
class _Answer:
    key: str
    spoken: bool = False


async def ask_key_or_word(call: Call, context: CallContext, words: Words, ask: Ask) -> str:
    """Play the prompts and wait for a key, or for a word where the menu has some and a recogniser is there.

    Returns the key that was pressed or that the word stands for; "" for neither.
    """
    phrases = grammar(words, call.language)
    if phrases and not call.has_key:
        gate = await context.resources.get(open_gate)
        if await gate.lets_in(call.language) and await _begin(call, phrases, gate, context.clock):
            answer = await _listen(call, words, ask, gate.confidence)
            if answer.spoken:
                context.steps.add(Kind.SPEECH, ask.position.menu, answer.key, "understood")
            return answer.key
    return await call.ask_key(ask.prompts, ask.seconds)


async def _begin(call: Call, phrases: tuple[str, ...], gate: Gate, clock: Callable[[], float]) -> bool:
    await call.execute("SpeechCreate", ENGINE, CREATE_SECONDS)
    # Without a recogniser, whatever else is done with speech would end the call.
    if await call.evaluate("${ERROR}") == "1":
        gate.close("Asterisk could not connect")
        return False
    settings = (
        "SPEECH_DTMF_MAXLEN=1", "SPEECH_DTMF_TERMINATOR=", f"SPEECH_ENGINE({aeap.LANGUAGE})={call.language}",
        f"SPEECH_ENGINE({aeap.GRAMMAR})={aeap.SEPARATOR.join(phrases)}",
    )
    began = clock()
    await call.execute("MSet", ",".join(settings), SET_SECONDS)
    if clock() - began > SLOW_SECONDS:
        # This caller still has his keys; the next ones shall not wait.
        gate.close("it does not answer")
    return True


async def _listen(call: Call, words: Words, ask: Ask, confidence: int) -> _Answer:
    wait = ask.seconds + END_SECONDS
    seconds = LONGEST_PROMPT_SECONDS * len(ask.prompts) + wait
    await call.execute("SpeechBackground", f"{'&'.join(ask.prompts)},{wait:g}", seconds)
    found, score, text = (*(await call.evaluate(FOUND)).split(":", 2), "", "")[:3]
    await call.execute("SpeechDestroy")
    if found == KEYS:
        return _Answer(text[:1])
    sure = score.isdecimal() and int(score) >= confidence
    key = keys_of_phrases(words, call.language).get(same(text)) if sure else None
    return _Answer(key or "", spoken=key is not None)
