from __future__ import annotations

import datetime
import datetime as dt
from typing import NewType, Optional, Protocol, TypeAlias, Union

import other_modules.deep.common
import other_modules.deep.common as c
from attrs import define
from other_modules.deep import common
from other_modules.stars import *

from .deep.common import Point as P
from .deep.common import Shape

UserID = NewType("UserID", int)
Points: TypeAlias = list[P]


@define
class Outer:
    @define
    class Inner:
        x: int = 0

    inner: Outer.Inner


@define
class Extended(Shape):
    when: Optional[datetime.datetime]


class Everything(c.Base, Protocol):
    def points(self, points: Points) -> "list[P]": ...

    def dotted(self, a: c.Point, b: other_modules.deep.common.Point, c: common.Point) -> UserID: ...

    def times(self, at: dt.datetime, took: datetime.timedelta) -> dt.datetime: ...

    def nested(self, inner: Outer.Inner) -> Union[Extended, "P"]: ...

    def star(self, star: Star) -> "dict[UserID, Points]": ...

    def quoted(self, value: "list['P']") -> "Extended": ...


class _Private(Protocol):
    def hidden(self) -> None: ...


class Visible(_Private, Protocol):
    def more(self) -> None: ...
