"""Messages on which two JSON readers would soonest differ: what is read first, what is overlooked, odd encodings."""

from typing import Final

from schemas.reasons import MAX_ID_LENGTH, Quarantined

STAMP_MS: Final = 1_644_227_574_000
EMOJI: Final = "😀"


def reading(
    measurements: str = '{"hr":72}', *, user_id: str = '"a"', timestamp: str = str(STAMP_MS), sensor_id: str = '"w"'
) -> str:
    """A good reading, but for the members given as JSON text."""
    return f'{{"timestamp":{timestamp},"user_id":{user_id},"sensor_id":{sensor_id},"measurements":{measurements}}}'


def _placed(user_id: bytes) -> bytes:
    return reading(user_id='"USER"').encode().replace(b"USER", user_id)


REJECTED: Final[dict[Quarantined, tuple[str, ...]]] = {
    Quarantined.UNKNOWN_FIELD: (
        '{"mood":1,',
        '{"mood":"never closed',
        '{"mood":12x}',
        '{"mood":null}',
        '{"measurements":{"glucose":"never closed',
        '{"%s":1}' % ("b" * 50_000),
    ),
    Quarantined.MALFORMED_JSON: (
        *('{"mood":nope}', '{"mood":1.}', '{"mood" 1}', '{"mood', '{"mood":}', '{"mo\tod":1}', '{"mood":nullx}'),
        *('{"mood":nullé}', '{"user_id":"a\\q","mood":1}', '{"measurements":{"hr":72,"hr":x}}'),
        *('{"measurements":{"hr":72,}}', '{"measurements":{"hr":72]', "72.5x", "nullx", "tru", "-", "01", " "),
        *(reading() + "x", reading() + "}", reading('{"hr":72.%s}' % ("0" * 999)), reading('{"hr":%s}' % ("9" * 1001))),
        '{"%s":1}' % ("b" * 50_001),
    ),
    Quarantined.DUPLICATE_FIELD: (
        '{"user_id":"a","user_id":7}',
        '{"measurements":{"hr":72,"hr":"x"}}',
        '{"timestamp":1,"timestamp":2}',
        reading('{"hr":null,"hr":72}'),
    ),
    Quarantined.WRONG_TYPE: (
        '{"user_id":7,"user_id":"a"}',
        '{"measurements":{"hr":"never closed',
        reading(timestamp=f"{STAMP_MS}.0"),
        reading(timestamp="1e12"),
    ),
    Quarantined.NOT_AN_OBJECT: ("72.5 x", "null,", '"never closed', "[1"),
    Quarantined.OUT_OF_RANGE: (reading('{"hr":%s}' % ("9" * 1000)), reading('{"hr":1e400}')),
    Quarantined.ABSURD_TIMESTAMP: (reading(timestamp="9" * 400), reading(timestamp="-0")),
    Quarantined.BAD_SENSOR_ID: (reading('{"hr":999}', sensor_id='""'),),
    Quarantined.BAD_TIMESTAMP: tuple(
        reading(timestamp=f'"{text}"')
        for text in (
            *("2022-02-07T10:00:00+0000", "2022-02-07T24:00:00Z", "2022-02-07T23:59:60Z", "2022-02-07 10:00:00Z"),
            *("2022-02-07T10:00:00.1234567890Z", "2022-02-07T10:00.5Z", "2022-02-07T10:00:00,5Z", "-0000-01-01T00:00Z"),
            *("+2022-02-07T10:00:00Z", "12022-02-07T10:00:00Z", "+1000000000-01-01T00:00:00Z", "2023-02-29T10:00:00Z"),
        )
    ),
}
"""By the reason that each must get; all have the key `a`."""

ACCEPTED: Final[tuple[tuple[str, bytes], ...]] = (
    ("a", (reading() + " \n\t").encode()),
    ("a", reading().replace("user_id", "user\\u005fid").encode()),
    ("a", reading('{"\\u0068\\u0072":72}').encode()),
    ("a", reading('{"acc_x":-0,"acc_y":-0.0}').encode()),
    ("a", reading('{"hr":7.2E+1}').encode()),
    ("a", reading('{"hr":72.%s}' % ("0" * 998)).encode()),
    ("a", reading('{"hr":33.000000000000003552713678800501}').encode()),
    ("a", b"\xef\xbb\xbf" + reading().encode()),
    *(("a", reading().encode(encoding)) for encoding in ("utf-16-le", "utf-16-be", "utf-16", "utf-32-le")),
    *(
        ("a", reading(timestamp=f'"{text}"').encode())
        for text in ("2022-02-07T10:00Z", "2022-02-07t10:00:00.z", "2022-02-07T10:00:00.123999999-00:00:00")
    ),
    ("r", _placed(b"\xc1\xb2")),
    *((EMOJI, _placed(text)) for text in (b"\\ud83d\\ude00", EMOJI.encode(), b"\xed\xa0\xbd\xed\xb8\x80")),
    (EMOJI * MAX_ID_LENGTH, _placed((EMOJI * MAX_ID_LENGTH).encode())),
)
"""User and message; the key is the user."""
