from typing import Annotated, Protocol

from attrs import define
from rpcgen.types import GoType, embedded, interface, json_tag, length, wire


@define
class Circle:
    radius: float


@define
class Marked:
    one: Annotated[int, length(3)]
    two: Annotated[list[Annotated[list[int], length(3)]], length(2)]
    three: Annotated[Annotated[list[int], length(3)], length(2)]
    four: Annotated[list[int], length]
    five: Annotated[int, wire]
    six: Annotated[int, GoType("int7")]
    seven: Annotated[int, json_tag("seven,inline")]
    eight: Annotated[int, embedded]
    nine: Annotated[int, interface]
    ten: Annotated[Circle, interface]


class Service(Protocol):
    def marked(self, marked: Marked) -> None: ...
