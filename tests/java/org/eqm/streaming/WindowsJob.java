package org.eqm.streaming;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.OutputTag;

/** {@link Windows} on one subtask or several, and a reader that puts panes together again as the Python side does. */
final class WindowsJob implements AutoCloseable {
    private static final int MAX_PARALLELISM = 16;
    private static final OutputTag<RowData> ACCEPTED = new OutputTag<>("accepted", Readings.LAYOUT.typeInformation());

    /** A measured value. */
    record Sample(long ms, String sensor, int channel, double value) {
        Sample(long ms, int channel, double value) {
            this(ms, "wrist", channel, value);
        }

        static final Comparator<Sample> BY_TIME = Comparator.comparingLong(Sample::ms);
    }

    /** A pane as the reader has it: its length as it came, and its samples. */
    private record Pane(int bytes, List<Sample> samples) {}

    /** A window as the reader has it; of its samples so many came with it. */
    record Window(String user, long startMs, boolean fresh, int sentSamples, List<Sample> samples) {
        int heldSamples() {
            return samples.size();
        }
    }

    /** An accepted reading with its mark. */
    record Reading(String user, long ms, boolean late) {}

    private final List<KeyedOneInputStreamOperatorTestHarness<String, RowData, RowData>> subtasks = new ArrayList<>();
    private final Map<String, Map<Long, Pane>> kept = new HashMap<>();

    private final Phases phases;

    /** Where all users have one phase. */
    WindowsJob(int parallelism) throws Exception {
        this(parallelism, new Phases(Readings.PANE_MS, 1));
    }

    WindowsJob(int parallelism, Phases phases) throws Exception {
        this(parallelism, phases, 0, null);
    }

    private WindowsJob(int parallelism, Phases phases, int formerly, OperatorSubtaskState saved) throws Exception {
        this.phases = phases;
        for (int index = 0; index < parallelism; index++) {
            var windows = new Windows(Readings.CONTRACT, phases, Readings.PANE_MS, Readings.WINDOW_MS, ACCEPTED);
            var subtask = new KeyedOneInputStreamOperatorTestHarness<String, RowData, RowData>(
                    new KeyedProcessOperator<>(windows),
                    WindowsJob::user,
                    Types.STRING,
                    MAX_PARALLELISM,
                    parallelism,
                    index);
            subtask.setup(ReadingStream.WINDOW.createSerializer(subtask.getExecutionConfig().getSerializerConfig()));
            if (saved != null) {
                subtask.initializeState(AbstractStreamOperatorTestHarness.repartitionOperatorState(
                        saved, MAX_PARALLELISM, formerly, parallelism, index));
            }
            subtask.open();
            subtasks.add(subtask);
        }
    }

    /** The job that goes on from this one's savepoint. */
    WindowsJob rescaled(int parallelism) throws Exception {
        OperatorSubtaskState[] saved = new OperatorSubtaskState[subtasks.size()];
        for (int index = 0; index < saved.length; index++) {
            saved[index] = subtasks.get(index).snapshot(1, 0);
        }
        close();
        return new WindowsJob(parallelism, phases, saved.length, AbstractStreamOperatorTestHarness.repackageState(saved));
    }

    void read(String user, long ms) throws Exception {
        read(user, ms, 72);
    }

    void read(String user, long ms, double heartRate) throws Exception {
        read(user, "wrist", ms, heartRate);
    }

    void read(String user, String sensor, long ms, double heartRate) throws Exception {
        int index = KeyGroupRangeAssignment.assignKeyToParallelOperator(user, MAX_PARALLELISM, subtasks.size());
        subtasks.get(index).processElement(Readings.accepted(user, sensor, ms, heartRate), ms);
    }

    /** All subtasks get the watermark: the windows that it closes, subtask by subtask. */
    List<Window> watermark(long ms) throws Exception {
        List<Window> sent = new ArrayList<>();
        for (int index = 0; index < subtasks.size(); index++) {
            sent.addAll(watermark(index, ms));
        }
        return sent;
    }

    List<Window> watermark(int index, long ms) throws Exception {
        subtasks.get(index).processWatermark(new Watermark(ms));
        List<Window> sent = subtasks.get(index).extractOutputValues().stream().map(this::received).toList();
        subtasks.get(index).getOutput().clear();
        return sent;
    }

    /** What was read since the last call, with marks, subtask by subtask. */
    List<Reading> accepted() {
        List<Reading> accepted = new ArrayList<>();
        for (var subtask : subtasks) {
            Queue<StreamRecord<RowData>> rows = subtask.getSideOutput(ACCEPTED);
            while (rows != null && !rows.isEmpty()) {
                RowData row = rows.remove().getValue();
                accepted.add(new Reading(
                        user(row), row.getLong(ReadingRow.TIMESTAMP_MS), row.getBoolean(ReadingRow.LATE)));
            }
        }
        return accepted;
    }

    /** Users with state, and timers. */
    int entries() {
        return subtasks.stream().mapToInt(each -> each.numKeyedStateEntries() + each.numEventTimeTimers()).sum();
    }

    @Override
    public void close() throws Exception {
        for (var subtask : subtasks) {
            subtask.close();
        }
    }

    private Window received(RowData row) {
        String user = row.getString(0).toString();
        long startMs = row.getLong(1);
        boolean fresh = row.getBoolean(2);
        Map<Long, Pane> sent = unpacked(row.getBinary(4));
        Map<Long, Pane> panes = fresh ? new TreeMap<>() : kept.getOrDefault(user, new TreeMap<>());
        panes.putAll(sent);
        panes.keySet().removeIf(paneMs -> paneMs < startMs);
        kept.put(user, panes);
        assertEquals(row.getInt(3), panes.values().stream().mapToInt(Pane::bytes).sum(), "the reader has it all");
        return new Window(user, startMs, fresh, samples(sent).size(), samples(panes));
    }

    private static List<Sample> samples(Map<Long, Pane> panes) {
        return panes.values().stream().flatMap(pane -> pane.samples().stream()).toList();
    }

    private static Map<Long, Pane> unpacked(byte[] packed) {
        Map<Long, Pane> panes = new TreeMap<>();
        ByteBuffer from = ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN);
        while (from.hasRemaining()) {
            int begin = from.position();
            byte[] names = new byte[from.getInt()];
            int sampleBytes = from.getInt();
            long paneMs = from.getLong();
            String[] sensors = named(from, names);
            List<Sample> samples = new ArrayList<>();
            for (int end = from.position() + sampleBytes; from.position() < end; ) {
                samples.add(sample(from.getLong(), from.getDouble(), sensors));
            }
            panes.put(paneMs, new Pane(from.position() - begin, samples));
        }
        return panes;
    }

    private static String[] named(ByteBuffer from, byte[] names) {
        from.get(names);
        return new String(names, StandardCharsets.UTF_8).split("\n");
    }

    private static Sample sample(long key, double value, String[] sensors) {
        long instant = Math.floorDiv(key, (long) Readings.SLOTS);
        int source = (int) Math.floorMod(instant, (long) Readings.SOURCE_SLOTS);
        long ms = Math.floorDiv(instant, (long) Readings.SOURCE_SLOTS);
        return new Sample(ms, sensors[source], (int) Math.floorMod(key, (long) Readings.SLOTS), value);
    }

    private static String user(RowData row) {
        return row.getString(ReadingRow.USER_ID).toString();
    }
}
