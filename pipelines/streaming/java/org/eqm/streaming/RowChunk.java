package org.eqm.streaming;

import java.io.IOException;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.xerial.snappy.Snappy;

/**
 * Rows in the order in which they came, serialised and compressed: state that nothing changes any more.
 *
 * @param rows how many
 * @param bytes how many they are uncompressed
 * @param packed one after the other, by Snappy; half of their size, at an eighth of what deflating costs
 *     (docs/decisions/0017-files-by-size-and-time.md)
 */
record RowChunk(int rows, int bytes, byte[] packed) {

    /** A chunk that comes out of a checkpoint. */
    static RowChunk restored(int rows, byte[] packed) throws IOException {
        return new RowChunk(rows, Snappy.uncompressedLength(packed), packed);
    }

    /** Its rows, to be read one by one. */
    DataInputDeserializer unpacked() throws IOException {
        return new DataInputDeserializer(Snappy.uncompress(packed));
    }

    /** A chunk that takes rows. A row is serialised at once: with object reuse its sender writes the next one over it. */
    static final class Open {
        private static final int FIRST_BYTES = 1 << 16;

        private final DataOutputSerializer serialized = new DataOutputSerializer(FIRST_BYTES);
        private final RowDataSerializer serializer;
        private int rows;

        Open(RowDataSerializer serializer) {
            this.serializer = serializer;
        }

        int rows() {
            return rows;
        }

        int bytes() {
            return serialized.length();
        }

        void add(RowData row) throws IOException {
            serializer.serialize(row, serialized);
            rows++;
        }

        /** What it took, as a chunk; it is empty then. */
        RowChunk sealed() throws IOException {
            byte[] packed = Snappy.rawCompress(serialized.getSharedBuffer(), serialized.length());
            RowChunk chunk = new RowChunk(rows, serialized.length(), packed);
            serialized.clear();
            rows = 0;
            return chunk;
        }
    }
}
