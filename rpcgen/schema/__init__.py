"""The shape of a value on the wire: what travels, what Go calls it, what Python makes of it.

`schema_of` turns an annotation into a `Schema`; codecs turn a `Schema` into
functions that encode and decode. Nothing here knows a codec.

The kinds are those of Go's type system:

=============  ================================  ==============================
kind           Go                                Python
=============  ================================  ==============================
`Bool`         ``bool``                          ``bool``
`Int`          ``int``, ``int8`` ... ``int64``   ``int``
`Uint`         ``uint``, ``uint8`` ...           ``int``
`Float`        ``float64``, ``float32``          ``float``
`Complex`      ``complex128``, ``complex64``     ``complex``
`String`       ``string``                        ``str``
`Bytes`        ``[]byte``                        ``bytes``
`Slice`        ``[]T``                           ``list[T]``, ``tuple[T, ...]``,
                                                 ``Sequence[T]``
`Array`        ``[4]T``                          the same (or ``bytes``) with
                                                 ``length(4)``; ``uuid.UUID``
                                                 with ``length(16)``
`Map`          ``map[K]V``                       ``dict[K, V]``
`Struct`       ``struct``                        an attrs class or dataclass
`Pointer`      ``*T``                            ``T | None``
`Interface`    ``interface{}``                   ``Any``, a union of messages
`Enum`         a named ``int`` or ``string``     ``IntEnum``, ``StrEnum``
`Duration`     ``time.Duration``                 ``timedelta``
`Opaque`       a type that encodes itself        ``datetime``, ``BigInt``,
                                                 ``uuid.UUID``, a class with
                                                 ``gob_encode``
`Empty`      ``struct{}``                      ``None``
`Converted`    that of another kind              ``set[T]``, ``Mapping[K, V]``,
                                                 ``Literal["a", "b"]``
=============  ================================  ==============================
"""

from .classes import (
    Attribute,
    attributes_of,
    check_bases,
    is_generic,
    is_message,
    substituted,
    type_arguments,
)
from .fields import names_in, wire_name_in
from .gostdlib import uuid_form, uuid_of
from .infer import schema_for
from .kinds import (
    UNTYPED,
    Array,
    Bool,
    Bytes,
    Complex,
    Converted,
    Duration,
    Empty,
    Enum,
    Field,
    Float,
    Int,
    Interface,
    Map,
    Opaque,
    Pointer,
    Schema,
    Slice,
    String,
    Struct,
    Uint,
    Untyped,
    is_infinite,
)
from .resolve import field_of, schema_of

__all__ = [
    "Array",
    "Attribute",
    "Bool",
    "Bytes",
    "Complex",
    "Converted",
    "Duration",
    "Enum",
    "Field",
    "Float",
    "Int",
    "Interface",
    "Map",
    "Empty",
    "Opaque",
    "Pointer",
    "Schema",
    "Slice",
    "String",
    "Struct",
    "UNTYPED",
    "Uint",
    "Untyped",
    "attributes_of",
    "check_bases",
    "field_of",
    "is_generic",
    "is_infinite",
    "is_message",
    "names_in",
    "schema_for",
    "schema_of",
    "substituted",
    "type_arguments",
    "uuid_form",
    "uuid_of",
    "wire_name_in",
]
