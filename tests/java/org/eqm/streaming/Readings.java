package org.eqm.streaming;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;

/** What tests are made of: a contract of four channels, and rows as operators get them. */
final class Readings {
    static final long PANE_MS = 5_000;
    static final long WINDOW_MS = 60_000;
    static final long MAX_FUTURE_MS = 10_000;
    static final int MAX_BYTES = 65_536;
    static final int MAX_DEPTH = 16;
    static final int MAX_NUMBER_CHARS = 1_000;
    static final int MAX_SUCCESSIVE = 5;
    static final int MAX_ID_LENGTH = 128;
    static final int EXCERPT_CHARS = 1_024;
    static final int SLOTS = 16;
    static final int SOURCE_SLOTS = 3;
    static final int HR = 0;
    static final int IBI = 3;
    private static final String INSTANT = "((?!0000)[0-9]{4})-([0-9]{2})-([0-9]{2})"
            + "[Tt]([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:\\.([0-9]{1,9}))?)?(?:[Zz]|[+-]00:00)";

    /** The real one, with all channels, is made by {@code decoder_contract} in pipelines/streaming/decoder_contract.py. */
    static final Contract CONTRACT = contract("""
            {"channels": [
              {"name": "hr", "lowest": 20, "highest": 300, "none": [-1, 0, 255], "successive": false},
              {"name": "gsr", "lowest": 0, "highest": 120, "none": [], "successive": false},
              {"name": "acc_x", "lowest": -16, "highest": 16, "none": [], "successive": false},
              {"name": "ibi", "lowest": 200, "highest": 4000, "none": [-1, 0, 65535], "successive": true}],
             "slots": %d, "source_slots": %d, "max_bytes": %d, "max_depth": %d, "max_number_chars": %d, "max_id_length": %d,
             "max_successive": %d, "excerpt_chars": %d, "max_future_ms": %d,
             "earliest_ms": 946684800000, "latest_ms": 4102444800000,
             "forbidden_in_ids": [[0, 31], [127, 159], [8232, 8238], [55296, 57343]],
             "instant": "%s"}
            """.formatted(SLOTS, SOURCE_SLOTS, MAX_BYTES, MAX_DEPTH, MAX_NUMBER_CHARS, MAX_ID_LENGTH, MAX_SUCCESSIVE, EXCERPT_CHARS,
                    MAX_FUTURE_MS, INSTANT.replace("\\", "\\\\")));

    static final ReadingRow LAYOUT = new ReadingRow(CONTRACT);

    private static final RowDataSerializer SERIALIZER =
            (RowDataSerializer) LAYOUT.typeInformation().createSerializer(null);

    private Readings() {}

    /** An accepted reading of the heart rate alone. */
    static RowData accepted(String user, long timestampMs, double heartRate) {
        return accepted(user, "wrist", timestampMs, heartRate);
    }

    static RowData accepted(String user, String sensor, long timestampMs, double heartRate) {
        GenericRowData row = new GenericRowData(LAYOUT.width());
        row.setField(ReadingRow.USER_ID, StringData.fromString(user));
        row.setField(ReadingRow.SENSOR_ID, StringData.fromString(sensor));
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
