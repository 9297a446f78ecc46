package org.eqm.streaming;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What follows the source when a job is drained, and when it is only stopped. */
class EndOfTimeOperatorTest {
    private OneInputStreamOperatorTestHarness<RowData, RowData> operator;

    @BeforeEach
    void open() throws Exception {
        operator = new OneInputStreamOperatorTestHarness<>(
                new EndOfTimeOperator(), Readings.LAYOUT.typeInformation().createSerializer(null));
        operator.setup(Readings.LAYOUT.typeInformation().createSerializer(null));
        operator.open();
    }

    @AfterEach
    void close() throws Exception {
        operator.close();
    }

    /** Flink keeps back a watermark of an idle source, and so would the last windows never close. */
    @Test
    void aDrainEndsTimeThoughTheSourceIsIdle() throws Exception {
        operator.processWatermarkStatus(WatermarkStatus.IDLE);
        operator.endInput();
        assertOutput(WatermarkStatus.IDLE, WatermarkStatus.ACTIVE, Watermark.MAX_WATERMARK);
    }

    /** A stop ends no input. Windows stay open, for the job that is resumed. */
    @Test
    void aStopDoesNotEndTime() throws Exception {
        operator.processWatermark(new Watermark(5));
        operator.snapshot(1, 0);
        operator.notifyOfCompletedCheckpoint(1);
        assertOutput(new Watermark(5));
    }

    @Test
    void everythingElsePassesUnchanged() throws Exception {
        RowData accepted = Readings.accepted("ann", 1_000, 72);
        RowData rejected = Readings.rejected(2_000);
        operator.processElement(accepted, 1_000);
        operator.processWatermark(new Watermark(5));
        operator.processElement(rejected, 2_000);
        operator.processWatermarkStatus(WatermarkStatus.IDLE);
        assertOutput(
                new StreamRecord<>(accepted, 1_000),
                new Watermark(5),
                new StreamRecord<>(rejected, 2_000),
                WatermarkStatus.IDLE);
    }

    private void assertOutput(Object... expected) {
        assertEquals(List.of(expected), List.copyOf(operator.getOutput()));
    }
}
