package org.eqm.streaming;

import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.table.data.RowData;

/**
 * Passes everything on, but event time in strides while a backlog is read: each stride closes the windows of all users
 * at once, and they go to Python in one batch.
 *
 * <p>The source tells event time every 20 ms. Under a live load few windows can close in that time, and none must wait.
 * In a backlog event time runs many times as fast as the clock; then it goes on every {@code strideMs}, for the time a
 * batch takes is for a good part the same for one window as for many
 * (docs/decisions/0018-what-one-pass-spends.md). Stateless: a watermark that is held is no more than not yet told.
 */
final class CatchingUpOperator extends AbstractStreamOperator<RowData>
        implements OneInputStreamOperator<RowData, RowData>, BoundedOneInput {
    private static final long serialVersionUID = 1L;

    /** Event time that runs so many times as fast as the clock is that of a backlog. */
    private static final long FAST = 10;

    /** How often the source tells event time, in milliseconds; less than that is no measure of its pace. */
    private static final long TOLD_EVERY_MS = 20;

    private final long strideMs;
    private transient Watermark held;
    private transient long toldMs;
    private transient long toldAtMs;

    CatchingUpOperator(long strideMs) {
        this.strideMs = strideMs;
    }

    @Override
    public void open() throws Exception {
        super.open();
        toldMs = Watermark.MAX_WATERMARK.getTimestamp();
    }

    @Override
    public void processElement(StreamRecord<RowData> element) {
        output.collect(element);
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        if (held == null && isDue(mark)) {
            tell(mark);
            return;
        }
        if (held == null) {
            getProcessingTimeService().registerTimer(toldAtMs + strideMs, at -> tellHeld());
        }
        held = mark;
        if (mark.equals(Watermark.MAX_WATERMARK)) {
            tellHeld();
        }
    }

    /** What is held goes first: the next operator would not look at it after an idle status. */
    @Override
    public void processWatermarkStatus(WatermarkStatus status) throws Exception {
        tellHeld();
        super.processWatermarkStatus(status);
    }

    @Override
    public void endInput() throws Exception {
        tellHeld();
    }

    private boolean isDue(Watermark mark) {
        long passedMs = nowMs() - toldAtMs;
        return passedMs >= strideMs || mark.getTimestamp() - toldMs <= FAST * Math.max(passedMs, TOLD_EVERY_MS);
    }

    private void tellHeld() throws Exception {
        if (held != null) {
            tell(held);
        }
    }

    private void tell(Watermark mark) throws Exception {
        held = null;
        toldMs = mark.getTimestamp();
        toldAtMs = nowMs();
        super.processWatermark(mark);
    }

    private long nowMs() {
        return getProcessingTimeService().getCurrentProcessingTime();
    }
}
