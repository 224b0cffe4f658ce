from attrs import define


@define
class Args:
    a: int
