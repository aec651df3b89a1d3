"""Numbers, shares and lengths of time as people read them, in the digits of their language."""

from foundation.settings import Language

NO_FIGURE = "–"
PERSIAN = "۰۱۲۳۴۵۶۷۸۹"
ARABIC = "٠١٢٣٤٥٦٧٨٩"
LATIN = "0123456789"
_TO_PERSIAN = str.maketrans(LATIN, PERSIAN)
_TO_LATIN = str.maketrans(PERSIAN + ARABIC, LATIN * 2)
_MARKS: dict[Language, tuple[str, str]] = {"fa": ("٬", "٫"), "tr": (".", ","), "en": (",", ".")}
"""The marks between thousands and before decimals."""


def persian_digits(text: str) -> str:
    return text.translate(_TO_PERSIAN)


def latin_digits(text: str) -> str:
    """Persian and Arabic digits as 0–9; everything else stays."""
    return text.translate(_TO_LATIN)


def digits(text: str, language: Language) -> str:
    """`text` with its digits as `language` writes them."""
    return persian_digits(text) if language == "fa" else text


def number_text(value: float, language: Language, decimals: int = 0) -> str:
    """`12345.6` with one decimal is `12,345.6`, `12.345,6` in Turkish, `۱۲٬۳۴۵٫۶` in Persian."""
    thousands, point = _MARKS[language]
    plain = f"{value:,.{decimals}f}".replace(",", "\0").replace(".", point).replace("\0", thousands)
    return digits(plain, language)


def percent_text(ratio: float | None, language: Language, decimals: int = 1) -> str:
    """A ratio from 0 to 1 in per cent; never rounded up to 100 nor down to 0, and a dash when there is no figure."""
    if ratio is None:
        return NO_FIGURE
    value = ratio * 100
    step = 10.0**-decimals
    if 0 < ratio < 1:
        value = min(max(round(value, decimals), step), 100 - step)
    number = number_text(value, language, decimals)
    return {"fa": f"{number}٪", "tr": f"%{number}", "en": f"{number}%"}[language]


def duration_text(seconds: float | None, language: Language) -> str:
    """Minutes and seconds, with hours from an hour on: `2:05` (`۲:۰۵`), `1:02:05`; a dash when there is no figure."""
    if seconds is None:
        return NO_FIGURE
    whole = round(abs(seconds))
    sign = "-" if seconds < 0 and whole else ""
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    plain = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    return digits(sign + plain, language)
