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
 * Sets event time. A partition's watermark trails its newest reading by the lateness; a subtask's watermark is that of
 * its slowest partition.
 *
 * <p>Only accepted readings count. A sender of garbage neither advances event time nor keeps its partition from being
 * idle.
 *
 * <p><b>Idle partitions.</b> A partition that gives no reading for {@code idleMs} takes the time of the slowest active
 * partition of its subtask, and so holds back nobody. When no partition of a subtask is active, the subtask marks
 * itself idle, and Flink goes on without it. A subtask that has no partition does the same.
 *
 * <p><b>Waiting is not silence.</b> The source stops reading while it is ahead of the slowest partition, and while the
 * operators behind it are under back-pressure. Idleness is therefore measured by Flink's input activity clocks, which
 * stand still meanwhile. By an ordinary clock a subtask that waits would count as idle, the others would go on without
 * it, and its readings would be late.
 *
 * <p><b>Hold.</b> After a start or an outage partitions come back one after the other. The one that comes back first
 * must not make the others' readings late. So event time is held for {@code holdMs} from the first reading on.
 *
 * <p>After a start a partition counts meanwhile as half the drift before its first reading: no event time has been
 * reached yet, so nothing is lost by standing far back, and which partition is read first is chance. After a silence it
 * counts as no further than half the lateness past its first reading. It is not held where it was before the silence,
 * because Flink ignores a subtask that was idle until its watermark has reached that of the others.
 *
 * <p><b>Alignment.</b> Flink pauses a partition that is more than {@code driftMs} of event time ahead of the slowest.
 * Otherwise, in a backlog, a partition with fewer users would be read far ahead, and its readings would pile up in open
 * windows.
 *
 * <p>How each of these was found: docs/decisions/0001-decoding-and-windows-in-our-own-jvm-operators.md (what counts),
 * docs/decisions/0009-what-goes-on-over-a-failure.md (waiting, hold), docs/decisions/0010-partitions-at-one-pace.md
 * (idle subtasks, alignment).
 */
final class ReadingWatermarks implements WatermarkStrategy<RowData> {
    private static final long serialVersionUID = 1L;

    /**
     * How often partitions report their watermarks. Between two reports a partition can gain no more than the drift, so
     * this bounds the pace of a backlog: a minute in 100 ms is 600 times real time.
     */
    private static final long ALIGNED_EVERY_MS = 100;

    private final long latenessMs;
    private final long idleMs;
    private final long holdMs;
    private final long driftMs;

    // Flink makes a copy of the strategy for each subtask. What follows is that subtask's, and is not restored.
    private transient List<Partition> partitions;
    private transient RelativeClock sourceClock;
    private transient long acceptedAtMs;
    private transient long heldUntilMs;
    private transient int holds;

    /**
     * @param holdMs how long event time is held after a start or a silence
     * @param driftMs how far a partition may be ahead of the slowest; 0 turns alignment off, as a bounded read needs
     *     it: the connector fails where it has to pause a partition that it has read to its end (FLINK-39728)
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

    /**
     * Begins a hold after a start or a silence. A silence counts when the other partitions would be idle before a hold
     * is over; after a shorter one they have at least as long as a hold anyway. It is never less than half of
     * {@code idleMs}: where {@code idleMs} is short, ordinary gaps must begin no hold.
     */
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
                // A partition without a reading in this hold says nothing: it may have a backlog of any age.
                if (hold == holds) {
                    emit(output, Math.min(newestMs, heldAtMs()));
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

        private long heldAtMs() {
            return holds == 1 ? firstMs - driftMs / 2 : firstMs + latenessMs / 2;
        }

        private void emit(WatermarkOutput output, long reachedMs) {
            output.emitWatermark(new Watermark(reachedMs - latenessMs - 1));
        }
    }

    /**
     * Marks a subtask without partitions idle. It sees no rows. At first it waits for {@code idleMs}: partitions are
     * assigned only after the start.
     */
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
