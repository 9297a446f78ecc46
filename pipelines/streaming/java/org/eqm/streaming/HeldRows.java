package org.eqm.streaming;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.data.utils.ProjectedRowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.DataTypeQueryable;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.Preconditions;

/**
 * Holds rows back until they are worth a file, and passes them on between two checkpoints. It stands before a sink that
 * ends its files with each checkpoint, as Flink's does for Parquet: so the sink writes one file for all of them
 * (docs/decisions/0017-files-by-size-and-time.md).
 *
 * <p>What is held is state. A restore finds each row either here or in a file of the same checkpoint, and another
 * parallelism shares the chunks out anew. At the end of the input, which a drain brings, all go out.
 *
 * <p>Whether they go is decided when a checkpoint's state has been taken. They go behind its barrier, some with each row
 * that comes; what is left goes before the next barrier. So the checkpoint does not wait for them, and windows in the
 * same thread do not wait behind all of them at once. Rows stay in order within a subtask.
 */
public final class HeldRows extends AbstractStreamOperator<RowData>
        implements OneInputStreamOperator<RowData, RowData>, BoundedOneInput {
    private static final long serialVersionUID = 1L;

    static final int CHUNK_ROWS = 4_096;

    /** So many rows or bytes, as serialised, are worth a file. */
    static final int FILE_ROWS = 65_536;

    static final long FILE_BYTES = 16L << 20;

    /** At so many times that, rows go without a checkpoint: one that does not come must not fill the memory. */
    static final int MOST_FILES = 4;

    private final RowDataSerializer serializer;
    private final int[] fields;
    private final long rollMs;

    private transient ListState<Tuple2<Integer, byte[]>> saved;
    private transient ProjectedRowData projected;
    private transient RowChunk.Open open;
    private transient Deque<RowChunk> held;
    private transient long heldRows;
    private transient long heldBytes;
    private transient long heldSinceMs;
    /** Rows that came since the last checkpoint. */
    private transient long arrived;

    private transient Deque<RowChunk> leaving;
    private transient long leavingRows;
    /** So many leave with each row that comes. */
    private transient long ration;

    private transient DataInputDeserializer unpacked;
    private transient int unpackedRows;
    private transient BinaryRowData row;
    private transient StreamRecord<RowData> sent;

    /**
     * @param type of the rows that leave
     * @param fields where each of its columns stands in the rows that come
     * @param rollMs rows that have been held for so long are worth a file, however few
     */
    HeldRows(RowType type, int[] fields, long rollMs) {
        this.serializer = new RowDataSerializer(type);
        this.fields = fields;
        this.rollMs = rollMs;
    }

    /** The rows, held back, with these columns alone. The uid names their state in a checkpoint. */
    public static DataStream<RowData> of(DataStream<RowData> rows, String[] columns, String uid, long rollMs) {
        RowType given = (RowType) ((DataTypeQueryable) rows.getType()).getDataType().getLogicalType();
        int[] fields = Arrays.stream(columns).mapToInt(given::getFieldIndex).toArray();
        RowType type = RowType.of(
                Arrays.stream(fields).mapToObj(given::getTypeAt).toArray(LogicalType[]::new), columns);
        return rows.transform(uid, InternalTypeInfo.of(type), new HeldRows(type, fields, rollMs))
                .uid(uid);
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        RowDataSerializer own = (RowDataSerializer) serializer.duplicate();
        projected = ProjectedRowData.from(fields);
        open = new RowChunk.Open(own);
        held = new ArrayDeque<>();
        leaving = new ArrayDeque<>();
        row = new BinaryRowData(fields.length);
        sent = new StreamRecord<>(row);
        saved = context.getOperatorStateStore()
                .getListState(new ListStateDescriptor<>(
                        "held", Types.TUPLE(Types.INT, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO)));
        for (Tuple2<Integer, byte[]> chunk : saved.get()) {
            hold(RowChunk.restored(chunk.f0, chunk.f1));
        }
        // How long they had been held before is not known, nor does it matter.
        heldSinceMs = nowMs();
    }

    @Override
    public void processElement(StreamRecord<RowData> element) throws Exception {
        if (heldRows + open.rows() == 0) {
            heldSinceMs = nowMs();
        }
        open.add(projected.replaceRow(element.getValue()));
        arrived++;
        if (open.rows() >= CHUNK_ROWS) {
            seal();
        }
        if (leavingRows > 0) {
            pass(ration);
        } else if (isWorth(MOST_FILES)) {
            leave();
        }
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
        pass(leavingRows);
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        Preconditions.checkState(leavingRows == 0, "rows are on their way out while the state is taken");
        seal();
        List<Tuple2<Integer, byte[]>> chunks =
                held.stream().map(each -> Tuple2.of(each.rows(), each.packed())).toList();
        saved.update(chunks);
        if (isWorth(1) || heldRows > 0 && nowMs() - heldSinceMs >= rollMs) {
            leave();
        }
        arrived = 0;
    }

    /** Comes in a drain, and at the end of a bounded read. */
    @Override
    public void endInput() throws Exception {
        pass(leavingRows);
        leave();
        pass(leavingRows);
    }

    private boolean isWorth(int files) {
        return heldRows >= (long) files * FILE_ROWS || heldBytes >= files * FILE_BYTES;
    }

    private void seal() throws Exception {
        if (open.rows() > 0) {
            hold(open.sealed());
        }
    }

    private void hold(RowChunk chunk) {
        held.add(chunk);
        heldRows += chunk.rows();
        heldBytes += chunk.bytes();
    }

    /** All that is held begins to leave: at the pace of arrival it is out after half the time between checkpoints. */
    private void leave() throws Exception {
        seal();
        leaving.addAll(held);
        leavingRows = heldRows;
        ration = 1 + 2 * leavingRows / Math.max(1, arrived);
        held.clear();
        heldRows = 0;
        heldBytes = 0;
    }

    private void pass(long rows) throws Exception {
        for (long left = Math.min(rows, leavingRows); left > 0; left--) {
            if (unpackedRows == 0) {
                RowChunk next = leaving.remove();
                unpacked = next.unpacked();
                unpackedRows = next.rows();
            }
            output.collect(sent.replace(serializer.deserialize(row, unpacked)));
            unpackedRows--;
            leavingRows--;
        }
    }

    private long nowMs() {
        return getProcessingTimeService().getCurrentProcessingTime();
    }
}
