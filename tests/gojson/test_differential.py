"""Our JSON beside that of Go's ``encoding/json``: the same bytes, and the same readings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rpcgen.errors import DecodeError, EncodeError
from rpcgen.gojson.decode import decode
from rpcgen.gojson.encode import encode
from rpcgen.gojson.parse import parse
from rpcgen.schema import schema_of

from .kinds import KINDS
from .oracle import Answer, JsonOracle
from .strategies import VALUES

# The process has no memory of what it was asked before.
SHARED = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None
)


@pytest.fixture(scope="module")
def oracle() -> Iterator[JsonOracle]:
    with JsonOracle() as oracle:
        yield oracle


@pytest.mark.parametrize("kind", VALUES)
def test_text_is_that_of_go(oracle: JsonOracle, kind: str) -> None:
    schema = schema_of(KINDS[kind])

    @SHARED
    @given(VALUES[kind])
    def check(value: Any) -> None:
        text = encode(schema, value)
        assert oracle.ask(kind, text) == Answer(text)

    check()


@pytest.mark.parametrize("exponent", range(-149, 128))
def test_powers_of_two_are_those_of_go(oracle: JsonOracle, exponent: int) -> None:
    text = encode(schema_of(KINDS["float32"]), 2.0**exponent)
    assert oracle.ask("float32", text) == Answer(text)


TEXTS = """
5 -5 0 -0 1.5 -1 300 1e3 1.0 1e40 "x" "" true false null [] {} [null] "5" "1" 99999999999999999999
[1,2,3] [1] [1,2,3,4,5] ["a"] [["x"]] [[["x"]]] {"x":1} {"300":1} {"05":1} {"+5":1} {"-0":1} {"a":1}
{"1":"x"} {"a":{"b":"x"}} {"1.5":2} {"1.2.3.4":1} {"1":1,"-70000":2} {"good":1} {"\\u0020\\u0035":1}
"AQL/" "AQL_" "AQ" "A\\nQ==" "AR==" "AQ=="  "AQ===" "=" "AQ==AQ=="
{"row":1,"COLUMN":2,"x":[{}]} {"Row":1,"row":2} {"row":1,"Row":2} {"r_ow":1} {"Row":1.5}
{"Row":"x","Column":"y"} {"Row":null} {"R\u043ew":1} {"number\u017f":[1]}
{"NUMBERS":[1],"numbers":[2]}
{"Nested":[{"k":{"Row":1}},{"k":{"Row":"x"}}]} {"Nested":[5]} {"Nested":{"k":1}} {"Vector":[1]}
{"Vector":[1,2,3,4,"x"]} {"Digest":[1,256]} {"Digest":"AQID"} {"Octets":[1,2]} {"Small":"AQI="}
{"Ages":{"k":null}} {"Ages":{"k":"x"}} {"Words":[1]} {"Words":[null,"a"]} {"Numbers":[1,[2]]}
{"Left":{"Left":{"Value":"x"}}} {"Others":[{},{"Value":true}]} {"Left":null} {"Left":[]}
{"I8":128} {"I8":-129} {"U8":-1} {"U64":18446744073709551616} {"F32":1e39} {"F32":16777217}
{"id":5,"Hidden":"x","-":"d","count":3,"<&>":"y"} {"ID":5,"COUNT":1} {"at":null,"any":[1.5,{}]}
{"A":1,"X":true,"deep":3,"B":4,"c":5,"Z":6,"named":{"x":4}} {"a":"x"} {"c":"x"} {"X":5}
{"Middle":{"A":1}} {"Other":{"C":1}} {"named":[]}
"2020-01-02T03:04:05.1234567899Z" "2020-01-02T03:04:05,5Z" "2020-01-02T3:04:05Z"
"2020-01-02T03:04:05+23:59" "2020-01-02T03:04:05+05:60" "2020-01-02T03:04:05-00:00"
"2020-01-02T03:04:05.1+01:30" "2020-02-30T03:04:05Z" "2020-01-02T03:04:60Z" "2020-01-02t03:04:05z"
"2020-01-02T03:04:05.Z" "2020-01-02T24:04:05Z" "2020-01-02T03:04:05+0000" "x" {"Took":1.5}
{"Ident":[1,2]} {"Ident":"x"} {"Color":"x"} {"Color":1} {"Mood":"good"} {"Mood":5} {"Big":1.5}
{"Addr":"::ffff:1.2.3.4","AddrPort":"[fe80::1%eth0]:1","Prefix":"10.1.2.3/8","IP":"1.2.3.4"}
{"Addr":"x"} {"AddrPort":"::1:5"} {"Prefix":"1.2.3.4"} {"IP":"x"} {"Mask":"AQ=="} {"Mask":"!"}
{"Addr":5} {"Rat":"1/3"} {"Rat":"1.25"} {"Rat":"1/0"} {"Rat":5} {"Float":"0.1"} {"Float":"1e10"}
{"Float":"-0"} {"Float":"Inf"} {"Float":"1234567"} {"Float":"123456.789"} {"Float":1} {"Int":"5"}
"\\ud800x\\udc00\\ud83d\\ude00" 1e400 [1e400] {"a":1e400} {"a":[1,-1e400]} 1E400 -1.50e39 1.50
{"nAME":5} {"name":5,"Name":6} {"NAME":1,"name":2} {"\u0131d":1} {"iD":1} {"\u017fmall":"AQI="}
{"\u00e4":1} {"\u00c4":2} {"GRO\u1e9eE":3} {"gro\u00dfE":3} {"grosse":3} {"\u212aey":1}
{"Left":{"Value":1},"Left":{"Others":[{"Value":2}]}} {"Left":{"Value":1},"Left":null}
{"Others":[{"Value":1},{"Value":5}],"Others":[{}],"Others":[{},{}]} {"Row":1,"Row":null}
{"Row":1.5,"Row":2} {"Row":1,"row":"x"} {"Vector":[1,2,3],"Vector":[null,7]}
{"Ages":{"a":1},"Ages":{"b":2}} {"Numbers":[1,2,3],"numbers":[null,7]}
{"Octets":"AQI=","Octets":[null,5]} {"Ages":{"a":1},"Ages":{"a":null}}
{"Others":[{"Value":1}],"Others":[null]} {"Others":[{"Value":1}],"Others":null,"Others":[{}]}
{"pointer":{"Row":1},"pointer":{"Column":2}} {"any":{"x":1},"any":{"y":2}} {"1":1,"01":null,"1":7}
{"a":{"x":{"Row":1}},"a":{"y":{"Row":2}}} {"a":{"x":{"Row":1},"x":{"Column":2}}}
{"Ident":[1,2,3],"Ident":[null,7]} {"A":1,"A":2,"deep":4} {"named":{"A":1},"NAMED":{"X":2}}
{"Big":5,"Big":null,"Color":1,"Color":null}
{"IP":"1.2.3.4","IP":null,"Addr":"1.2.3.4","Addr":null}
{"Time":"2020-01-02T03:04:05Z","Time":null,"Mask":"AQ==","Mask":null} "QUJD=" "QUJD==" "QUI" "QQ="
"Q===" "=QUI" "QUI=QUI=" "QUI=\\n" "QQ=\\n=" "QU\\r\\nI=" "\u00e9" {"IP":"fe80::1%eth0"}
{"IP":"::ffff:1.2.3.4"} {"IP":"01.2.3.4"} {"Addr":"fe80::1%eth0"} {"Addr":"1.2.3.4%x"}
{"Addr":"::ffff:1.2.3.4%x"} {"Addr":"fe80::1%a\\u0000<\\"b"} {"AddrPort":"1.2.3.4:080"}
{"AddrPort":"1.2.3.4:\u0663"} {"AddrPort":"1.2.3.4:+80"} {"AddrPort":"[1.2.3.4]:1"}
{"AddrPort":"[]:80"} {"Prefix":"fe80::1%eth0/64"} {"Prefix":"1.2.3.4/08"} {"Prefix":"1.2.3.4/33"}
{"Prefix":"1.2.3.4/\u0663"} {"Prefix":"1.2.3.4/255.0.0.0"} {"1_0":1} {"0x1p4":1} {"0x_1p4":1}
{"1e400":1} {"nan":1} {"-Inf":1} {"+nan":1} {"Infinity":1} {".5":1} {"5.":1} {"1__0":1} {"_1":1}
{"1_":1} {"1e1_0":1} {"0x1":1} {"":1} {"0x.p1":1} {"1e3":1,"1000":2} {"1":1,"1.0":2}
"2020-01-02T03:04:05+25:00" "2020-01-02T03:04:05+05:61" "2021-02-29T03:04:05Z"
"2020-13-02T03:04:05Z" {"null":1} {"null":"x"} {"null":"x","0":"y"} {"null":"x","a":"y"} {"nulL":1}
{"a~/b":[]} {"1/3":[]} {"/":{"~":[]}} {"IP":5} {"IP":{}} {"IP":[]} {"IP":true} {"IP":""}
""".split()
NUMBERS = """
0x10 1_0 1p3 1/-2 -1/2 +1/2 1/+2 0x10/0b11 017/010 1_0/2_0 0b1.1 0o7.4 0x1.8p1 0x1e3 1e3 1E3 1e+3
1e-3 1.5p2 .5 5. . -.5 +.5 -+5 1__0 _1 1_ 1_.5 1._5 0x_1 0_1 0b 0x 08 010 08/1 0/5 5/0 -0 0 -0/1
+0 1e 1e+ 1e_3 1e3_0 1e3_ 0x1p-2 0b1e3 0o7e2 0x1p3e1 1/2/3 1/ /2 1.5/2 1/2.5 1e2/3 Inf inf +Inf
-inf INF infinity nan NaN 1e4000 1e-4000 1p1000 1p-1000 0b2 0xg 1f 0X1P3 1E0005 0B1 0O7 0_0.5 0e5
0x.8p0 0x.p1 0b1/0o7 0_7/1 0x/1 \u0663 1/\u0663 1\\u0020 1.e3 1.23456789e300 9007199254740993
123456789012345678901
"""
TEXTS += [f'"{text}"' for text in NUMBERS.split()]


def python_answer(kind: str, text: str) -> Answer:
    schema = schema_of(KINDS[kind])
    try:
        return Answer(encode(schema, decode(schema, parse(text))))
    except (DecodeError, EncodeError) as error:
        return Answer(error=str(error))


def comparable(answer: Answer) -> str:
    """Return the text, or Go's error; what Python cannot spell the same way is left out."""
    if not answer.error:
        return answer.text
    if not answer.error.startswith("json: cannot unmarshal"):
        return "some other error"
    return answer.error


# What Python has no value for, or keeps more exactly.
DIFFERENT = {
    ("Color", "300"),
    ("Color", "5"),
    ("Color", "-5"),
    ("Color", "-1"),
    *(("Mood", text) for text in TEXTS),
    *(("map[Color]int", text) for text in TEXTS),
    *(("map[Mood]int", text) for text in TEXTS),
    # In an interface a number is a float64 in Go; here integers are whole.
    *(
        (kind, text)
        for kind in ("any", "map[string]any")
        for text in TEXTS
        if "99999999999999999999" in text or "18446744073709551616" in text
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_texts_are_read_as_by_go(oracle: JsonOracle, kind: str) -> None:
    texts = [text for text in TEXTS if (kind, text) not in DIFFERENT]
    ours = {text: comparable(python_answer(kind, text)) for text in texts}
    assert ours == {text: comparable(oracle.ask(kind, text)) for text in texts}


@pytest.mark.parametrize("kind", ["Containers", "Tree", "Embedding", "Sized"])
def test_broken_texts_are_read_as_by_go(oracle: JsonOracle, kind: str) -> None:
    schema = schema_of(KINDS[kind])

    @SHARED
    @given(VALUES[kind], st.data())
    def check(value: Any, data: st.DataObject) -> None:
        text = encode(schema, value)
        place = data.draw(st.integers(0, len(text)))
        broken = text[:place] + data.draw(st.sampled_from('0"{}[],:x')) + text[place + 1 :]
        ours, theirs = python_answer(kind, broken), oracle.ask(kind, broken)
        assert bool(ours.error) == bool(theirs.error)

    check()
