package org.eqm.streaming;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.binary.TypedSetters;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * A user's readings to windows of packed samples. Each window that holds a reading comes once, in order, when the
 * watermark has passed its end. A user's windows end at multiples of the pane, and the user's phase later ({@link Phases}).
 *
 * <p>Whether a reading is late is decided here, where the windows are: it is when the first of its windows has been
 * sent. So every accepted reading is either in all of its windows or marked late, whatever the watermarks did. Before
 * the shuffle it would be judged against another watermark: what was counted as used there could be dropped here
 * (docs/decisions/0001-decoding-and-windows-in-our-own-jvm-operators.md).
 *
 * <p>A window is sent as what is new in it: each pane travels once, with the first window that ends with it, for the
 * reader keeps the others. A row that is {@code fresh} brings all panes of its window, and what the reader kept of this
 * user is void: the user's first, and the first after a restore. {@code size} tells the reader how many bytes the
 * whole window has, so that it cannot go on with a part. Whole windows would be twelve times the bytes
 * (docs/decisions/0007-what-the-features-path-spends.md; the reader is pipelines/features/pane_cache.py).
 *
 * <p>State: the user's open panes, timers at the ends of windows, and {@link Continuity}. After a restore it continues
 * exactly; {@link ContractOperator} keeps away state of another window or pane length, or of another number of phases.
 */
final class Windows extends KeyedProcessFunction<String, RowData, RowData> implements CheckpointedFunction {
    private static final long serialVersionUID = 1L;

    private final Contract contract;
    private final Phases phases;
    private final long paneMs;
    private final long windowMs;
    private final OutputTag<RowData> accepted;
    private final Continuity continuity = new Continuity();
    private transient MapState<Long, Pane> panes;

    /** Users of whom the reader keeps panes. No state, for the reader's memory does not outlive a restore either. */
    private transient Set<String> followed;

    Windows(Contract contract, Phases phases, long paneMs, long windowMs, OutputTag<RowData> accepted) {
        this.contract = contract;
        this.phases = phases;
        this.paneMs = paneMs;
        this.windowMs = windowMs;
        this.accepted = accepted;
    }

    @Override
    public void open(OpenContext context) {
        var descriptor = new MapStateDescriptor<>("panes", Types.LONG, Types.POJO(Pane.class));
        panes = getRuntimeContext().getMapState(descriptor);
        followed = new HashSet<>();
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        continuity.restore(context.getOperatorStateStore());
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        continuity.save();
    }

    @Override
    public void processElement(RowData row, Context context, Collector<RowData> out) throws Exception {
        long at = row.getLong(ReadingRow.TIMESTAMP_MS);
        long paneStartMs = phases.paneStartMs(context.getCurrentKey(), at);
        // The first of a reading's windows is the one that ends with its pane, a millisecond after its last instant.
        boolean late = paneStartMs + paneMs - 1 <= continuity.reached(context.timerService().currentWatermark());
        if (!late) {
            keep(row, paneStartMs, context);
        }
        ((TypedSetters) row).setBoolean(ReadingRow.LATE, late);
        context.output(accepted, row);
    }

    private void keep(RowData row, long paneStartMs, Context context) throws Exception {
        Pane pane = panes.get(paneStartMs);
        if (pane == null) {
            pane = new Pane();
            // Flink keeps one timer for an instant, however many panes ask for it: each window is sent once.
            for (long endMs = paneStartMs + paneMs; endMs <= paneStartMs + windowMs; endMs += paneMs) {
                context.timerService().registerEventTimeTimer(endMs - 1);
            }
        }
        pane.add(row, contract);
        panes.put(paneStartMs, pane);
    }

    @Override
    public void onTimer(long timestampMs, OnTimerContext context, Collector<RowData> out) throws Exception {
        // Whatever has been sent must be known to the next checkpoint, though no reading follows.
        continuity.reached(context.timerService().currentWatermark());
        String user = context.getCurrentKey();
        long startMs = timestampMs + 1 - windowMs;
        long lastPaneMs = startMs + windowMs - paneMs;
        Map<Long, Pane> held = held(startMs);
        boolean fresh = followed.add(user);
        Map<Long, Pane> sent = new TreeMap<>(held);
        if (!fresh) {
            sent.keySet().retainAll(Set.of(lastPaneMs));
        }
        panes.remove(startMs); // This was the last window that holds it.
        if (panes.isEmpty()) {
            followed.remove(user);
        }
        out.collect(GenericRowData.of(StringData.fromString(user), startMs, fresh, size(held), packed(sent)));
    }

    private Map<Long, Pane> held(long startMs) throws Exception {
        Map<Long, Pane> held = new TreeMap<>();
        for (long paneStartMs = startMs; paneStartMs < startMs + windowMs; paneStartMs += paneMs) {
            Pane pane = panes.get(paneStartMs);
            if (pane != null) {
                held.put(paneStartMs, pane);
            }
        }
        return held;
    }

    private static int size(Map<Long, Pane> panes) {
        return panes.values().stream().mapToInt(Pane::frameBytes).sum();
    }

    private static byte[] packed(Map<Long, Pane> panes) {
        ByteBuffer frames = ByteBuffer.allocate(size(panes)).order(ByteOrder.LITTLE_ENDIAN);
        panes.forEach((startMs, pane) -> pane.frame(startMs, frames));
        return frames.array();
    }
}
