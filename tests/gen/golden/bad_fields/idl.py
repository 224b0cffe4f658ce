from typing import Protocol

from attrs import define, field

from bad_fields.common import Base, Shared


@define
class Derived(Base):
    own: int
    computed: int = field(init=False, default=0)
    untyped = field()


class Service(Protocol):
    def derived(self, value: Derived) -> list[Shared]: ...
