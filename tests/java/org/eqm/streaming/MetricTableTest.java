package org.eqm.streaming;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.flink.streaming.api.operators.StreamFilter;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The JVM's own counts: readings and refusals, lateness, windows, and how far event time is behind. */
class MetricTableTest {
    private final Measured group = new Measured();
    private WindowsJob job;

    @AfterEach
    void close() throws Exception {
        if (job != null) {
            job.close();
        }
    }

    @Test
    void aValueIsInAllBucketsFromItsOwnOn() {
        var values = Measured.TABLE.counters(group).histogram("late_by_ms");
        LongStream.of(0, 1_000, 1_001, 5_000, 5_001).forEach(values);
        assertEquals(
                Map.of(
                        "eqm.le=1000.late_by_ms_bucket", 2L,
                        "eqm.le=5000.late_by_ms_bucket", 4L,
                        "eqm.le=+Inf.late_by_ms_bucket", 5L,
                        "eqm.late_by_ms_sum", 12_002L,
                        "eqm.late_by_ms_count", 5L),
                group.moved());
    }

    @Test
    void whatTheTableDoesNotHaveIsRefused() {
        var counters = Measured.TABLE.counters(group);
        assertThrows(IllegalArgumentException.class, () -> counters.of("readings", "early"));
        assertThrows(IllegalArgumentException.class, () -> counters.of("reading"));
        assertThrows(IllegalArgumentException.class, () -> Measured.TABLE.gauge(group, "windows", () -> 0L));
        assertThrows(IllegalArgumentException.class, () -> Measured.TABLE.gauge(group, "event_time_lag_ms", () -> 0L, "x"));
    }

    @Test
    void refusedMessagesAreCountedByReasonAndGoNoFurther() throws Exception {
        var accepted = new AcceptedReadings(Measured.TABLE);
        try (var harness = new OneInputStreamOperatorTestHarness<RowData, RowData>(new StreamFilter<>(accepted))) {
            harness.setup(Readings.LAYOUT.typeInformation().createSerializer(harness.getExecutionConfig().getSerializerConfig()));
            harness.open();
            harness.processElement(Readings.accepted("ann", 0, 72), 0);
            harness.processElement(Readings.rejected(0), 0);
            harness.processElement(Readings.rejected(1), 1);
            assertEquals(1, harness.extractOutputValues().size());
            assertEquals(2, accepted.refused("out_of_range").getCount());
            assertEquals(0, accepted.refused("too_large").getCount());
        }
    }

    @Test
    void readingsAreCountedByWhatBecameOfThemAndWindowsAsTheyAreSent() throws Exception {
        job = new WindowsJob(1);
        job.read("ann", 0);
        job.read("ann", 7_000);
        assertEquals(List.of(2L, 0L, 0L), counted());
        int sent = job.watermark(9_999).size();
        job.read("ann", 5_000);
        job.read("ann", 0);
        job.read("ann", 10_000);
        assertTrue(sent > 0);
        assertEquals(List.of(3L, 2L, (long) sent), counted());
    }

    @Test
    void aLateReadingIsLateByWhatEventTimeIsPastItsFirstWindow() throws Exception {
        job = new WindowsJob(1);
        job.read("ann", 0);
        job.watermark(9_999);
        job.read("ann", 4_999);
        job.read("ann", 5_000);
        assertEquals(2, job.counters(0).of("late_by_ms_count").getCount());
        assertEquals(5_000, job.counters(0).of("late_by_ms_sum").getCount(), "5,000 and 0");
        assertEquals(1, job.counters(0).of("late_by_ms_bucket", "1000").getCount());
    }

    @Test
    void eventTimeIsBehindTheClockByItsWatermark() throws Exception {
        job = new WindowsJob(1);
        assertEquals(0, job.behindMs(0, 50_000), "nothing has come");
        job.read("ann", 0);
        assertEquals(0, job.behindMs(0, 50_000), "event time has not begun");
        job.watermark(9_999);
        assertEquals(40_001, job.behindMs(0, 50_000));
        job.watermark(Long.MAX_VALUE);
        assertEquals(0, job.behindMs(0, 50_000), "it is over");
    }

    private List<Long> counted() {
        var counters = job.counters(0);
        return List.of(
                counters.of("readings", "used").getCount(),
                counters.of("readings", "late").getCount(),
                counters.of("windows").getCount());
    }
}
