package org.eqm.streaming;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.flink.table.data.RowData;

/**
 * The readings of one user in one pane, packed: sixteen bytes a measured value, and which sensor measured it. Part of the
 * checkpointed state.
 *
 * <p>Readings are packed as they come, and copied once: no object for each, neither in state nor on the way to Python,
 * which reads the bytes as an array (pipelines/signals/series/samples.py, pipelines/features/pane_cache.py). Their order is kept:
 * beats of one stamp follow each other as they arrived.
 */
public final class Pane {
    private static final int SAMPLE_BYTES = 16;
    private static final int FIRST_CAPACITY = 32 * SAMPLE_BYTES;
    private static final int HEAD_BYTES = 2 * Integer.BYTES + Long.BYTES;

    /** Packed samples in its first {@code size} bytes; the rest is spare room. */
    public byte[] data = new byte[FIRST_CAPACITY];

    public int size;

    /** The sensors by their number in the samples. Names are kept by the pane, so they leave with it. */
    public String[] sensors = new String[0];

    /** Length of the names as they travel. */
    public int nameBytes;

    void add(RowData row, Contract contract) {
        int source = Math.min(number(row.getString(ReadingRow.SENSOR_ID).toString()), contract.sourceSlots - 1);
        long key = (row.getLong(ReadingRow.TIMESTAMP_MS) * contract.sourceSlots + source) * contract.slots;
        reserve(contract.channels() * SAMPLE_BYTES);
        ByteBuffer into = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).position(size);
        for (int channel = 0; channel < contract.channels(); channel++) {
            if (!row.isNullAt(ReadingRow.FIRST_CHANNEL + channel)) {
                into.putLong(key + channel).putDouble(row.getDouble(ReadingRow.FIRST_CHANNEL + channel));
            }
        }
        size = into.position();
    }

    private int number(String sensor) {
        for (int known = 0; known < sensors.length; known++) {
            if (sensors[known].equals(sensor)) {
                return known;
            }
        }
        nameBytes += sensor.getBytes(StandardCharsets.UTF_8).length + (sensors.length > 0 ? 1 : 0);
        sensors = Arrays.copyOf(sensors, sensors.length + 1);
        sensors[sensors.length - 1] = sensor;
        return sensors.length - 1;
    }

    private void reserve(int more) {
        if (size + more > data.length) {
            data = Arrays.copyOf(data, Math.max(size + more, 2 * data.length));
        }
    }

    /** Length of {@link #frame}. */
    int frameBytes() {
        return HEAD_BYTES + nameBytes + size;
    }

    /**
     * Writes the pane as it travels: bytes of the names (int), of the samples (int), its start (long); then the names, in
     * UTF-8 and parted by line feeds, which no name holds; then the samples. Numbers are little-endian, as {@code into} is.
     */
    void frame(long startMs, ByteBuffer into) {
        into.putInt(nameBytes).putInt(size).putLong(startMs);
        into.put(String.join("\n", sensors).getBytes(StandardCharsets.UTF_8));
        into.put(data, 0, size);
    }
}
