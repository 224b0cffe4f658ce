from attrs import define

import bad_cycle.a


@define
class C:
    x: int
