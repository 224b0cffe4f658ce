r"""A module with \ a backslash."""

from typing import Protocol


class Documented(Protocol):
    '''A class with """three quotes""" and a \\ backslash.

    Indented:

        code(here)

    - ends with a quote "
    '''

    def backslash(self) -> None:
        r"""Match \d+ and C:\new."""

    def quotes(self) -> None:
        '''"Quoted" is how it begins, and how it "ends"'''

    def unicode(self) -> None:
        """Größe, 大きさ, and a tab:\t, a null: \x00, a bell: \a."""

    def empty(self) -> None:
        """"""

    def spaces(self) -> None:
        """

        Begins late.

           Hangs.

        """

    def backslash_at_end(self) -> None:
        r"""Ends with \ """

    def long(self) -> None:
        """A line of a documentation string that is as long as it may be, which is one hundred."""
