from attrs import define

from . import c


@define
class B:
    c: c.C
