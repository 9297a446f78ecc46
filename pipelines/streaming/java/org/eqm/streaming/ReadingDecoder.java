package org.eqm.streaming;

import java.io.IOException;
import java.io.Serializable;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;

/**
 * Reads one message strictly, in one pass over its bytes. Never throws anything but {@link Rejected}: whatever a
 * sender does, the answer is a reading or a reason. Flink's JSON format fails the job or drops the message, and lets
 * unknown and repeated fields pass (docs/decisions/0001-decoding-and-windows-in-our-own-jvm-operators.md). The first
 * fault gives the reason; schemas/reasons.py has them in order.
 */
final class ReadingDecoder implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final JsonFactory JSON = new JsonFactory();

    private final Contract contract;

    ReadingDecoder(Contract contract) {
        this.contract = contract;
    }

    void decode(byte[] key, byte[] value, long appendMs, Reading into) throws Rejected {
        if (value == null || value.length == 0) {
            throw new Rejected("empty_message", "the message has no value");
        }
        if (value.length > contract.maxBytes) {
            throw new Rejected("too_large", value.length + " bytes, at most " + contract.maxBytes);
        }
        scan(value, into);
        check(key, appendMs, into);
    }

    private void scan(byte[] value, Reading into) throws Rejected {
        try (JsonParser parser = JSON.createParser(value)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw new Rejected("malformed_json", "blank message");
            }
            if (first != JsonToken.START_OBJECT) {
                throw new Rejected("not_an_object", first.name().toLowerCase());
            }
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                field(parser, into);
            }
            requireEnd(parser);
        } catch (JsonProcessingException fault) {
            throw new Rejected("malformed_json", fault.getOriginalMessage());
        } catch (IOException | RuntimeException fault) {
            throw new Rejected("malformed_json", String.valueOf(fault.getMessage()));
        }
    }

    private static void requireEnd(JsonParser parser) throws IOException, Rejected {
        if (parser.nextToken() != null) {
            throw new Rejected("malformed_json", "text after the end of the value");
        }
    }

    private void field(JsonParser parser, Reading into) throws IOException, Rejected {
        String name = parser.currentName();
        JsonToken token = parser.nextToken();
        switch (name) {
            case "timestamp" -> timestamp(parser, token, into);
            case "user_id" -> {
                once(into.userId == null, name);
                into.userId = text(parser, token, name);
            }
            case "sensor_id" -> {
                once(into.sensorId == null, name);
                into.sensorId = text(parser, token, name);
            }
            case "measurements" -> measurements(parser, token, into);
            default -> throw new Rejected("unknown_field", name);
        }
    }

    private static void once(boolean first, String name) throws Rejected {
        if (!first) {
            throw new Rejected("duplicate_field", name);
        }
    }

    private static String text(JsonParser parser, JsonToken token, String name) throws IOException, Rejected {
        if (token != JsonToken.VALUE_STRING) {
            throw new Rejected("wrong_type", name);
        }
        return parser.getText();
    }

    private void timestamp(JsonParser parser, JsonToken token, Reading into) throws IOException, Rejected {
        once(into.timestampMs == null && into.timestampText == null, "timestamp");
        if (token == JsonToken.VALUE_NUMBER_INT) {
            into.timestampMs = clamped(parser);
        } else {
            into.timestampText = text(parser, token, "timestamp");
        }
    }

    /** A number that no long holds is absurd, but a number: it must not wrap around into a good one. */
    private static long clamped(JsonParser parser) throws IOException {
        BigInteger given = parser.getBigIntegerValue();
        return given.bitLength() < Long.SIZE ? given.longValue() : given.signum() * Long.MAX_VALUE;
    }

    private void measurements(JsonParser parser, JsonToken token, Reading into) throws IOException, Rejected {
        once(!into.hasMeasurements(), "measurements");
        if (token != JsonToken.START_OBJECT) {
            throw new Rejected("wrong_type", "measurements");
        }
        into.markMeasurements();
        boolean[] seen = new boolean[contract.channels()];
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            measurement(parser, seen, into);
        }
    }

    private void measurement(JsonParser parser, boolean[] seen, Reading into) throws IOException, Rejected {
        String name = parser.currentName();
        Integer channel = contract.channelIndex.get(name);
        if (channel == null) {
            throw new Rejected("unknown_field", "measurements." + name);
        }
        once(!seen[channel], "measurements." + name);
        seen[channel] = true;
        JsonToken token = parser.nextToken();
        if (token == JsonToken.VALUE_NULL) {
            return;
        }
        if (!token.isNumeric()) {
            throw new Rejected("wrong_type", "measurements." + name);
        }
        into.values[channel] = parser.getDoubleValue();
        into.given[channel] = true;
    }

    private void check(byte[] key, long appendMs, Reading reading) throws Rejected {
        String missing = reading.missingField();
        if (missing != null) {
            throw new Rejected("missing_field", missing);
        }
        identity(reading.userId, "user_id");
        identity(reading.sensorId, "sensor_id");
        if (key == null || !Arrays.equals(key, reading.userId.getBytes(StandardCharsets.UTF_8))) {
            throw new Rejected("key_mismatch", key == null ? "no key" : "key is not user_id");
        }
        time(appendMs, reading);
        if (reading.measured() == 0) {
            throw new Rejected("no_measurements", "measurements");
        }
        ranges(reading);
    }

    private void identity(String id, String name) throws Rejected {
        if (id.isEmpty() || id.codePointCount(0, id.length()) > contract.maxIdLength) {
            throw new Rejected("bad_" + name, name + " of length " + id.length());
        }
        // As UTF-8 it would become a question mark: another name than the one that was read.
        if (id.codePoints().anyMatch(point -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE)) {
            throw new Rejected("bad_" + name, name + " with half of a surrogate pair");
        }
    }

    private void time(long appendMs, Reading reading) throws Rejected {
        if (reading.timestampMs == null) {
            reading.timestampMs = parsed(reading.timestampText);
        }
        long at = reading.timestampMs;
        if (at < contract.earliestMs || at > contract.latestMs) {
            throw new Rejected("absurd_timestamp", Long.toString(at));
        }
        // Against the broker's time, not ours: a replay judges the same.
        if (at > appendMs + contract.maxFutureMs) {
            throw new Rejected("future_timestamp", (at - appendMs) + " ms ahead of the broker");
        }
    }

    private static long parsed(String text) throws Rejected {
        try {
            OffsetDateTime time = OffsetDateTime.parse(text);
            if (!time.getOffset().equals(ZoneOffset.UTC)) {
                throw new Rejected("bad_timestamp", "not in UTC: " + text);
            }
            return time.toInstant().toEpochMilli();
        } catch (DateTimeException | ArithmeticException fault) {
            throw new Rejected("bad_timestamp", "not ISO-8601: " + text);
        }
    }

    private void ranges(Reading reading) throws Rejected {
        for (var channel : contract.channelIndex.entrySet()) {
            int index = channel.getValue();
            double value = reading.values[index];
            boolean inside = value >= contract.lowest[index] && value <= contract.highest[index];
            if (reading.given[index] && !inside) {
                throw new Rejected("out_of_range", "measurements." + channel.getKey() + " = " + value);
            }
        }
    }
}
