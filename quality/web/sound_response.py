"""Gives a recording's sound to a player: whole or in parts, decrypted in memory, kept by nobody on the way."""

from fastapi import Request, Response

from foundation.web.parts import part_response
from foundation.web.site import Web, web_of
from quality.refusals import SoundDamagedError, SoundMissingError, SoundSealedError
from recordings.sound import BrokenSoundError, Sound, SoundGoneError, SoundLockedError, read_sound
from recordings.store import Recording


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
    tag = f"{(recording.sound_sha256 or recording.sha256)[:32]}-{sound.codec.value}"
    return part_response(request, sound.content, sound.media_type, tag)



__all__ = ["load_sound", "sound_response"]
