package org.eqm.streaming;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.apache.flink.table.data.RowData;

/**
 * The readings of one user in one pane, packed: sixteen bytes a measured value. Part of the checkpointed state.
 *
 * <p>Readings are packed as they come, and copied once: no object for each, neither in state nor on the way to Python,
 * which reads the bytes as an array (pipelines/signals/samples.py).
 */
public final class Pane {
    private static final int SAMPLE_BYTES = 16;
    private static final int FIRST_CAPACITY = 32 * SAMPLE_BYTES;

    /** Packed samples in its first {@code size} bytes; the rest is spare room. */
    public byte[] data = new byte[FIRST_CAPACITY];

    public int size;

    void add(RowData row, int channels, int slots) {
        long key = row.getLong(ReadingRow.TIMESTAMP_MS) * slots;
        reserve(channels * SAMPLE_BYTES);
        ByteBuffer into = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).position(size);
        for (int channel = 0; channel < channels; channel++) {
            if (!row.isNullAt(ReadingRow.FIRST_CHANNEL + channel)) {
                into.putLong(key + channel).putDouble(row.getDouble(ReadingRow.FIRST_CHANNEL + channel));
            }
        }
        size = into.position();
    }

    private void reserve(int more) {
        if (size + more > data.length) {
            data = Arrays.copyOf(data, Math.max(size + more, 2 * data.length));
        }
    }
}
