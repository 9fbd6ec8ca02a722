"""Errors that are the user's to mend: the command line prints their message alone, without a traceback."""


class UserError(Exception):
    """Something in the user's files, settings or data is wrong; the message says what, where and what to do."""
