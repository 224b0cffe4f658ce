from attrs import define


@define
class Point:
    x: int
