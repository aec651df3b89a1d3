"""Gives a recording's sound to a player: whole or in parts, decrypted in memory, kept by nobody on the way."""

from typing import Final

from fastapi import Request, Response

from foundation.web.site import Web, web_of
from quality.ranges import UnsatisfiableRangeError, wanted_part
from quality.refusals import SoundDamagedError, SoundMissingError, SoundSealedError
from recordings.sound import BrokenSoundError, Sound, SoundGoneError, SoundLockedError, read_sound
from recordings.store import Recording

_HEADERS: Final = {
    "accept-ranges": "bytes",
    "cache-control": "private, no-store",
    "content-encoding": "identity",  # packed a second time, its parts would be parts of something else
    "content-disposition": "inline",
}


async def load_sound(web: Web, recording: Recording) -> Sound:
    """
    Raises:
        SoundMissingError, SoundSealedError, SoundDamagedError
    """  # noqa: D212
    try:
        return await read_sound(web.home, web.settings, recording)
    except SoundGoneError as error:
        raise SoundMissingError(recording=recording.id[:80]) from error
    except SoundLockedError as error:
        raise SoundSealedError(recording=recording.id[:80]) from error
    except BrokenSoundError as error:
        raise SoundDamagedError(recording=recording.id[:80]) from error


async def sound_response(request: Request, recording: Recording) -> Response:
    """The sound, or the part that is asked for. Whoever calls this has made sure that it may be heard.

    Raises:
        SoundMissingError, SoundSealedError, SoundDamagedError
    """
    sound = await load_sound(web_of(request), recording)
    tag = f'"{(recording.sound_sha256 or recording.sha256)[:32]}-{sound.codec.value}"'
    return part_response(request, sound.content, sound.media_type, tag)


def part_response(request: Request, content: bytes, media_type: str, tag: str) -> Response:
    """200, 206 or 416, by the request's Range and If-Range."""
    size, headers = len(content), {**_HEADERS, "etag": tag}
    asked = request.headers
    try:
        part = wanted_part(asked.get("range"), asked.get("if-range"), tag, size)
    except UnsatisfiableRangeError:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{size}"})
    if part is None:
        return Response(content, 200, headers, media_type)
    headers["content-range"] = f"bytes {part.first}-{part.last}/{size}"
    return Response(content[part.first : part.last + 1], 206, headers, media_type)


__all__ = ["load_sound", "part_response", "sound_response"]
