"""Types of Go's standard library that services are known to use, and a few from elsewhere.

Those with a counterpart in `rpcgen.types` or Python are in `KNOWN`; the others are
declarations, of which only what travels is there.
"""

from __future__ import annotations

from typing import Final

from attrs import frozen

from ....protocol.reflection import Kind

__all__ = ["KNOWN", "SELF_ENCODING", "STANDARD_SOURCES", "KnownType", "is_standard"]


@frozen
class KnownType:
    """A type that Python has a counterpart of.

    Attributes:
        kind: Kind in a description.
        name: Name in a description.
        python: Counterpart in Python.
        encoding: Interface of Go's that encodes it, for kinds that encode themselves.
    """

    kind: Kind
    name: str
    python: str
    encoding: str = ""


_UUID: Final = KnownType(Kind.OPAQUE, "uuid.UUID", "UUID", "binary")

# Types with a counterpart, by path of the package and name.
KNOWN: Final[dict[tuple[str, str], KnownType]] = {
    ("time", "Time"): KnownType(Kind.OPAQUE, "time.Time", "datetime", "gob"),
    ("time", "Duration"): KnownType(Kind.INT64, "time.Duration", "timedelta"),
    ("math/big", "Int"): KnownType(Kind.OPAQUE, "big.Int", "int", "gob"),
    ("math/big", "Float"): KnownType(Kind.OPAQUE, "big.Float", "BigFloatValue", "gob"),
    ("math/big", "Rat"): KnownType(Kind.OPAQUE, "big.Rat", "Fraction", "gob"),
    ("net", "IP"): KnownType(Kind.BYTES, "net.IP", "bytes"),
    ("net", "IPMask"): KnownType(Kind.BYTES, "net.IPMask", "bytes"),
    ("net", "HardwareAddr"): KnownType(Kind.BYTES, "net.HardwareAddr", "bytes"),
    ("net/netip", "Addr"): KnownType(Kind.OPAQUE, "netip.Addr", "", "binary"),
    ("net/netip", "AddrPort"): KnownType(Kind.OPAQUE, "netip.AddrPort", "AddrPort", "binary"),
    ("net/netip", "Prefix"): KnownType(Kind.OPAQUE, "netip.Prefix", "", "binary"),
    ("net/url", "URL"): KnownType(Kind.OPAQUE, "url.URL", "str", "binary"),
    ("github.com/google/uuid", "UUID"): _UUID,
    ("github.com/gofrs/uuid", "UUID"): _UUID,
    ("github.com/gofrs/uuid/v5", "UUID"): _UUID,
    ("github.com/satori/go.uuid", "UUID"): _UUID,
}

# Methods by which those encode themselves, which a struct that embeds one has as well.
SELF_ENCODING: Final[dict[str, tuple[str, ...]]] = {
    "time.Time": ("GobEncode", "MarshalBinary", "MarshalJSON", "MarshalText"),
    "big.Int": ("GobEncode", "MarshalJSON", "MarshalText"),
    "big.Float": ("GobEncode", "MarshalText"),
    "big.Rat": ("GobEncode", "MarshalText"),
    "net.IP": ("MarshalText",),
    "netip.Addr": ("MarshalBinary", "MarshalText"),
    "netip.AddrPort": ("MarshalBinary", "MarshalText"),
    "netip.Prefix": ("MarshalBinary", "MarshalText"),
    "url.URL": ("MarshalBinary",),
    "uuid.UUID": ("MarshalBinary", "MarshalText"),
}

# Declarations by path of the package.
STANDARD_SOURCES: Final[dict[str, str]] = {
    "context": "type Context interface { Done() <-chan struct{}; Err() error }",
    "crypto/tls": "type Config struct { _ int }",
    "database/sql": """
type NullBool struct { Bool bool; Valid bool }
type NullByte struct { Byte byte; Valid bool }
type NullFloat64 struct { Float64 float64; Valid bool }
type NullInt16 struct { Int16 int16; Valid bool }
type NullInt32 struct { Int32 int32; Valid bool }
type NullInt64 struct { Int64 int64; Valid bool }
type NullString struct { String string; Valid bool }
type NullTime struct { Time time.Time; Valid bool }
type Null[T any] struct { V T; Valid bool }
""",
    "encoding/json": """
type RawMessage []byte
func (m RawMessage) MarshalJSON() ([]byte, error)
type Number string
""",
    "fmt": "type Stringer interface { String() string }",
    "go/token": """
type Pos int
type Position struct { Filename string; Offset, Line, Column int }
""",
    "html/template": "type HTML string\ntype JS string\ntype URL string\ntype CSS string",
    "io": """
type Reader interface { Read(p []byte) (n int, err error) }
type Writer interface { Write(p []byte) (n int, err error) }
type Closer interface { Close() error }
type ReadCloser interface { Reader; Closer }
type ReadWriteCloser interface { Reader; Writer; Closer }
""",
    "io/fs": """
type FileMode uint32
type FileInfo interface { Name() string; Size() int64 }
""",
    "log/slog": """
type Level int
func (l Level) MarshalJSON() ([]byte, error)
func (l Level) MarshalText() ([]byte, error)
const (
	LevelDebug Level = -4
	LevelInfo  Level = 0
	LevelWarn  Level = 4
	LevelError Level = 8
)
""",
    "math": """
const (
	MaxInt8   = 1<<7 - 1
	MinInt8   = -1 << 7
	MaxInt16  = 1<<15 - 1
	MinInt16  = -1 << 15
	MaxInt32  = 1<<31 - 1
	MinInt32  = -1 << 31
	MaxInt64  = 1<<63 - 1
	MinInt64  = -1 << 63
	MaxInt    = 1<<63 - 1
	MinInt    = -1 << 63
	MaxUint8  = 1<<8 - 1
	MaxUint16 = 1<<16 - 1
	MaxUint32 = 1<<32 - 1
	MaxUint64 = 1<<64 - 1
	MaxUint   = 1<<64 - 1
)
""",
    "math/big": "type Accuracy int8\ntype RoundingMode byte\ntype Word uint",
    "net": """
type Addr interface { Network() string; String() string }
type IPNet struct { IP IP; Mask IPMask }
type IPAddr struct { IP IP; Zone string }
type TCPAddr struct { IP IP; Port int; Zone string }
type UDPAddr struct { IP IP; Port int; Zone string }
type UnixAddr struct { Name string; Net string }
type MX struct { Host string; Pref uint16 }
type NS struct { Host string }
type SRV struct { Target string; Port, Priority, Weight uint16 }
type Flags uint
type Interface struct { Index, MTU int; Name string; HardwareAddr HardwareAddr; Flags Flags }
""",
    "net/http": """
type Header map[string][]string
type SameSite int
const (
	SameSiteDefaultMode SameSite = iota + 1
	SameSiteLaxMode
	SameSiteStrictMode
	SameSiteNoneMode
)
type ConnState int
""",
    "net/mail": "type Address struct { Name, Address string }\ntype Header map[string][]string",
    "net/rpc": """
type Server struct { _ int }
type Client struct { _ int }
func NewServer() *Server
""",
    "net/textproto": "type MIMEHeader map[string][]string",
    "net/url": "type Values map[string][]string\ntype Userinfo struct { _ int }",
    "os": """
type FileMode = fs.FileMode
type FileInfo = fs.FileInfo
type Signal interface { String() string; Signal() }
""",
    "os/user": "type User struct { Uid, Gid, Username, Name, HomeDir string }",
    "reflect": """
type Kind uint
const (
	Invalid Kind = iota
	Bool
	Int
	Int8
	Int16
	Int32
	Int64
	Uint
	Uint8
	Uint16
	Uint32
	Uint64
	Uintptr
	Float32
	Float64
	Complex64
	Complex128
	Array
	Chan
	Func
	Interface
	Map
	Pointer
	Slice
	String
	Struct
	UnsafePointer
)
""",
    "sort": """
type IntSlice []int
type Float64Slice []float64
type StringSlice []string
""",
    "sync": """
type Mutex struct { _ int }
type RWMutex struct { _ int }
type WaitGroup struct { _ int }
type Once struct { _ int }
type Cond struct { _ int }
type Pool struct { _ int }
type Map struct { _ int }
""",
    "syscall": "type Signal int\ntype Errno uintptr",
    "time": """
const (
	Nanosecond  Duration = 1
	Microsecond          = 1000 * Nanosecond
	Millisecond          = 1000 * Microsecond
	Second               = 1000 * Millisecond
	Minute               = 60 * Second
	Hour                 = 60 * Minute
)
type Location struct { _ int }
type Month int
const (
	January Month = 1 + iota
	February
	March
	April
	May
	June
	July
	August
	September
	October
	November
	December
)
type Weekday int
const (
	Sunday Weekday = iota
	Monday
	Tuesday
	Wednesday
	Thursday
	Friday
	Saturday
)
""",
}

_IMPORTED: Final = {"database/sql": "time", "os": "io/fs"}

for _path, _other in _IMPORTED.items():
    STANDARD_SOURCES[_path] = f'import "{_other}"\n{STANDARD_SOURCES[_path]}'


def is_standard(path: str) -> bool:
    """Return True for a package of the standard library: its path has no host.

    Args:
        path: Path of an import.
    """
    first = path.partition("/")[0]
    return "." not in first and first in _TOP_FOLDERS


# First parts of the paths of the standard library.
_TOP_FOLDERS: Final = frozenset(
    """
    archive arena bufio bytes cmp compress container context crypto database debug embed encoding
    errors expvar flag fmt go hash html image index io iter log maps math mime net os path plugin
    reflect regexp runtime slices sort strconv strings structs sync syscall testing text time
    unicode unique unsafe weak
    """.split()
)
