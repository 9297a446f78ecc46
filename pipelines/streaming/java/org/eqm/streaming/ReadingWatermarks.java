package org.eqm.streaming;

import org.apache.flink.api.common.eventtime.TimestampAssigner;
import org.apache.flink.api.common.eventtime.TimestampAssignerSupplier;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.clock.RelativeClock;

/**
 * Bounded out-of-orderness per partition. Only accepted readings move time or keep a partition awake: a sender of
 * garbage can neither advance the others' time nor hold it back.
 */
final class ReadingWatermarks implements WatermarkStrategy<RowData> {
    private static final long serialVersionUID = 1L;

    private final long latenessMs;
    private final long idleMs;

    ReadingWatermarks(long latenessMs, long idleMs) {
        this.latenessMs = latenessMs;
        this.idleMs = idleMs;
    }

    @Override
    public TimestampAssigner<RowData> createTimestampAssigner(TimestampAssignerSupplier.Context context) {
        return (row, ignored) -> accepted(row) ? row.getLong(ReadingRow.TIMESTAMP_MS) : 0L;
    }

    @Override
    public WatermarkGenerator<RowData> createWatermarkGenerator(WatermarkGeneratorSupplier.Context context) {
        return new Generator(latenessMs, idleMs, context.getInputActivityClock());
    }

    private static boolean accepted(RowData row) {
        return row.isNullAt(ReadingRow.REASON);
    }

    private static final class Generator implements WatermarkGenerator<RowData> {
        private final long latenessMs;
        private final long idleNanos;
        private final RelativeClock clock;
        private long newestMs = Long.MIN_VALUE;
        private long activeAtNanos;

        Generator(long latenessMs, long idleMs, RelativeClock clock) {
            this.latenessMs = latenessMs;
            this.idleNanos = idleMs * 1_000_000L;
            this.clock = clock;
            this.activeAtNanos = clock.relativeTimeNanos();
        }

        @Override
        public void onEvent(RowData row, long timestampMs, WatermarkOutput output) {
            if (accepted(row)) {
                newestMs = Math.max(newestMs, timestampMs);
                activeAtNanos = clock.relativeTimeNanos();
            }
        }

        @Override
        public void onPeriodicEmit(WatermarkOutput output) {
            if (clock.relativeTimeNanos() - activeAtNanos > idleNanos) {
                output.markIdle();
            } else if (newestMs != Long.MIN_VALUE) {
                output.emitWatermark(new Watermark(newestMs - latenessMs - 1));
            }
        }
    }
}
