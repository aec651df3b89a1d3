"""What stands above the reports about callers."""

from reports.frame.report import Context


def balance_text(context: Context, offered: int, *, balanced: bool) -> str:
    """Whether they balance."""
    return context.texts("report.balanced", offered=offered) if balanced else context.texts(
        "report.unbalanced", rows=1)
