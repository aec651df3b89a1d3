"""Which province each caller is from: by the area code of a fixed line, else by what his follow-ups tell."""

from collections.abc import Iterable, Mapping

from followups.cases.caller_provinces import provinces_of_callers
from foundation.provinces import UNKNOWN, load_provinces, province_of
from reports.frame.report import Context


async def caller_provinces(context: Context, numbers: Iterable[str]) -> Mapping[str, str]:
    """The province of each number; of those that nobody knows, `unknown`."""
    codes, wanted = load_provinces(), set(numbers)
    found = {number: province for number in wanted if (province := province_of(number, codes))}
    others = wanted - found.keys()
    told: Mapping[str, str] = {}
    if others and context.has_main:
        async with context.main() as main:
            told = await provinces_of_callers(main, others)
    return {number: found.get(number) or told.get(number, UNKNOWN) for number in wanted}
