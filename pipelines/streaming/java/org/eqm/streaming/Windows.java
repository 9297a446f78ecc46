package org.eqm.streaming;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
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
 * watermark has passed its end.
 *
 * <p>Whether a reading is late is decided here, where the windows are: it is when the first of its windows has been
 * sent. So every accepted reading is either in all of its windows or marked late, whatever the watermarks did.
 *
 * <p>State: the user's open panes, timers at the ends of windows, and {@link Continuity}. After a restore it continues
 * exactly; {@link ContractOperator} keeps away state of another window or pane length.
 */
final class Windows extends KeyedProcessFunction<String, RowData, RowData> implements CheckpointedFunction {
    private static final long serialVersionUID = 1L;

    private final int channels;
    private final int slots;
    private final long paneMs;
    private final long windowMs;
    private final OutputTag<RowData> accepted;
    private final Continuity continuity = new Continuity();
    private transient MapState<Long, Pane> panes;

    Windows(Contract contract, long paneMs, long windowMs, OutputTag<RowData> accepted) {
        this.channels = contract.channels();
        this.slots = contract.slots;
        this.paneMs = paneMs;
        this.windowMs = windowMs;
        this.accepted = accepted;
    }

    @Override
    public void open(OpenContext context) {
        var descriptor = new MapStateDescriptor<>("panes", Types.LONG, Types.POJO(Pane.class));
        panes = getRuntimeContext().getMapState(descriptor);
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
        long paneStartMs = at - Math.floorMod(at, paneMs);
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
            for (long endMs = paneStartMs + paneMs; endMs <= paneStartMs + windowMs; endMs += paneMs) {
                context.timerService().registerEventTimeTimer(endMs - 1);
            }
        }
        pane.add(row, channels, slots);
        panes.put(paneStartMs, pane);
    }

    @Override
    public void onTimer(long timestampMs, OnTimerContext context, Collector<RowData> out) throws Exception {
        continuity.reached(context.timerService().currentWatermark());
        long startMs = timestampMs + 1 - windowMs;
        byte[] samples = packed(startMs);
        panes.remove(startMs);
        StringData user = StringData.fromString(context.getCurrentKey());
        out.collect(GenericRowData.of(user, startMs, samples));
    }

    private byte[] packed(long startMs) throws Exception {
        List<Pane> held = new ArrayList<>();
        int size = 0;
        for (long paneStartMs = startMs; paneStartMs < startMs + windowMs; paneStartMs += paneMs) {
            Pane pane = panes.get(paneStartMs);
            if (pane != null) {
                held.add(pane);
                size += pane.size;
            }
        }
        ByteBuffer samples = ByteBuffer.allocate(size);
        held.forEach(pane -> samples.put(pane.data, 0, pane.size));
        return samples.array();
    }
}
