from attrs import define


@define
class Point:
    x: slice
