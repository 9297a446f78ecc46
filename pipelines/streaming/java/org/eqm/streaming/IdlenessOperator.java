package org.eqm.streaming;

import org.apache.flink.runtime.metrics.groups.TaskIOMetricGroup;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.util.PausableRelativeClock;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.table.data.RowData;

/**
 * Declares its channel idle while no accepted reading comes.
 *
 * <p>Time in which what follows takes nothing does not count: a reading that had to wait is no missing one, and others
 * must not go on without it.
 *
 * <p>What the source says of itself is for the alignment of partitions alone, and is not passed on. An idle source
 * swallows the end-of-time watermark of a drain, and with it the last windows: it is sent from here, at the end of the
 * input. Stateless: after a restore it is active until it has been silent for long enough.
 */
final class IdlenessOperator extends AbstractStreamOperator<RowData>
        implements OneInputStreamOperator<RowData, RowData>, BoundedOneInput {
    private static final long serialVersionUID = 1L;

    private static final long LEAST_MS = 100;

    private final long idleMs;
    private transient PausableRelativeClock clock;
    private transient long activeAtMs;
    private transient boolean idle;

    IdlenessOperator(long idleMs) {
        this.idleMs = idleMs;
    }

    @Override
    public void open() throws Exception {
        super.open();
        clock = new PausableRelativeClock(getProcessingTimeService().getClock());
        ioMetrics().registerBackPressureListener(clock);
        activeAtMs = clock.relativeTimeMillis();
        checkIn(idleMs);
    }

    @Override
    public void close() throws Exception {
        if (clock != null) {
            ioMetrics().unregisterBackPressureListener(clock);
        }
        super.close();
    }

    @Override
    public void processElement(StreamRecord<RowData> element) {
        if (ReadingRow.isAccepted(element.getValue())) {
            activeAtMs = clock.relativeTimeMillis();
            become(false);
        }
        output.collect(element);
    }

    @Override
    public void processWatermarkStatus(WatermarkStatus ofTheSource) {}

    @Override
    public void endInput() {
        become(false);
        output.emitWatermark(Watermark.MAX_WATERMARK);
    }

    private void checkActivity(long ignored) {
        long silentMs = clock.relativeTimeMillis() - activeAtMs;
        if (silentMs >= idleMs) {
            become(true);
        }
        checkIn(silentMs >= idleMs ? idleMs : Math.max(idleMs - silentMs, LEAST_MS));
    }

    private void checkIn(long waitMs) {
        long nowMs = getProcessingTimeService().getCurrentProcessingTime();
        getProcessingTimeService().registerTimer(nowMs + waitMs, this::checkActivity);
    }

    private TaskIOMetricGroup ioMetrics() {
        return getContainingTask().getEnvironment().getMetricGroup().getIOMetricGroup();
    }

    private void become(boolean wanted) {
        if (idle != wanted) {
            idle = wanted;
            output.emitWatermarkStatus(wanted ? WatermarkStatus.IDLE : WatermarkStatus.ACTIVE);
        }
    }
}
