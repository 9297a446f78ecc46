package org.eqm.streaming;

import java.io.IOException;
import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/** What a reading may hold, as declared in the Python package {@code schemas} and handed over as JSON. */
final class Contract implements Serializable {
    private static final long serialVersionUID = 1L;

    final Map<String, Integer> channelIndex = new HashMap<>();
    final double[] lowest;
    final double[] highest;
    final int maxBytes;
    final int maxIdLength;
    final int excerptChars;
    final long earliestMs;
    final long latestMs;
    final long maxFutureMs;
    final int slots;

    Contract(String json) throws IOException {
        JsonNode root = new ObjectMapper().readTree(json);
        JsonNode channels = root.required("channels");
        lowest = new double[channels.size()];
        highest = new double[channels.size()];
        for (int i = 0; i < channels.size(); i++) {
            JsonNode channel = channels.get(i);
            channelIndex.put(channel.required("name").asText(), i);
            lowest[i] = channel.required("lowest").asDouble();
            highest[i] = channel.required("highest").asDouble();
        }
        maxBytes = root.required("max_bytes").asInt();
        maxIdLength = root.required("max_id_length").asInt();
        excerptChars = root.required("excerpt_chars").asInt();
        earliestMs = root.required("earliest_ms").asLong();
        latestMs = root.required("latest_ms").asLong();
        maxFutureMs = root.required("max_future_ms").asLong();
        slots = root.required("slots").asInt();
    }

    int channels() {
        return lowest.length;
    }
}
