"""Messages on which two readers would soonest differ: what is judged first, what is overlooked, odd encodings."""

from typing import Final

from schemas.message_rules import MAX_DEPTH, MAX_ID_LENGTH, MAX_NUMBER_CHARS, MAX_SUCCESSIVE
from schemas.reasons import Quarantined

STAMP_MS: Final = 1_644_227_574_000
EMOJI: Final = "😀"


def reading(
    measurements: str = '{"hr":72}', *, user_id: str = '"a"', timestamp: str = str(STAMP_MS), sensor_id: str = '"w"'
) -> str:
    """A good reading, but for the members given as JSON text."""
    return f'{{"timestamp":{timestamp},"user_id":{user_id},"sensor_id":{sensor_id},"measurements":{measurements}}}'


def _whole(rest: str = "") -> bytes:
    return reading().encode() + rest.encode()


def _named(user_id: bytes) -> bytes:
    return reading(user_id='"USER"').encode().replace(b"USER", user_id)


def _stamped(timestamp: str) -> bytes:
    return reading(timestamp=timestamp).encode()


def _measured(heart_rate: str) -> bytes:
    return reading(f'{{"hr":{heart_rate}}}').encode()


BAD_IDS: Final = (
    *(
        b"",
        b"x" * (MAX_ID_LENGTH + 1),
        b"a\\u001b[2J",
        b"\\u0000",
        b"a\\nb",
        b"a\x7f",
        "a\u0085".encode(),
        b"\\u009b2J",
    ),
    *("a\u2028".encode(), b"\\u2029", "a\u202eb".encode(), b"\\u2066a", "\u200fa".encode(), "\u061c".encode()),
    *(b"\\ud83d", b"\\ude00\\ud83d", "\ufeffa".encode(), EMOJI.encode() * (MAX_ID_LENGTH + 1)),
)
"""Of no length, too long, or with a character that a terminal obeys, that hides, or that is none."""

REJECTED: Final[dict[Quarantined, tuple[bytes, ...]]] = {
    Quarantined.MALFORMED_JSON: (
        *(b'{"mood":nope}', b'{"mood":1.}', b'{"mood" 1}', b'{"mood', b'{"mood":}', b'{"mo\tod":1}', b'{"mood":nullx}'),
        *('{"mood":nullé}'.encode(), b'{"mood":1,', b'{"mood":1,}', b'{"mood":"never closed', b'{"user_id":"a\\q"}'),
        *(b'{"measurements":{"hr":72,"hr":x}}', b'{"measurements":{"hr":72,}}', b'{"measurements":{"hr":72]'),
        *(b"72.5x", b"72.5 x", b"nullx", b"null,", b"tru", b"-", b"01", b" ", b"[1", b'"never closed', b"// none\n{}"),
        *(
            _whole("x"),
            _whole("}"),
            _whole("{}"),
            _whole("\x0c"),
            _whole("\x00"),
            _whole("\u2028"),
            b"\xc2\xa0" + _whole(),
        ),
        *(
            _measured("[800,]"),
            _measured("+1"),
            _measured(".5"),
            _measured("1e"),
            _measured("0x48"),
            _measured("1_000"),
        ),
        *(_measured("NaN"), _measured("-Infinity"), _measured("--1"), _measured("'72'"), _measured("\u0662")),
        *(_measured("9" * (MAX_NUMBER_CHARS + 1)), _measured("72." + "0" * (MAX_NUMBER_CHARS - 2))),
        *(_measured("[" * 10_000), _measured("[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1))),
        *(_named(text) for text in (b"\xc0\x80", b"\xc1\xb2", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xff", b"\x80")),
        *(_named(text) for text in (b"\xed\xa0\xbd\xed\xb8\x80", b"\xf4\x90\x80\x80", b"\xc3", b"\xe2\x82", b"a\nb")),
        *(_named(text) for text in (b"\\u12", b"\\ud83", b"\\u00_1", b"\\U0041", b"\\x41", b"\\'")),
        *(
            _whole().decode().encode(encoding)
            for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
        ),
    ),
    Quarantined.NOT_AN_OBJECT: (b"null", b"72.5", b'"text"', b"[[[]]]", b"[" + reading().encode() + b"]", b" true "),
    Quarantined.UNKNOWN_FIELD: (
        *(b'{"mood":1}', b'{"mood":null}', b'{"user_id":7,"mood":1}', b'{"user_id":"a","user_id":"a","mood":1}'),
        *(b'{"measurements":{"glucose":1}}', b'{"measurements":{"hr":"x","hr":1,"glucose":[]}}', b'{"\\ud83d":1}'),
        *(b'{"measurements":7,"measurements":{"glucose":1}}', b'{"%s":1}' % (b"b" * 60_000), b'{"User_id":"a"}'),
        b'{"mood":%s1%s}' % (b"[" * (MAX_DEPTH - 1), b"]" * (MAX_DEPTH - 1)),
    ),
    Quarantined.DUPLICATE_FIELD: (
        *(b'{"user_id":"a","user_id":7}', b'{"user_id":7,"user_id":"a"}', b'{"user_id":"a","user\\u005fid":"a"}'),
        *(b'{"measurements":{"hr":72,"hr":"x"}}', b'{"timestamp":1,"timestamp":2}', b'{"timestamp":"","timestamp":1}'),
        *(reading('{"hr":null,"hr":72}').encode(), reading('{"ibi":[800],"ibi":800}').encode()),
    ),
    Quarantined.WRONG_TYPE: (
        *(
            b'{"user_id":7}',
            b'{"user_id":null}',
            b'{"sensor_id":{}}',
            b'{"measurements":"hr"}',
            b'{"measurements":null}',
        ),
        *(_stamped(f"{STAMP_MS}.0"), _stamped("1e12"), _stamped("null"), _stamped("[1]")),
        *(
            _measured('"72"'),
            _measured("true"),
            _measured("[72]"),
            _measured("{}"),
            reading('{"ibi":[[800]]}').encode(),
        ),
        *(reading('{"ibi":[800,null]}').encode(), reading('{"ibi":["800"]}').encode(), reading('{"ibi":{}}').encode()),
    ),
    Quarantined.MISSING_FIELD: (b"{}", b'{"timestamp":1,"user_id":"a","sensor_id":"w"}'),
    Quarantined.BAD_USER_ID: tuple(_named(text) for text in BAD_IDS),
    Quarantined.BAD_SENSOR_ID: (*(reading('{"hr":999}').encode().replace(b'"w"', b'"%s"' % text) for text in BAD_IDS),),
    Quarantined.BAD_TIMESTAMP: tuple(
        _stamped(f'"{text}"')
        for text in (
            *("2022-02-07T10:00:00+0000", "2022-02-07T24:00:00Z", "2022-02-07T23:59:60Z", "2022-02-07 10:00:00Z", "-1"),
            *("2022-02-07T10:00:00.1234567890Z", "2022-02-07T10:00.5Z", "2022-02-07T10:00:00,5Z", "0000-01-01T00:00Z"),
            *("+2022-02-07T10:00:00Z", "12022-02-07T10:00:00Z", "2023-02-29T10:00:00Z", "2022-02-07T10:00:00.Z", ""),
            *("2022-02-07T10:00:00", "2022-02-07", "1650000000", "2022-02-07T10:00:00+01:00", "2022-02-07T10:00:00+00"),
            *("2022-02-07T10:60:00Z", "2022-00-07T10:00:00Z", "2022-02-07T10:00:00Z\\n", "٢٠٢٢-02-07T10:00Z", "now"),
        )
    ),
    Quarantined.ABSURD_TIMESTAMP: (
        _stamped("9" * 400),
        _stamped("-0"),
        _stamped("-" + "9" * 19),
        _stamped(str(1 << 64)),
    ),
    Quarantined.NO_MEASUREMENTS: (
        *(
            _measured("255"),
            _measured("255.0"),
            _measured("2.55e2"),
            _measured("-0.0"),
            _measured("-1"),
            _measured("511"),
        ),
        *(reading(f'{{"ibi":{text}}}').encode() for text in ("[]", "[65535]", "[800,0]", "[9999,-1]", "0", "65535")),
        *(reading('{"spo2":127,"hr":0,"hrv":0,"ibi":null}').encode(), reading('{"spo2":0}').encode()),
    ),
    Quarantined.OUT_OF_RANGE: (
        *(_measured("9" * MAX_NUMBER_CHARS), _measured("1e400"), _measured("254e2")),
        *(
            reading('{"ibi":[199.9]}').encode(),
            reading('{"ibi":[9999,0,800]}').encode(),
            reading('{"temp":-1}').encode(),
        ),
        *(reading('{"ibi":[1e400,800]}').encode(), reading('{"ibi":[%s800]}' % ("800," * MAX_SUCCESSIVE)).encode()),
        reading('{"hr":255,"gsr":999}').encode(),
    ),
}
"""By the reason that each must get; all have the key `a`."""

ACCEPTED: Final[tuple[tuple[str, bytes], ...]] = (
    ("a", b"\r\n " + _whole(" \n\t")),
    ("a", reading().replace("user_id", "user\\u005fid").encode()),
    ("a", reading('{"\\u0068\\u0072":72}').encode()),
    ("a", reading('{"acc_x":-0,"acc_y":-0.0,"temp":0,"gsr":0}').encode()),
    ("a", _measured("7.2E+1")),
    ("a", _measured("72." + "0" * (MAX_NUMBER_CHARS - 3))),
    ("a", _measured("33.000000000000003552713678800501")),
    ("a", reading('{"hr":0,"gsr":0.42}').encode()),
    ("a", reading('{"ibi":[800,65535,810.5,820.25],"hr":72,"spo2":127}').encode()),
    ("a", reading('{"ibi":[%s4000]}' % ("200.5," * (MAX_SUCCESSIVE - 1))).encode()),
    *(
        ("a", _stamped(f'"{text}"'))
        for text in ("2022-02-07T10:00Z", "2022-02-07t10:00:00.1z", "2022-02-07T10:00:00.123999999-00:00")
    ),
    *((EMOJI, _named(text)) for text in (b"\\ud83d\\ude00", EMOJI.encode())),
    (EMOJI * MAX_ID_LENGTH, _named((EMOJI * MAX_ID_LENGTH).encode())),
    *((text, _named(text.encode())) for text in ("a b", "\u0646\u200c\u0627", "👩\u200d🚀", "\ufffd", "\u00a0", "~")),
)
"""User and message; the key is the user."""
