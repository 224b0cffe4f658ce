from dataclasses import InitVar, dataclass
from typing import Protocol

from attrs import define


@dataclass
class Scaled:
    value: float
    unit: InitVar[str]


@define(init=False)
class Bare:
    value: float


@dataclass
class Fixed:
    value: float

    def __init__(self) -> None:
        self.value = 1.0


class Scales(Protocol):
    def read(self, scaled: Scaled, bare: Bare) -> Fixed: ...
