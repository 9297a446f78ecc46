package org.eqm.streaming;

import java.util.Arrays;

/**
 * A message's fields, read in one pass. Malformed JSON anywhere in it is found before all else; then the first of
 * unknown, repeated and mistyped fields, wherever in the message they are.
 */
final class ReadingScan {
    private static final int TIMESTAMP = 1;
    private static final int USER_ID = 2;
    private static final int SENSOR_ID = 4;
    private static final int MEASUREMENTS = 8;

    private final Contract contract;
    private final StrictJson json;
    private final Reading into;
    private int seen;
    private String unknown;
    private String repeated;
    private String mistyped;

    ReadingScan(Contract contract, byte[] value, Reading into) {
        this.contract = contract;
        this.json = new StrictJson(value, contract.maxDepth, contract.maxNumberChars);
        this.into = into;
    }

    void run() throws Rejected {
        char kind = json.begin();
        if (kind != StrictJson.OBJECT) {
            json.skip(kind);
            json.end();
            throw new Rejected("not_an_object", "the message is no JSON object");
        }
        for (boolean first = true; json.goesOn(StrictJson.OBJECT, first); first = false) {
            field(json.name());
        }
        json.end();
        judge();
    }

    private void judge() throws Rejected {
        if (unknown != null) {
            throw new Rejected("unknown_field", unknown);
        }
        if (repeated != null) {
            throw new Rejected("duplicate_field", repeated);
        }
        if (mistyped != null) {
            throw new Rejected("wrong_type", mistyped);
        }
    }

    private void field(String name) throws Rejected {
        char kind = json.begin();
        switch (name) {
            case "timestamp" -> timestamp(kind, isFirst(TIMESTAMP, name));
            case "user_id" -> {
                String text = text(kind, name);
                into.userId = isFirst(USER_ID, name) ? text : into.userId;
            }
            case "sensor_id" -> {
                String text = text(kind, name);
                into.sensorId = isFirst(SENSOR_ID, name) ? text : into.sensorId;
            }
            case "measurements" -> {
                isFirst(MEASUREMENTS, name);
                measurements(kind);
            }
            default -> {
                unknown = unknown == null ? name : unknown;
                json.skip(kind);
            }
        }
    }

    private boolean isFirst(int field, String name) {
        boolean first = (seen & field) == 0;
        seen |= field;
        repeated = first || repeated != null ? repeated : name;
        return first;
    }

    /** The text, or null where it is none. */
    private String text(char kind, String name) throws Rejected {
        if (kind == StrictJson.TEXT) {
            return json.text();
        }
        mistyped(kind, name);
        return null;
    }

    private void mistyped(char kind, String name) throws Rejected {
        mistyped = mistyped == null ? name : mistyped;
        json.skip(kind);
    }

    private void timestamp(char kind, boolean isFirst) throws Rejected {
        if (kind == StrictJson.NUMBER && json.isWhole()) {
            into.timestampMs = isFirst ? (Long) json.asLong() : into.timestampMs;
        } else {
            String text = text(kind, "timestamp");
            into.timestampText = isFirst ? text : into.timestampText;
        }
    }

    private void measurements(char kind) throws Rejected {
        if (kind != StrictJson.OBJECT) {
            mistyped(kind, "measurements");
            return;
        }
        into.hasMeasurements = true;
        boolean[] measured = new boolean[contract.channels()];
        for (boolean first = true; json.goesOn(StrictJson.OBJECT, first); first = false) {
            String name = json.name();
            Integer channel = contract.channelIndex.get(name);
            if (channel == null) {
                unknown = unknown == null ? "measurements." + name : unknown;
                json.skip(json.begin());
            } else {
                repeated = measured[channel] && repeated == null ? "measurements." + name : repeated;
                measured[channel] = true;
                measurement(channel);
            }
        }
    }

    private void measurement(int channel) throws Rejected {
        char kind = json.begin();
        if (kind == StrictJson.NUMBER) {
            double value = json.asDouble();
            give(channel, value, !contract.isNone(channel, value));
        } else if (kind == StrictJson.ARRAY && contract.isSuccessive(channel)) {
            Succession succession = succession(channel);
            into.successions[channel] = succession;
            give(channel, succession.isPlaced() ? succession.last() : Double.NaN, succession.isPlaced());
        } else if (kind != StrictJson.NULL) {
            mistyped(kind, "measurements." + contract.name(channel));
        }
    }

    private void give(int channel, double value, boolean isGiven) {
        into.values[channel] = value;
        into.given[channel] = isGiven;
    }

    private Succession succession(int channel) throws Rejected {
        double[] values = new double[8];
        int count = 0;
        int placed = 0;
        for (boolean first = true; json.goesOn(StrictJson.ARRAY, first); first = false) {
            char kind = json.begin();
            if (kind != StrictJson.NUMBER) {
                mistyped(kind, "measurements." + contract.name(channel));
                continue;
            }
            values = count == values.length ? Arrays.copyOf(values, 2 * count) : values;
            values[count++] = json.asDouble();
            placed = contract.isNone(channel, values[count - 1]) ? count : placed;
        }
        return new Succession(Arrays.copyOf(values, count), placed);
    }
}
