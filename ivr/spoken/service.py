"""The recogniser as a service: it loads the models and listens to the callers whom Asterisk brings."""

import asyncio

import structlog

from foundation.paths import Home
from foundation.service import heartbeat, stop_requests
from foundation.settings import Settings
from foundation.speech import speech_faults, spoken_languages
from ivr.spoken.server import niced_threads, speech_server

log = structlog.get_logger()


async def serve(home: Home, settings: Settings) -> None:  # noqa: ARG001 - every service is called so
    """Recognise until asked to stop."""
    stop = stop_requests()
    for fault in speech_faults(settings):
        log.warning("callers cannot speak in this language", reason=fault)
    models = {language: settings.speech.models[language] for language in spoken_languages(settings)}
    with niced_threads(settings.speech.threads) as threads:
        # Vosk is a package that most sites do not have.
        from ivr.spoken.vosk_recogniser import VoskRecogniser  # noqa: PLC0415

        recogniser = await asyncio.get_running_loop().run_in_executor(threads, lambda: VoskRecogniser(models))
        limits = {"calls": settings.speech.calls, "confidence": settings.speech.confidence}
        port = settings.ports.of("speech")
        async with speech_server(recogniser, threads, port=port, **limits), heartbeat():
            log.info("listening to speech", port=port, languages=sorted(recogniser.languages), **limits)
            await stop.wait()
