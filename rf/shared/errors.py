"""Errors that end a command with one sentence on stderr: one tree, each class with its exit code.

A command raises a subclass that says what is wrong, beside the code that finds it out. Other
packages know no command: what they raise gets its exit code here.
"""
# ruff: noqa: PLC0415 - the modules below are loaded already where one of their errors is raised

from __future__ import annotations

import errno
from typing import ClassVar


class CommandError(Exception):
    """What ends a command; its text is the sentence that the user reads."""

    exit_code: ClassVar[int]


class FailedError(CommandError):
    """The program can't be planned, a check can't be made, or what was asked for was refused."""

    exit_code = 1


class InputError(CommandError):
    """Bad input or usage: an option, a file, a stack's settings, or what this machine lacks."""

    exit_code = 2


def exit_code_of(error: Exception) -> int | None:
    """The exit code that an error stands for; None for a defect, which deserves its traceback."""
    if isinstance(error, CommandError):
        return error.exit_code
    if is_disk_full(error):
        return FailedError.exit_code
    if isinstance(error, ImportError):
        return None
    return _exit_code_of_another_package(error)


def is_disk_full(error: BaseException) -> bool:
    """Whether no space is left, or none of a quota."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _exit_code_of_another_package(error: Exception) -> int | None:
    from scaleplan.config.mistakes import InvalidSettings

    if isinstance(error, InvalidSettings):
        return InputError.exit_code
    import pulumi

    from policy.rules.shared.exceptions import ExceptionInputError
    from scaleplan.capacity.summary import CapacityRisk

    if isinstance(error, pulumi.RunError):  # how the program refuses settings, or a risk
        risk = isinstance(error.__cause__, CapacityRisk)
        return FailedError.exit_code if risk else InputError.exit_code
    return InputError.exit_code if isinstance(error, ExceptionInputError) else None
