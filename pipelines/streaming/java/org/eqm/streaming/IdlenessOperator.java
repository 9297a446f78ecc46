package org.eqm.streaming;

import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.table.data.RowData;

/**
 * Declares its channel idle while no accepted reading comes.
 *
 * <p>It does so rather than the source, because an idle source swallows the end-of-time watermark of a drain, and
 * with it the last windows. Stateless: after a restore it is active until it has been silent for long enough.
 */
final class IdlenessOperator extends AbstractStreamOperator<RowData>
        implements OneInputStreamOperator<RowData, RowData> {
    private static final long serialVersionUID = 1L;

    private final long idleMs;
    private transient long activeAtMs;
    private transient boolean idle;

    IdlenessOperator(long idleMs) {
        this.idleMs = idleMs;
    }

    @Override
    public void open() throws Exception {
        super.open();
        activeAtMs = getProcessingTimeService().getCurrentProcessingTime();
        getProcessingTimeService().registerTimer(activeAtMs + idleMs, this::checkActivity);
    }

    @Override
    public void processElement(StreamRecord<RowData> element) {
        if (ReadingRow.isAccepted(element.getValue())) {
            activeAtMs = getProcessingTimeService().getCurrentProcessingTime();
            become(false);
        }
        output.collect(element);
    }

    @Override
    public void processWatermark(Watermark watermark) throws Exception {
        if (watermark.equals(Watermark.MAX_WATERMARK)) {
            become(false);
        }
        super.processWatermark(watermark);
    }

    private void checkActivity(long nowMs) {
        long silentMs = nowMs - activeAtMs;
        if (silentMs >= idleMs) {
            become(true);
        }
        long nextMs = silentMs >= idleMs ? idleMs : idleMs - silentMs;
        getProcessingTimeService().registerTimer(nowMs + nextMs, this::checkActivity);
    }

    private void become(boolean wanted) {
        if (idle != wanted) {
            idle = wanted;
            output.emitWatermarkStatus(wanted ? WatermarkStatus.IDLE : WatermarkStatus.ACTIVE);
        }
    }
}
