package org.eqm.streaming;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.apache.flink.api.common.eventtime.TimestampAssigner;
import org.apache.flink.api.common.eventtime.TimestampAssignerSupplier;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkAlignmentParams;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.clock.RelativeClock;

/**
 * Bounded out-of-orderness per partition. Only accepted readings move time or keep a partition awake: a sender of
 * garbage can neither advance the others' time nor hold it back. A partition that gave none for a while follows the
 * slowest of the others that this subtask reads.
 *
 * <p>After a start, and where none gave any for a while, time stands still for a moment from the first reading on: the
 * partitions come back one after the other, and the readings of those that are last must not be late for it. It stands
 * still half the lateness after a partition's first reading, not where it was before: a subtask counts again only once
 * it has come to where all were when the last fell silent.
 *
 * <p>Partitions are read at one pace of event time: one that is ahead of the slowest by more than the drift waits. A
 * backlog is read as fast as the machine can, and partitions have different numbers of users: without this, what is read
 * too early would pile up in open windows.
 *
 * <p>A subtask of which no partition gives any more, or which has none, calls itself idle, and holds up nobody. Time in
 * which it waits does not count, be it for the slowest partition or for what follows and takes nothing: a reading that
 * had to wait is no missing one, and the others must not go on without it.
 */
final class ReadingWatermarks implements WatermarkStrategy<RowData> {
    private static final long serialVersionUID = 1L;

    /** No partition gets further than the drift in between, so this bounds the pace at which a backlog is read. */
    private static final long ALIGNED_EVERY_MS = 100;

    private final long latenessMs;
    private final long idleMs;
    private final long holdMs;
    private final long driftMs;
    private transient List<Partition> partitions;
    private transient RelativeClock sourceClock;
    private transient long acceptedAtMs;
    private transient long heldUntilMs;
    private transient int holds;

    /**
     * @param holdMs how long time stands still when readings come again
     * @param driftMs how far a partition may be ahead of the slowest; 0: any far, as a bounded read needs it, for the
     *     connector cannot pause a partition that it has read to its end
     */
    ReadingWatermarks(long latenessMs, long idleMs, long holdMs, long driftMs) {
        this.latenessMs = latenessMs;
        this.idleMs = idleMs;
        this.holdMs = holdMs;
        this.driftMs = driftMs;
    }

    @Override
    public WatermarkAlignmentParams getAlignmentParameters() {
        return driftMs == 0
                ? WatermarkAlignmentParams.WATERMARK_ALIGNMENT_DISABLED
                : new WatermarkAlignmentParams(driftMs, "readings", ALIGNED_EVERY_MS);
    }

    @Override
    public TimestampAssigner<RowData> createTimestampAssigner(TimestampAssignerSupplier.Context context) {
        return (row, ignored) -> ReadingRow.isAccepted(row) ? row.getLong(ReadingRow.TIMESTAMP_MS) : 0L;
    }

    /** The source asks first for the generator of its main output, which sees no rows, then for one per partition. */
    @Override
    public WatermarkGenerator<RowData> createWatermarkGenerator(WatermarkGeneratorSupplier.Context context) {
        if (partitions == null) {
            partitions = new ArrayList<>();
            sourceClock = context.getInputActivityClock();
            return new Unassigned();
        }
        Partition partition = new Partition(context.getInputActivityClock());
        partitions.add(partition);
        return partition;
    }

    private void accepted() {
        long nowMs = sourceClock.relativeTimeMillis();
        if (holds == 0 || nowMs - acceptedAtMs > Math.max(idleMs - holdMs, idleMs / 2)) {
            heldUntilMs = nowMs + holdMs;
            holds++;
        }
        acceptedAtMs = nowMs;
    }

    private boolean isHeld() {
        return sourceClock.relativeTimeMillis() < heldUntilMs;
    }

    private OptionalLong slowestActiveMs() {
        return partitions.stream().filter(Partition::isActive).mapToLong(partition -> partition.newestMs).min();
    }

    private final class Partition implements WatermarkGenerator<RowData> {
        private final RelativeClock clock;
        private long newestMs = Long.MIN_VALUE;
        private long firstMs;
        private int hold;
        private long activeAtNanos;

        Partition(RelativeClock clock) {
            this.clock = clock;
            this.activeAtNanos = clock.relativeTimeNanos();
        }

        boolean isSilent() {
            return clock.relativeTimeNanos() - activeAtNanos > idleMs * 1_000_000L;
        }

        boolean isActive() {
            return newestMs != Long.MIN_VALUE && !isSilent();
        }

        @Override
        public void onEvent(RowData row, long timestampMs, WatermarkOutput output) {
            if (ReadingRow.isAccepted(row)) {
                accepted();
                if (hold != holds) {
                    hold = holds;
                    firstMs = timestampMs;
                }
                newestMs = Math.max(newestMs, timestampMs);
                activeAtNanos = clock.relativeTimeNanos();
            }
        }

        @Override
        public void onPeriodicEmit(WatermarkOutput output) {
            if (isHeld()) {
                if (hold == holds) {
                    emit(output, Math.min(newestMs, firstMs + latenessMs / 2));
                }
                return;
            }
            if (isSilent()) {
                OptionalLong slowestMs = slowestActiveMs();
                if (slowestMs.isEmpty()) {
                    output.markIdle();
                    return;
                }
                newestMs = Math.max(newestMs, slowestMs.getAsLong());
            }
            if (newestMs != Long.MIN_VALUE) {
                emit(output, newestMs);
            }
        }

        private void emit(WatermarkOutput output, long reachedMs) {
            output.emitWatermark(new Watermark(reachedMs - latenessMs - 1));
        }
    }

    /** Sees no rows; tells what the partitions cannot. Until it has been without any for a while, it may yet get some. */
    private final class Unassigned implements WatermarkGenerator<RowData> {
        private final long sinceMs = sourceClock.relativeTimeMillis();

        @Override
        public void onEvent(RowData row, long timestampMs, WatermarkOutput output) {}

        @Override
        public void onPeriodicEmit(WatermarkOutput output) {
            if (partitions.isEmpty() && sourceClock.relativeTimeMillis() - sinceMs > idleMs) {
                output.markIdle();
            }
        }
    }
}
