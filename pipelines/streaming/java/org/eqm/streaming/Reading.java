package org.eqm.streaming;

import java.util.Arrays;

/** One decoded message; fields are filled while it is scanned, so a rejected one keeps what was read. */
final class Reading {
    String userId;
    String sensorId;
    Long timestampMs;
    String timestampText;
    boolean hasMeasurements;
    final double[] values;
    final boolean[] given;

    /** By channel, where it came as a list; its last value is then among the values. */
    final Succession[] successions;

    Reading(int channels) {
        values = new double[channels];
        given = new boolean[channels];
        successions = new Succession[channels];
        Arrays.fill(values, Double.NaN);
    }

    /** The first required field that is missing, or null. */
    String missingField() {
        if (timestampMs == null && timestampText == null) {
            return "timestamp";
        }
        if (userId == null) {
            return "user_id";
        }
        if (sensorId == null) {
            return "sensor_id";
        }
        return hasMeasurements ? null : "measurements";
    }

    int measured() {
        int count = 0;
        for (boolean present : given) {
            count += present ? 1 : 0;
        }
        return count;
    }
}
