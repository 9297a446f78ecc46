package org.eqm.streaming;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.regex.Matcher;

/**
 * Reads one message strictly, in one pass over its bytes. Never throws anything but {@link Rejected}: whatever a
 * sender does, the answer is a reading or a reason. Flink's JSON format fails the job or drops the message, and lets
 * unknown and repeated fields pass (docs/decisions/0001-decoding-and-windows-in-our-own-jvm-operators.md). The first
 * reason that applies is given, in the order of schemas/reasons.py; pipelines/sources/reading_decoder.py judges alike.
 */
final class ReadingDecoder implements Serializable {
    private static final long serialVersionUID = 2L;
    private static final long DAY_S = 86_400;

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
        new ReadingScan(contract, value, into).run();
        check(key, appendMs, into);
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
        successions(reading);
    }

    private void identity(String id, String name) throws Rejected {
        int length = id.codePointCount(0, id.length());
        if (length == 0 || length > contract.maxIdLength) {
            throw new Rejected("bad_" + name, name + " of length " + length);
        }
        for (int at = 0; at < id.length(); at += Character.charCount(id.codePointAt(at))) {
            if (contract.isForbiddenInIds(id.codePointAt(at))) {
                throw new Rejected("bad_" + name, "%s with U+%04X".formatted(name, id.codePointAt(at)));
            }
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
        if (at - contract.maxFutureMs > appendMs) {
            throw new Rejected("future_timestamp", (at - appendMs) + " ms ahead of the broker");
        }
    }

    private long parsed(String text) throws Rejected {
        Matcher found = contract.instant.matcher(text);
        if (!found.matches()) {
            throw new Rejected("bad_timestamp", "not ISO-8601 in UTC: " + text);
        }
        try {
            long day = LocalDate.of(number(found, 1), number(found, 2), number(found, 3)).toEpochDay();
            long seconds = number(found, 4) * 3_600L + number(found, 5) * 60L + number(found, 6);
            return (day * DAY_S + seconds) * 1_000 + thousandths(found.group(7));
        } catch (DateTimeException fault) {
            throw new Rejected("bad_timestamp", "no such day: " + text);
        }
    }

    private static int number(Matcher found, int group) {
        return found.start(group) < 0 ? 0 : Integer.parseInt(found.group(group));
    }

    /** What is less than a millisecond is cut off. */
    private static int thousandths(String fraction) {
        return fraction == null ? 0 : Integer.parseInt((fraction + "00").substring(0, 3));
    }

    private void ranges(Reading reading) throws Rejected {
        for (int channel = 0; channel < reading.values.length; channel++) {
            if (reading.successions[channel] != null) {
                ranges(channel, reading.successions[channel].values());
            } else if (reading.given[channel]) {
                range(channel, reading.values[channel]);
            }
        }
    }

    private void ranges(int channel, double[] values) throws Rejected {
        if (values.length > contract.maxSuccessive) {
            throw new Rejected("out_of_range", "measurements." + contract.name(channel) + " of " + values.length);
        }
        for (double value : values) {
            if (!contract.isNone(channel, value)) {
                range(channel, value);
            }
        }
    }

    /** The values before a list's last have instants of their own. */
    private void successions(Reading reading) throws Rejected {
        for (Succession each : reading.successions) {
            long firstMs = each == null || !each.isPlaced() ? reading.timestampMs : reading.timestampMs - each.endedAgo()[0];
            if (firstMs < contract.earliestMs) {
                throw new Rejected("absurd_timestamp", Long.toString(firstMs));
            }
        }
    }

    private void range(int channel, double value) throws Rejected {
        if (!contract.isValid(channel, value)) {
            throw new Rejected("out_of_range", "measurements." + contract.name(channel) + " = " + value);
        }
    }
}
