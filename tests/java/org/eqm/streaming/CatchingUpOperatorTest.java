package org.eqm.streaming;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When event time goes on at once, and when it waits for a stride of the clock. */
class CatchingUpOperatorTest {
    private static final long STRIDE_MS = 200;

    private OneInputStreamOperatorTestHarness<RowData, RowData> operator;

    @BeforeEach
    void open() throws Exception {
        operator = new OneInputStreamOperatorTestHarness<>(
                new CatchingUpOperator(STRIDE_MS), Readings.LAYOUT.typeInformation().createSerializer(null));
        operator.setup(Readings.LAYOUT.typeInformation().createSerializer(null));
        operator.open();
        operator.setProcessingTime(1_000);
    }

    @AfterEach
    void close() throws Exception {
        operator.close();
    }

    /** A live load: windows that can close must not wait. */
    @Test
    void timeThatRunsAsTheClockDoesIsToldAtOnce() throws Exception {
        at(1_000, 50_000);
        at(1_020, 50_020);
        at(1_040, 50_200);
        assertTold(50_000, 50_020, 50_200);
    }

    /** A watch that uploads once a second moves time by a second. */
    @Test
    void aLeapAfterAWhileIsToldAtOnce() throws Exception {
        at(1_000, 50_000);
        at(1_200, 80_000);
        assertTold(50_000, 80_000);
    }

    @Test
    void timeOfABacklogIsToldOncePerStride() throws Exception {
        at(1_000, 50_000);
        at(1_020, 52_000);
        at(1_040, 54_000);
        operator.setProcessingTime(1_199);
        assertTold(50_000);
        operator.setProcessingTime(1_200);
        assertTold(50_000, 54_000);
        at(1_220, 70_000);
        operator.setProcessingTime(1_399);
        assertTold(50_000, 54_000);
        operator.setProcessingTime(1_400);
        assertTold(50_000, 54_000, 70_000);
    }

    /** A mark that alone would be told goes on in its turn behind one that is held. */
    @Test
    void nothingOvertakesWhatIsHeld() throws Exception {
        at(1_000, 50_000);
        at(1_020, 52_000);
        at(1_190, 52_010);
        assertTold(50_000);
        operator.setProcessingTime(1_200);
        assertTold(50_000, 52_010);
    }

    @Test
    void whatIsHeldIsToldBeforeTheSourceIsIdle() throws Exception {
        at(1_000, 50_000);
        at(1_020, 60_000);
        operator.processWatermarkStatus(WatermarkStatus.IDLE);
        assertOutput(new Watermark(50_000), new Watermark(60_000), WatermarkStatus.IDLE);
        operator.setProcessingTime(1_200);
        assertOutput(new Watermark(50_000), new Watermark(60_000), WatermarkStatus.IDLE);
    }

    @Test
    void theEndWaitsForNothing() throws Exception {
        at(1_000, 50_000);
        at(1_020, 60_000);
        at(1_021, Watermark.MAX_WATERMARK.getTimestamp());
        assertTold(50_000, Watermark.MAX_WATERMARK.getTimestamp());
    }

    @Test
    void theEndOfTheInputTellsWhatIsHeld() throws Exception {
        at(1_000, 50_000);
        at(1_020, 60_000);
        operator.endInput();
        assertTold(50_000, 60_000);
    }

    @Test
    void readingsPassMeanwhile() throws Exception {
        RowData reading = Readings.accepted("ann", 60_000, 72);
        at(1_000, 50_000);
        at(1_020, 60_000);
        operator.processElement(reading, 60_000);
        assertOutput(new Watermark(50_000), new StreamRecord<>(reading, 60_000));
    }

    private void at(long clockMs, long eventMs) throws Exception {
        operator.setProcessingTime(clockMs);
        operator.processWatermark(new Watermark(eventMs));
    }

    private void assertTold(long... eventMs) {
        assertOutput((Object[]) Arrays.stream(eventMs).mapToObj(Watermark::new).toArray());
    }

    private void assertOutput(Object... expected) {
        assertEquals(List.of(expected), List.copyOf(operator.getOutput()));
    }
}
