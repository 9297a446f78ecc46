package org.eqm.streaming;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.apache.flink.streaming.api.watermark.Watermark;
import org.junit.jupiter.api.Test;

/** How far event time had come. What a restore makes of it: {@link WindowsTest}. */
class ContinuityTest {
    private final Continuity continuity = new Continuity();

    @Test
    void nothingIsReachedAtFirst() {
        assertEquals(Long.MIN_VALUE, continuity.reached(Long.MIN_VALUE));
    }

    @Test
    void timeThatWasReachedIsNeverTakenBack() {
        assertEquals(100, continuity.reached(100));
        assertEquals(100, continuity.reached(50));
        assertEquals(100, continuity.reached(Long.MIN_VALUE));
        assertEquals(101, continuity.reached(101));
    }

    /** Else a job that goes on behind a drain would take every reading for late. */
    @Test
    void aDrainsEndOfTimeCountsButIsNotKept() {
        long endOfTime = Watermark.MAX_WATERMARK.getTimestamp();
        continuity.reached(100);
        assertEquals(endOfTime, continuity.reached(endOfTime));
        assertEquals(100, continuity.reached(Long.MIN_VALUE));
    }
}
