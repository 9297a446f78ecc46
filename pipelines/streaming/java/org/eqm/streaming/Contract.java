package org.eqm.streaming;

import java.io.IOException;
import java.io.Serializable;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/** What a reading may hold, as declared in the Python package {@code schemas} and handed over as JSON. */
final class Contract implements Serializable {
    private static final long serialVersionUID = 2L;

    final Map<String, Integer> channelIndex = new HashMap<>();
    final int maxBytes;
    final int maxDepth;
    final int maxNumberChars;
    final int maxIdLength;
    final int maxSuccessive;
    final int excerptChars;
    final long earliestMs;
    final long latestMs;
    final long maxFutureMs;
    final int slots;
    final int sourceSlots;

    /** A timestamp as text; groups: year, month, day, hour, minute, second, fraction of a second. */
    final Pattern instant;

    private final String[] names;
    private final double[] lowest;
    private final double[] highest;
    private final double[][] none;
    private final boolean[] successive;
    private final BitSet forbiddenInIds = new BitSet();

    Contract(String json) throws IOException {
        JsonNode root = new ObjectMapper().readTree(json);
        JsonNode channels = root.required("channels");
        names = new String[channels.size()];
        lowest = new double[channels.size()];
        highest = new double[channels.size()];
        none = new double[channels.size()][];
        successive = new boolean[channels.size()];
        for (int i = 0; i < channels.size(); i++) {
            declare(i, channels.get(i));
        }
        for (JsonNode range : root.required("forbidden_in_ids")) {
            forbiddenInIds.set(range.required(0).asInt(), range.required(1).asInt() + 1);
        }
        instant = Pattern.compile(root.required("instant").asText());
        maxBytes = root.required("max_bytes").asInt();
        maxDepth = root.required("max_depth").asInt();
        maxNumberChars = root.required("max_number_chars").asInt();
        maxIdLength = root.required("max_id_length").asInt();
        maxSuccessive = root.required("max_successive").asInt();
        excerptChars = root.required("excerpt_chars").asInt();
        earliestMs = root.required("earliest_ms").asLong();
        latestMs = root.required("latest_ms").asLong();
        maxFutureMs = root.required("max_future_ms").asLong();
        slots = root.required("slots").asInt();
        sourceSlots = root.required("source_slots").asInt();
    }

    private void declare(int index, JsonNode channel) {
        names[index] = channel.required("name").asText();
        channelIndex.put(names[index], index);
        lowest[index] = channel.required("lowest").asDouble();
        highest[index] = channel.required("highest").asDouble();
        JsonNode values = channel.required("none");
        none[index] = new double[values.size()];
        for (int i = 0; i < values.size(); i++) {
            none[index][i] = values.get(i).asDouble();
        }
        successive[index] = channel.required("successive").asBoolean();
    }

    int channels() {
        return names.length;
    }

    String name(int channel) {
        return names[channel];
    }

    /** Whether the channel may be given as a list of durations, one after the other. */
    boolean isSuccessive(int channel) {
        return successive[channel];
    }

    /** Whether devices send this number for "no value". */
    boolean isNone(int channel, double value) {
        for (double each : none[channel]) {
            if (value == each) {
                return true;
            }
        }
        return false;
    }

    boolean isValid(int channel, double value) {
        return value >= lowest[channel] && value <= highest[channel];
    }

    boolean isForbiddenInIds(int codePoint) {
        return forbiddenInIds.get(codePoint);
    }
}
