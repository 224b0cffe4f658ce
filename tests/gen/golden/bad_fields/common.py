from attrs import define, field


@define
class Base:
    inherited: complex | int


@define
class Shared:
    when: range
    where: "Shared"


@define
class Unused:
    never: iter
