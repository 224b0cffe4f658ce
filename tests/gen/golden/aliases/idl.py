from typing import Annotated, Dict, List, Optional, Protocol, Tuple, TypeAlias, Union

import rpcgen.types as t
from aliases.common import Names, Scores, Table
from attrs import define

Points: TypeAlias = "list[Point]"
Grid: TypeAlias = list[list["Point"]]
Ident: TypeAlias = Annotated[int, t.wire("ID")]
Shape = Union["Point", "Line"]


@define
class Point:
    x: int
    y: int


@define
class Line:
    points: Points
    ident: Ident


class Old(Protocol):
    __slots__ = ()

    def points(self, points: Points) -> Grid: ...

    def shape(self, shape: Shape) -> List[Shape]: ...

    def typing(self, a: Dict[str, List[int]], b: Optional[Points]) -> Tuple[int, ...]: ...

    def imported(self, names: Names, table: Table) -> Scores: ...

    def sized(self, ident: Ident, octet: t.Uint8 = 0) -> "None": ...
