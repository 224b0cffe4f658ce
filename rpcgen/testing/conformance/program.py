"""`Program`: a codec under test, as a program that is run for each stream."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from attrs import frozen

from .peer import CaseError

__all__ = ["Done", "Program"]


@frozen
class Done:
    """End of a run.

    Attributes:
        status: Exit status; the negated number of a signal that has ended it.
        output: What it has written to standard output.
        said: What it has written to standard error.
    """

    status: int
    output: bytes
    said: str


@frozen
class Program:
    """A program that decodes what comes on standard input, and encodes it again on standard output.

    Attributes:
        command: Program and arguments.
        timeout: Maximum time in seconds of a run.
    """

    command: Sequence[str]
    timeout: float

    def run(self, stream: bytes, piece: int | None = None) -> Done:
        """Show it a stream.

        Args:
            stream: What it reads, and then the end.
            piece: Number of bytes of each write; None: all at once.

        Raises:
            CaseError: It does not end in time.
            OSError: It cannot be run.
        """
        with subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            try:
                assert process.stdin is not None
                while piece and stream:
                    process.stdin.write(stream[:piece])
                    process.stdin.flush()
                    stream = stream[piece:]
                output, said = process.communicate(stream, self.timeout)
            except BrokenPipeError as error:
                raise CaseError("it ends before it has read everything") from error
            except subprocess.TimeoutExpired:
                raise CaseError(f"it has not ended within {self.timeout:g} s") from None
            finally:
                process.kill()
        return Done(process.returncode, output, said.decode(errors="replace").strip())
