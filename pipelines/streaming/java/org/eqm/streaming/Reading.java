package org.eqm.streaming;

import java.util.Arrays;

/** One decoded reading; fields are filled while the message is scanned, so a rejected one keeps what was read. */
final class Reading {
    String userId;
    String sensorId;
    Long timestampMs;
    String timestampText;
    final double[] values;
    final boolean[] given;

    private boolean measurementsSeen;

    Reading(int channels) {
        values = new double[channels];
        given = new boolean[channels];
        Arrays.fill(values, Double.NaN);
    }

    void markMeasurements() {
        measurementsSeen = true;
    }

    boolean hasMeasurements() {
        return measurementsSeen;
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
        return measurementsSeen ? null : "measurements";
    }

    int measured() {
        int count = 0;
        for (boolean present : given) {
            count += present ? 1 : 0;
        }
        return count;
    }
}
