package org.eqm.streaming;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;

/** What tests are made of: a contract of three channels, and rows as operators get them. */
final class Readings {
    static final long PANE_MS = 5_000;
    static final long WINDOW_MS = 60_000;
    static final long MAX_FUTURE_MS = 10_000;
    static final int MAX_BYTES = 65_536;
    static final int MAX_ID_LENGTH = 128;
    static final int EXCERPT_CHARS = 1_024;
    static final int SLOTS = 16;
    static final int HR = 0;

    /** The real one, with all channels, is made by {@code decoder_contract} in pipelines/streaming/readings.py. */
    static final Contract CONTRACT = contract("""
            {"channels": [
              {"name": "hr", "lowest": 20, "highest": 300},
              {"name": "gsr", "lowest": 0, "highest": 120},
              {"name": "acc_x", "lowest": -16, "highest": 16}],
             "slots": %d, "max_bytes": %d, "max_id_length": %d, "excerpt_chars": %d, "max_future_ms": %d,
             "earliest_ms": 946684800000, "latest_ms": 4102444800000}
            """.formatted(SLOTS, MAX_BYTES, MAX_ID_LENGTH, EXCERPT_CHARS, MAX_FUTURE_MS));

    static final ReadingRow LAYOUT = new ReadingRow(CONTRACT);

    private static final RowDataSerializer SERIALIZER =
            (RowDataSerializer) LAYOUT.typeInformation().createSerializer(null);

    private Readings() {}

    /** An accepted reading of the heart rate alone. */
    static RowData accepted(String user, long timestampMs, double heartRate) {
        GenericRowData row = new GenericRowData(LAYOUT.width());
        row.setField(ReadingRow.USER_ID, StringData.fromString(user));
        row.setField(ReadingRow.SENSOR_ID, StringData.fromString("wrist"));
        row.setField(ReadingRow.TIMESTAMP_MS, timestampMs);
        row.setField(ReadingRow.FIRST_CHANNEL + HR, heartRate);
        return sent(row);
    }

    /** A message that was refused, though it has a time. */
    static RowData rejected(long timestampMs) {
        GenericRowData row = new GenericRowData(LAYOUT.width());
        row.setField(ReadingRow.REASON, StringData.fromString("out_of_range"));
        row.setField(ReadingRow.TIMESTAMP_MS, timestampMs);
        return sent(row);
    }

    /** As the network hands a row over: packed in bytes, and nobody else's. */
    private static RowData sent(GenericRowData row) {
        row.setField(ReadingRow.PARTITION, 0);
        row.setField(ReadingRow.OFFSET, 0L);
        row.setField(ReadingRow.LATE, false);
        return SERIALIZER.toBinaryRow(row).copy();
    }

    private static Contract contract(String json) {
        try {
            return new Contract(json);
        } catch (IOException fault) {
            throw new UncheckedIOException(fault);
        }
    }
}
