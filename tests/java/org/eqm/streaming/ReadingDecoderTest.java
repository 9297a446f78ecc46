package org.eqm.streaming;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every message is a reading, or has the one reason for which it is none. */
class ReadingDecoderTest {
    private static final long STAMP_MS = 1_644_227_574_000L;
    private static final long APPENDED_MS = 1_900_000_000_000L;
    private static final int DEPTH = 10_000;
    private static final String EMOJI = "\uD83D\uDE00";

    private final ReadingDecoder decoder = new ReadingDecoder(Readings.CONTRACT);

    /** What is wrong, and only that, with a message whose key is {@code a}. */
    static Stream<Arguments> faults() {
        return Stream.of(
                faults("empty_message", ""),
                faults("malformed_json", "  \n", "not json", "\0\1", "tru", "-", "01", "{a:1}"),
                faults("malformed_json", reading() + "x", reading() + "{}", reading().substring(0, 40)),
                faults("malformed_json", measuring("{'hr':72,}"), measuring("{'hr':072}")),
                faults("malformed_json", measuring("{'hr':1.}")),
                faults("malformed_json", measuring("{'hr':NaN}"), measuring("{'hr':-Infinity}")),
                faults("malformed_json", sensed("'wr\nist'"), sensed("'\\q'"), sensed("'\\u00g0'"), sensed("'\\u\uFF1100'")),
                faults("malformed_json", "\uFEFF" + reading(), reading() + "\0", reading() + "\f", "[1", "[1,]", "[,1]"),
                faults("malformed_json", measuring("{'hr':+1}"), measuring("{'hr':.5}"), measuring("{'hr':1e}")),
                faults("malformed_json", measuring("{'hr':--1}"), measuring("{'hr':0x10}"), measuring("{'hr':1_0}")),
                faults("malformed_json", "{'a':tru}", "{'a':nullx}", "{'a' 1}", "{'a':}", "{'a'}", "{1:1}", "{,}"),
                faults("not_an_object", "null", "72.5", "'72.5'", "[" + reading() + "]", " true ", "[[],{}]"),
                faults("unknown_field", "{'mood':1}", measuring("{'glucose':5}"), "{'\\ud83d':[{}]}"),
                faults("duplicate_field", "{'user_id':'a','user_id':7}", "{'timestamp':1,'timestamp':2}"),
                faults("duplicate_field", "{'sensor_id':'a','sensor_id':'a'}", "{'timestamp':'','timestamp':1}"),
                faults("duplicate_field", "{'measurements':{},'measurements':{}}"),
                faults("duplicate_field", measuring("{'hr':72,'hr':72}"), measuring("{'hr':null,'hr':72}")),
                faults("wrong_type", stamped("true"), stamped("null"), stamped(STAMP_MS + ".0"), stamped("1e12")),
                faults("wrong_type", named("7"), named("null"), sensed("{}"), sensed("['w']")),
                faults("wrong_type", measuring("[72]"), measuring("null"), measuring("{'hr':'72'}")),
                faults("wrong_type", measuring("{'hr':true}"), measuring("{'hr':{'value':72}}"), measuring("{'hr':[72]}")),
                faults("wrong_type", measuring("{'ibi':[null]}"), measuring("{'ibi':[[8]]}"), measuring("{'ibi':['8']}")),
                faults("missing_field", "{}", "{'timestamp':1,'user_id':'a','sensor_id':'w'}"),
                faults("bad_user_id", named("''"), named("'" + "u".repeat(129) + "'")),
                faults("bad_user_id", named("'\\ud83d'"), named("'\\ude00\\ud83d'"), named("'a\\u001b'")),
                faults("bad_user_id", named("'a\\u0000'"), named("'\\u009b'"), named("'\u2028'"), named("'\u202Ea'")),
                faults("bad_sensor_id", sensed("''"), sensed("'" + "s".repeat(129) + "'"), sensed("'\\ud83d'")),
                faults("absurd_timestamp", stamped("0"), stamped("-0"), stamped("-1"), stamped("1644227574")),
                faults("absurd_timestamp", stamped("'1900-01-01T00:00:00Z'"), stamped("'2999-01-01T00:00:00Z'")),
                faults("future_timestamp", stamped("'2099-12-31T23:59:59Z'")),
                faults("no_measurements", measuring("{}"), measuring("{'hr':null,'gsr':null}"), measuring("{'hr':255.0}")),
                faults("no_measurements", measuring("{'hr':-0.0,'ibi':65535}"), measuring("{'hr':-1,'ibi':[]}")),
                faults("no_measurements", measuring("{'ibi':[800,0]}"), measuring("{'ibi':[9999,-1]}")),
                faults("out_of_range", measuring("{'ibi':[9999]}"), measuring("{'ibi':[9999,0,800]}")),
                faults("out_of_range", measuring("{'ibi':[800,800,800,800,800,800]}"), measuring("{'hr':255,'gsr':121}")),
                faults("out_of_range", measuring("{'hr':1e308}"), measuring("{'hr':1e400}")),
                faults("out_of_range", measuring("{'gsr':1,'acc_x':-1e400}")))
                .flatMap(each -> each);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("faults")
    void aFaultGetsItsReason(String reason, String message) {
        assertEquals(reason, refused("a", message).reason);
    }

    /** The first that applies in the order of the reasons, wherever in the message it is. */
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
            malformed_json   | {"mood":"never closed
            malformed_json   | {"mood":nope}
            malformed_json   | {"measurements":{"hr":72,"hr":x}}
            malformed_json   | [1,2}
            unknown_field    | {"user_id":7,"user_id":"a","mood":1}
            unknown_field    | {"measurements":7,"measurements":{"hr":"","hr":1,"mood":1}}
            duplicate_field  | {"user_id":7,"user_id":"a"}
            duplicate_field  | {"measurements":{"hr":"","hr":1}}
            wrong_type       | {"user_id":7}
            missing_field    | {"timestamp":0,"user_id":"","measurements":{}}
            bad_user_id      | {"timestamp":0,"user_id":"","sensor_id":"","measurements":{}}
            bad_sensor_id    | {"timestamp":0,"user_id":"b","sensor_id":"","measurements":{}}
            key_mismatch     | {"timestamp":0,"user_id":"b","sensor_id":"w","measurements":{}}
            absurd_timestamp | {"timestamp":0,"user_id":"a","sensor_id":"w","measurements":{}}
            no_measurements  | {"timestamp":1644227574000,"user_id":"a","sensor_id":"w","measurements":{}}
            """)
    void theFirstFaultGivesTheReason(String reason, String message) {
        assertEquals(reason, refused("a", message).reason);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            timestamp    | {"user_id":"a","sensor_id":"w","measurements":{"hr":72}}
            user_id      | {"timestamp":1,"sensor_id":"w","measurements":{"hr":72}}
            sensor_id    | {"timestamp":1,"user_id":"a","measurements":{"hr":72}}
            measurements | {"timestamp":1,"user_id":"a","sensor_id":"w"}
            """)
    void theMissingFieldIsNamed(String field, String message) {
        Rejected rejected = refused("a", message);
        assertEquals("missing_field: " + field, rejected.reason + ": " + rejected.getMessage());
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '|', textBlock = """
            {"hr":72,"glucose":5}    | unknown_field: measurements.glucose
            {"hr":"72"}              | wrong_type: measurements.hr
            {"gsr":1,"gsr":1}        | duplicate_field: measurements.gsr
            {"gsr":1,"acc_x":-16.5}  | out_of_range: measurements.acc_x = -16.5
            """)
    void theChannelAtFaultIsNamed(String measurements, String expected) {
        Rejected rejected = refused("a", measuring(measurements));
        assertEquals(expected, rejected.reason + ": " + rejected.getMessage());
    }

    @Test
    void aTombstoneIsEmpty() {
        assertEquals("empty_message", refused(bytes("a"), null, APPENDED_MS).reason);
    }

    @ParameterizedTest(name = "{0} more than a message may have: {1}")
    @CsvSource({"0, ", "1, too_large", "200000, too_large"})
    void aMessageHasALargestSize(int more, String reason) throws Rejected {
        String padded = reading() + " ".repeat(Readings.MAX_BYTES - reading().length() + more);
        if (reason == null) {
            assertEquals(72, decoded("a", padded).values[Readings.HR]);
        } else {
            assertEquals(reason, refused("a", padded).reason);
        }
    }

    /** No depth of nesting gets to the stack. */
    @ParameterizedTest(name = "{0} brackets after {2}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
            16    | not_an_object  | ''
            17    | malformed_json | ''
            10000 | malformed_json | ''
            15    | unknown_field  | {"a":
            16    | malformed_json | {"a":
            14    | wrong_type     | {"measurements":{"hr":
            15    | malformed_json | {"measurements":{"hr":
            """)
    void nestingHasALimit(int depth, String reason, String head) {
        String tail = head.replaceAll("[^{]", "").replace('{', '}');
        assertEquals(reason, refused("a", head + "[".repeat(depth) + "]".repeat(depth) + tail).reason);
    }

    /** The channel's number comes as a double, however it is written. */
    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource({
        "72, 72", "72.5, 72.5", "7.2E+1, 72", "7200e-2, 72", "72.00000000000000000000000000000000001, 72",
        "33.000000000000003552713678800501, 33.00000000000001", "0.72e2, 72", "72e0, 72", "72.0, 72",
        "100.00000000000000000000000001, 100", "54.000000000000007, 54.00000000000001", "20.1, 20.1"
    })
    void numbersMayBeWrittenInAnyForm(String written, double expected) throws Rejected {
        assertEquals(expected, decoded("a", measuring("{'hr':" + written + "}")).values[Readings.HR]);
    }

    /** A number that takes long to read is none. */
    @ParameterizedTest(name = "a fraction of {0} zeros: {1}")
    @CsvSource({"997, ", "998, malformed_json"})
    void aNumberHasALargestLength(int zeros, String reason) throws Rejected {
        String message = measuring("{'hr':72." + "0".repeat(zeros) + "}");
        if (reason == null) {
            assertEquals(72, decoded("a", message).values[Readings.HR]);
        } else {
            assertEquals(reason, refused("a", message).reason);
        }
    }

    @Test
    void aWholeNumberHasNoNegativeZero() throws Rejected {
        assertEquals(0.0, decoded("a", measuring("{'acc_x':-0}")).values[2]);
        assertEquals(-0.0, decoded("a", measuring("{'acc_x':-0.0}")).values[2]);
    }

    @Test
    void whatIsNullOrAbsentIsNotMeasured() throws Rejected {
        Reading reading = decoded("a", measuring("{'gsr':null,'acc_x':0}"));
        assertFalse(reading.given[0]);
        assertFalse(reading.given[1]);
        assertTrue(reading.given[2]);
        assertEquals(1, reading.measured());
    }

    /** Both ends are inside. */
    @ParameterizedTest(name = "{0} = {1}: accepted {2}")
    @CsvSource({
        "hr, 20, true", "hr, 19.999999999999996, false",
        "hr, 300, true", "hr, 300.00000000000006, false",
        "gsr, 0, true", "gsr, -0.0, true", "gsr, -4.9E-324, false",
        "acc_x, -16, true", "acc_x, 16.000000000000004, false"
    })
    void rangesHoldTheirEdges(String channel, String value, boolean accepted) throws Rejected {
        String message = measuring("{'%s':%s}".formatted(channel, value));
        if (accepted) {
            assertEquals(1, decoded("a", message).measured());
        } else {
            assertEquals("out_of_range", refused("a", message).reason);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "2022-02-07T10:00:00Z, 0", "2022-02-07T10:00Z, 0", "2022-02-07t10:00:00.0z, 0", "2022-02-07T10:00:00.123Z, 123",
        "2022-02-07T10:00:00.123999999-00:00, 123", "2022-02-07T10:00:00+00:00, 0", "2022-02-07T10:00:01Z, 1000"
    })
    void timestampsMayBeText(String text, long afterTenMs) throws Rejected {
        assertEquals(1_644_228_000_000L + afterTenMs, decoded("a", stamped("'" + text + "'")).timestampMs);
    }

    @ParameterizedTest(name = "\"{0}\"")
    @ValueSource(strings = {
        "", "yesterday", "1644227574000", "2022-02-07", "2022-02-07T10:00:00", "2022-02-07T10:00:00+02:00",
        "2022-02-30T10:00:00Z", "2023-02-29T10:00:00Z", "2022-02-07T24:00:00Z", "2022-02-07T23:59:60Z",
        "2022-02-07 10:00:00Z", "2022-02-07T10:00:00+0000", "2022-02-07T10:00:00.1234567890Z", "2022-02-07T10:00:00,5Z",
        "12022-02-07T10:00:00Z", "+2022-02-07T10:00:00Z", "0000-01-01T00:00Z", "2022-02-07T10:00:00.Z",
        "2022-02-07T10:60Z", "2022-02-07T10:00:00-00:00:00", "2022-13-01T00:00Z", "1650000000", "\u0662\u0660\u0662\u0662-02-07T10:00Z"
    })
    void othersAreNoTimestamps(String text) {
        assertEquals("bad_timestamp", refused("a", stamped("'" + text + "'")).reason);
    }

    @Test
    void theFirstBeatOfAListHasTheSameBounds() {
        String list = "{\"timestamp\":%d,\"user_id\":\"a\",\"sensor_id\":\"w\",\"measurements\":{\"ibi\":[800,790]}}";
        assertDoesNotThrow(() -> decoded(bytes("a"), bytes(list.formatted(946_684_800_790L)), 4_102_444_800_000L));
        Rejected refused = refused(bytes("a"), bytes(list.formatted(946_684_800_789L)), 4_102_444_800_000L);
        assertEquals("absurd_timestamp", refused.reason);
        assertEquals("946684799999", refused.getMessage());
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "946684799999, absurd_timestamp", "946684800000,", "4102444800000,", "4102444800001, absurd_timestamp",
        "9223372036854775807, absurd_timestamp", "9223372036854775808, absurd_timestamp",
        "-9223372036854775809, absurd_timestamp", "1000000000000000000000000000000, absurd_timestamp",
        "18446745717937125616, absurd_timestamp" // 2 to the 64th more than a good one.
    })
    void timestampsHaveBounds(String timestamp, String reason) throws Rejected {
        long appendedMs = 4_102_444_800_000L;
        if (reason == null) {
            Reading reading = decoded(bytes("a"), bytes(stamped(timestamp)), appendedMs);
            assertEquals(Long.parseLong(timestamp), reading.timestampMs);
        } else {
            assertEquals(reason, refused(bytes("a"), bytes(stamped(timestamp)), appendedMs).reason);
        }
    }

    /** Judged against the broker's clock at the time, so that a replay judges the same. */
    @ParameterizedTest(name = "{0} ms ahead of the broker: accepted {1}")
    @CsvSource({"-1, true", "0, true", "10000, true", "10001, false"})
    void theFutureBeginsAfterTheAppendTime(long aheadMs, boolean accepted) throws Rejected {
        if (accepted) {
            assertEquals(STAMP_MS, decoded(bytes("a"), bytes(reading()), STAMP_MS - aheadMs).timestampMs);
        } else {
            assertEquals("future_timestamp", refused(bytes("a"), bytes(reading()), STAMP_MS - aheadMs).reason);
        }
    }

    @ParameterizedTest(name = "key {0}")
    @ValueSource(strings = {"b", "", "a ", "aa", "A"})
    void theKeyIsTheUser(String key) {
        assertEquals("key_mismatch", refused(key, reading()).reason);
    }

    @Test
    void aMessageNeedsAKey() {
        Rejected rejected = refused(null, bytes(reading()), APPENDED_MS);
        assertEquals("key_mismatch: no key", rejected.reason + ": " + rejected.getMessage());
    }

    /** Characters, not bytes or halves of pairs: 128 of them are 512 bytes. */
    @ParameterizedTest(name = "{0} emoji: {1}")
    @CsvSource({"1, ", "128, ", "129, bad_user_id"})
    void aNameIsMeasuredInCharacters(int characters, String reason) throws Rejected {
        String user = EMOJI.repeat(characters);
        if (reason == null) {
            assertEquals(user, decoded(user, named("'" + user + "'")).userId);
        } else {
            assertEquals(reason, refused(user, named("'" + user + "'")).reason);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16LE", "UTF-16BE", "UTF-16", "UTF-32LE"})
    void otherEncodingsAreNotRead(String encoding) {
        byte[] value = reading().getBytes(Charset.forName(encoding));
        assertEquals("malformed_json", refused(bytes("a"), value, APPENDED_MS).reason);
    }

    /** Of the lengths of one to four bytes the first and the last, and what stands around the surrogates. */
    @ParameterizedTest
    @ValueSource(ints = {0x20, 0x7E, 0xA0, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF})
    void everyCharacterIsRead(int codePoint) throws Rejected {
        String text = "a" + Character.toString(codePoint);
        assertEquals(text, decoded(text, named("'" + text + "'")).userId);
    }

    /** Overlong forms, surrogates, what is beyond Unicode, and characters cut short. */
    @ParameterizedTest
    @ValueSource(strings = {
        "C080", "C1BF", "E08080", "E09FBF", "EDA080", "EDBFBF", "EDA0BDEDB880", "F0808080", "F08FBFBF", "F4908080",
        "F5808080", "80", "BF", "C3", "E282", "F09F98", "C320", "FF", "FE"
    })
    void bytesThatAreNoUtf8AreNotRead(String hexadecimal) {
        byte[] value = replaced(reading(), "wrist", HexFormat.of().parseHex(hexadecimal));
        assertEquals("malformed_json", refused(bytes("a"), value, APPENDED_MS).reason);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"user\\u005fid", "\\u0075ser_id"})
    void fieldsMayBeWrittenWithEscapes(String field) throws Rejected {
        assertEquals("a", decoded("a", reading().replace("user_id", field)).userId);
    }

    /** What the message says of itself is kept for the quarantine, as far as it was read. */
    @Test
    void whatWasReadBeforeTheFaultIsKept() {
        Reading into = new Reading(Readings.CONTRACT.channels());
        byte[] value = bytes(measuring("{'hr':999}"));
        assertThrows(Rejected.class, () -> decoder.decode(bytes("a"), value, APPENDED_MS, into));
        assertEquals("a wrist " + STAMP_MS, into.userId + " " + into.sensorId + " " + into.timestampMs);
    }

    /** Though the message is cut: the quarantine says whose it was. */
    @Test
    void whatWasReadBeforeMalformedJsonIsKept() {
        Reading into = new Reading(Readings.CONTRACT.channels());
        byte[] value = bytes(reading().substring(0, reading().length() - 1));
        assertThrows(Rejected.class, () -> decoder.decode(bytes("a"), value, APPENDED_MS, into));
        assertEquals("a wrist " + STAMP_MS, into.userId + " " + into.sensorId + " " + into.timestampMs);
    }

    /** Devices send these for "no value"; the others of the message count. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({"hr, 0", "hr, -0.0", "hr, 255", "hr, 2.55e2", "hr, -1", "ibi, 65535", "ibi, []", "ibi, '[800,0]'"})
    void whatStandsForNoValueIsNotMeasured(String channel, String none) throws Rejected {
        Reading reading = decoded("a", measuring("{'%s':%s,'gsr':0.42}".formatted(channel, none)));
        assertEquals(1, reading.measured());
        assertEquals(0.42, reading.values[1]);
    }

    /** Only of the channel for which they are declared. */
    @Test
    void zeroIsAValueElsewhere() throws Rejected {
        assertEquals(2, decoded("a", measuring("{'gsr':0,'acc_x':0,'hr':0}")).measured());
    }

    /** A reading or a reason, and no other exception: bytes at random, and good messages with one byte changed. */
    @Test
    void anyBytesGetAnAnswer() {
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            byte[] value = i % 2 == 0 ? new byte[1 + random.nextInt(60)] : bytes(reading());
            if (i % 2 == 0) {
                random.nextBytes(value);
            } else {
                value[random.nextInt(value.length)] = (byte) random.nextInt(256);
            }
            try {
                decoded(bytes("a"), value, APPENDED_MS);
            } catch (Rejected rejected) {
                assertFalse(rejected.reason.isEmpty());
            }
        }
    }

    private static Stream<Arguments> faults(String reason, String... messages) {
        return Arrays.stream(messages).map(message -> Arguments.of(reason, message.replace('\'', '"')));
    }

    private static String reading() {
        return measuring("{'hr':72}");
    }

    private static String measuring(String measurements) {
        return json(Long.toString(STAMP_MS), "'a'", "'wrist'", measurements);
    }

    private static String stamped(String timestamp) {
        return json(timestamp, "'a'", "'wrist'", "{'hr':72}");
    }

    private static String named(String user) {
        return json(Long.toString(STAMP_MS), user, "'wrist'", "{'hr':72}");
    }

    private static String sensed(String sensor) {
        return json(Long.toString(STAMP_MS), "'a'", sensor, "{'hr':72}");
    }

    /** Single quotes stand for double ones, which are hard to read here. */
    private static String json(String timestamp, String user, String sensor, String measurements) {
        return "{'timestamp':%s,'user_id':%s,'sensor_id':%s,'measurements':%s}"
                .formatted(timestamp, user, sensor, measurements)
                .replace('\'', '"');
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] replaced(String message, String old, byte... bytes) {
        int at = message.indexOf(old);
        ByteArrayOutputStream value = new ByteArrayOutputStream();
        value.writeBytes(bytes(message.substring(0, at)));
        value.writeBytes(bytes);
        value.writeBytes(bytes(message.substring(at + old.length())));
        return value.toByteArray();
    }

    private Reading decoded(String key, String message) throws Rejected {
        return decoded(bytes(key), bytes(message), APPENDED_MS);
    }

    private Reading decoded(byte[] key, byte[] value, long appendedMs) throws Rejected {
        Reading reading = new Reading(Readings.CONTRACT.channels());
        decoder.decode(key, value, appendedMs, reading);
        return reading;
    }

    private Rejected refused(String key, String message) {
        return refused(bytes(key), bytes(message), APPENDED_MS);
    }

    private Rejected refused(byte[] key, byte[] value, long appendedMs) {
        return assertThrows(Rejected.class, () -> decoded(key, value, appendedMs));
    }
}
