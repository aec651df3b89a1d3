"""supervisor's daemon, made to outlive a full disk.

Its log handlers write their own failures to stderr, which lies on the same disk: the second failure would end the
daemon, and with it every service and every call.
"""

from supervisor import loggers, supervisord


def give_up_the_line(_handler: loggers.Handler) -> None:
    """A line that cannot be written is lost; the services it would tell of are not."""


def main() -> None:
    loggers.Handler.handleError = give_up_the_line
    supervisord.main()


if __name__ == "__main__":
    main()
