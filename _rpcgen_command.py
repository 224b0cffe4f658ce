"""The script ``rpcgen``, which Ctrl-C ends quietly from its first moment to its last.

A module beside the package, since to import one inside of it imports the package,
which takes a while: an interrupt in that while would be an exception of whatever
module is just being imported.
"""

from __future__ import annotations

import signal

__all__ = ["main"]


def main() -> int:
    """Run the command.

    Returns:
        Exit status; see `rpcgen.cli.main`.
    """
    # Not where the shell has Ctrl-C ignored, as for a program in the background.
    is_interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_interruptible:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # while there is nothing to tidy up
    from rpcgen.cli import main as run

    if not is_interruptible:
        return run()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return run()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
