package org.eqm.streaming;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.runtime.event.WatermarkEvent;
import org.apache.flink.runtime.metrics.groups.TaskIOMetricGroup;
import org.apache.flink.runtime.metrics.groups.UnregisteredMetricGroups;
import org.apache.flink.streaming.api.operators.source.CollectingDataOutput;
import org.apache.flink.streaming.api.operators.source.TimestampsAndWatermarks;
import org.apache.flink.streaming.api.operators.util.PausableRelativeClock;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.io.PushingAsyncDataInput.DataOutput;
import org.apache.flink.streaming.runtime.streamrecord.LatencyMarker;
import org.apache.flink.streaming.runtime.streamrecord.RecordAttributes;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.ProcessingTimeService;
import org.apache.flink.streaming.runtime.tasks.TestProcessingTimeService;
import org.apache.flink.streaming.runtime.watermarkstatus.StatusWatermarkValve;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.InstantiationUtil;
import org.apache.flink.util.clock.Clock;

/**
 * The source's watermarks as the operator behind all of its subtasks sees them: Flink's own classes make one watermark
 * of the partitions' and then of the subtasks', on a clock that stands until the test moves it.
 */
final class RunningSource {
    private static final long EMITTED_EVERY_MS = 200;

    private final TestProcessingTimeService time = new TestProcessingTimeService();
    private final CollectingDataOutput<RowData> behind = new CollectingDataOutput<>();
    private final List<Subtask> subtasks = new ArrayList<>();

    RunningSource(int parallelism, WatermarkStrategy<RowData> strategy) throws Exception {
        time.setCurrentTime(0);
        StatusWatermarkValve valve = new StatusWatermarkValve(parallelism);
        for (int index = 0; index < parallelism; index++) {
            subtasks.add(new Subtask(InstantiationUtil.clone(strategy), new Channel(valve, index, behind)));
        }
    }

    Subtask subtask(int index) {
        return subtasks.get(index);
    }

    /** Time goes by, and with it the moments at which Flink asks for watermarks. */
    void pass(long ms) throws Exception {
        for (long leftMs = ms; leftMs > 0; leftMs -= EMITTED_EVERY_MS) {
            time.advance(Math.min(leftMs, EMITTED_EVERY_MS));
        }
    }

    long watermarkMs() {
        return behind.getEvents().stream()
                .filter(Watermark.class::isInstance)
                .mapToLong(event -> ((Watermark) event).getTimestamp())
                .reduce(Long.MIN_VALUE, (before, last) -> last);
    }

    boolean isIdle() {
        return behind.getEvents().stream()
                .filter(WatermarkStatus.class::isInstance)
                .map(event -> ((WatermarkStatus) event).isIdle())
                .reduce(false, (before, last) -> last);
    }

    /** As Flink's SourceOperator handles it. */
    final class Subtask {
        private final TaskIOMetricGroup metrics =
                UnregisteredMetricGroups.createUnregisteredTaskMetricGroup().getIOMetricGroup();
        private final PausableRelativeClock activity = new PausableRelativeClock(time.getClock());
        private final Map<String, SourceOutput<RowData>> partitions = new HashMap<>();
        private final TimestampsAndWatermarks<RowData> watermarks;
        private final ReaderOutput<RowData> output;

        private Subtask(WatermarkStrategy<RowData> strategy, Channel channel) {
            metrics.registerBackPressureListener(activity);
            watermarks = TimestampsAndWatermarks.createProgressiveEventTimeLogic(
                    strategy, metrics, new Timers(), EMITTED_EVERY_MS, activity, time.getClock(), metrics);
            output = watermarks.createMainOutput(channel, new NoAlignment());
            watermarks.startPeriodicWatermarkEmits();
        }

        Subtask with(String... names) {
            for (String name : names) {
                partitions.put(name, output.createOutputForSplit(name));
            }
            return this;
        }

        void read(String partition, long... timestampsMs) {
            for (long timestampMs : timestampsMs) {
                partitions.get(partition).collect(Readings.accepted("ann", timestampMs, 72));
            }
        }

        void readGarbage(String partition, long timestampMs) {
            partitions.get(partition).collect(Readings.rejected(timestampMs));
        }

        /** A partition that is ahead of the slowest waits, for the alignment of watermarks. */
        void pause(String partition) {
            watermarks.pauseOrResumeSplits(Set.of(partition), Set.of());
        }

        void resume(String partition) {
            watermarks.pauseOrResumeSplits(Set.of(), Set.of(partition));
        }

        /** All is ahead of the slowest: the subtask itself waits, too. */
        void pauseAll() {
            watermarks.pauseOrResumeSplits(partitions.keySet(), Set.of());
            activity.pause();
        }

        void resumeAll() {
            watermarks.pauseOrResumeSplits(Set.of(), partitions.keySet());
            activity.unPause();
        }

        /** What follows takes nothing. */
        void beginBackPressure() {
            metrics.getHardBackPressuredTimePerSecond().markStart();
        }

        void endBackPressure() {
            metrics.getHardBackPressuredTimePerSecond().markEnd();
        }
    }

    /** From a subtask to the operator behind. */
    private record Channel(StatusWatermarkValve valve, int index, DataOutput<RowData> behind)
            implements DataOutput<RowData> {
        @Override
        public void emitWatermark(Watermark watermark) throws Exception {
            valve.inputWatermark(watermark, index, behind);
        }

        @Override
        public void emitWatermarkStatus(WatermarkStatus status) throws Exception {
            valve.inputWatermarkStatus(status, index, behind);
        }

        @Override
        public void emitRecord(StreamRecord<RowData> row) {}

        @Override
        public void emitLatencyMarker(LatencyMarker marker) {}

        @Override
        public void emitRecordAttributes(RecordAttributes attributes) {}

        @Override
        public void emitWatermark(WatermarkEvent event) {}
    }

    /** Tests pause by hand: what Flink's coordinator would be told goes nowhere. */
    private static final class NoAlignment implements TimestampsAndWatermarks.WatermarkUpdateListener {
        @Override
        public void updateIdle(boolean idle) {}

        @Override
        public void updateCurrentEffectiveWatermark(long watermarkMs) {}

        @Override
        public void updateCurrentSplitWatermark(String partition, long watermarkMs) {}

        @Override
        public void updateCurrentSplitIdle(String partition, boolean idle) {}

        @Override
        public void splitFinished(String partition) {}
    }

    private final class Timers implements ProcessingTimeService {
        @Override
        public Clock getClock() {
            return time.getClock();
        }

        @Override
        public ScheduledFuture<?> registerTimer(long timestampMs, ProcessingTimeCallback target) {
            return time.registerTimer(timestampMs, target);
        }

        @Override
        public ScheduledFuture<?> scheduleAtFixedRate(ProcessingTimeCallback target, long delayMs, long periodMs) {
            return time.scheduleAtFixedRate(target, delayMs, periodMs);
        }

        @Override
        public ScheduledFuture<?> scheduleWithFixedDelay(ProcessingTimeCallback target, long delayMs, long periodMs) {
            return time.scheduleWithFixedDelay(target, delayMs, periodMs);
        }

        @Override
        public CompletableFuture<Void> quiesce() {
            return time.quiesce();
        }
    }
}
