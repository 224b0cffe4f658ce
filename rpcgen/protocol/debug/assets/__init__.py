"""Style, script and frame of the debug page.

Style and script are constants, so that the page's Content-Security-Policy names
their hashes and a browser runs nothing else. What a server says of itself stands
in the text and the attributes of the page, never in here.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Final

__all__ = ["CONTENT_SECURITY_POLICY", "PAGE", "SCRIPT", "STYLE"]


def _read(name: str) -> str:
    return files(__name__).joinpath(name).read_text("utf-8")


STYLE: Final = _read("style.css")
SCRIPT: Final = _read("script.js")

# A template of `str.format`: `style`, `script`, `totals`, `services` and `without_script`. Its
# refresh by <meta> is for browsers without JavaScript alone: the script does better.
PAGE: Final = _read("page.html")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        f"style-src {_hash(STYLE)}",
        f"script-src {_hash(SCRIPT)}",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
