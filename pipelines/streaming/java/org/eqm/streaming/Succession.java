package org.eqm.streaming;

/**
 * A list of durations, one after the other, the last of which ends at the message's timestamp. Of those before one that
 * the device did not know, nobody can say when they were: they count for the judgement alone.
 *
 * @param values all, as they were sent
 * @param first the first whose end is known; {@code values.length} where none is
 */
record Succession(double[] values, int first) {
    boolean isPlaced() {
        return first < values.length;
    }

    double last() {
        return values[values.length - 1];
    }

    /** How long before the timestamp each value from {@link #first} on ended, rounded half to even. */
    long[] endedAgo() {
        long[] found = new long[values.length - first];
        double later = 0;
        for (int i = found.length - 1; i > 0; i--) {
            later += values[first + i];
            found[i - 1] = (long) Math.rint(later);
        }
        return found;
    }
}
