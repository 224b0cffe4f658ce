from attrs import define


@define
class Star:
    mass: float
