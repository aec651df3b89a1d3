"""In which language a page is shown: as the link says, as the user chose, as the browser prefers, as the site is."""

from fastapi import Request

from foundation.settings import LANGUAGES, Language
from foundation.web.site import user_of, web_of

COOKIE = "pasokh-language"
PARAMETER = "lang"


def language_of(request: Request) -> Language:
    user = user_of(request)
    chosen = (
        request.query_params.get(PARAMETER), user.language if user else None, request.cookies.get(COOKIE),
        *preferred(request.headers.get("accept-language", "")),
    )
    return next((known for one in chosen if (known := known_language(one))), web_of(request).settings.site.language)


def known_language(code: str | None) -> Language | None:
    return next((language for language in LANGUAGES if language == code), None)


def preferred(header: str) -> list[str]:
    """The languages of an Accept-Language header, the best first, without their regions."""
    weighed = []
    for number, part in enumerate(header.split(",")[:20]):
        code, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        weighed.append((-weight, number, code.partition("-")[0].lower()))
    return [code for _, _, code in sorted(weighed)]


def direction(language: Language) -> str:
    return "rtl" if language == "fa" else "ltr"
