from attrs import define


@define
class Args:
    a: int


class Arith:
    def multiply(self, args: Args) -> int: ...
