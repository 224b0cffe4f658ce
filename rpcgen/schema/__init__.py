"""The shape of a value on the wire: what travels, what Go calls it, what Python makes of it."""

from .kinds import *
from .kinds import UNTYPED, Untyped, _known
