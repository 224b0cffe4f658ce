from typing import Any, Protocol

from bad_messages_twice.one.common import Point
from bad_messages_twice.two import common


class Points(Protocol):
    def first(self, point: Point) -> Any: ...

    def second(self, point: common.Point) -> None: ...
