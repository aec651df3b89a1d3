"""What the command line answers when it will not do what was asked."""


class RefusedError(Exception):
    """A command cannot be carried out as asked; the text says what, where and what to do."""
