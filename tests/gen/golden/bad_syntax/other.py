from bad_syntax.idl import Arith
