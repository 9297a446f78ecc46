package org.eqm.streaming;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.record.TimestampType;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is kept of a reading, and of a message that is none: one row, or one for each of successive values. */
class ReadingDeserializerTest {
    private static final long STAMP_MS = 1_644_227_574_000L;
    private static final int PARTITION = 3;
    private static final long OFFSET = 41;
    private static final int IBI = ReadingRow.FIRST_CHANNEL + Readings.IBI;

    @Test
    void aReadingIsARowWithoutAReason() {
        RowData row = row(message("72.5"));
        assertTrue(ReadingRow.isAccepted(row));
        assertEquals("ann", row.getString(ReadingRow.USER_ID).toString());
        assertEquals("wrist", row.getString(ReadingRow.SENSOR_ID).toString());
        assertEquals(STAMP_MS, row.getLong(ReadingRow.TIMESTAMP_MS));
        assertEquals(72.5, row.getDouble(ReadingRow.FIRST_CHANNEL));
        assertTrue(row.isNullAt(ReadingRow.FIRST_CHANNEL + 1), "was not measured");
        assertTrue(row.isNullAt(ReadingRow.PAYLOAD), "is kept for the quarantine alone");
        assertFalse(row.getBoolean(ReadingRow.LATE), "is not decided here");
        assertPlaced(row);
    }

    /** The last beat ends at the timestamp, and has the other channels; halves go to the even millisecond. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            [800]                    | 0 800.0
            [800,820]                | -820 800.0, 0 820.0
            [800,820.5,830]          | -1650 800.0, -830 820.5, 0 830.0
            [800,820.5]              | -820 800.0, 0 820.5
            [800,821.5]              | -822 800.0, 0 821.5
            [800,0,65535,810,820]    | -820 810.0, 0 820.0
            """)
    void aListIsARowForEachBeat(String list, String expected) {
        List<RowData> rows = rows(message("72,\"ibi\":" + list));
        String found = rows.stream()
                .map(row -> row.getLong(ReadingRow.TIMESTAMP_MS) - STAMP_MS + " " + row.getDouble(IBI))
                .collect(Collectors.joining(", "));
        assertEquals(expected, found);
        for (RowData row : rows) {
            assertTrue(ReadingRow.isAccepted(row));
            assertEquals("ann wrist", row.getString(ReadingRow.USER_ID) + " " + row.getString(ReadingRow.SENSOR_ID));
            assertEquals(row != rows.get(rows.size() - 1), row.isNullAt(ReadingRow.FIRST_CHANNEL), "hr with the last");
            assertPlaced(row);
        }
    }

    @Test
    void aListWithoutAKnownEndIsNoBeat() {
        RowData row = row(message("72,\"ibi\":[800,65535]"));
        assertEquals(72, row.getDouble(ReadingRow.FIRST_CHANNEL));
        assertTrue(row.isNullAt(IBI));
        assertEquals(STAMP_MS, row.getLong(ReadingRow.TIMESTAMP_MS));
    }

    @Test
    void aListWithABadBeatIsOneRefusedMessage() {
        RowData row = row(message("72,\"ibi\":[800,9999,800]"));
        assertEquals("out_of_range", row.getString(ReadingRow.REASON).toString());
        assertEquals("measurements.ibi = 9999.0", row.getString(ReadingRow.DETAIL).toString());
    }

    @Test
    void aRefusedMessageIsARowWithItsReason() {
        RowData row = row(message("999"));
        assertFalse(ReadingRow.isAccepted(row));
        assertEquals("out_of_range", row.getString(ReadingRow.REASON).toString());
        assertEquals("measurements.hr = 999.0", row.getString(ReadingRow.DETAIL).toString());
        assertEquals(message("999"), row.getString(ReadingRow.PAYLOAD).toString());
        assertEquals("ann", row.getString(ReadingRow.USER_ID).toString());
        assertTrue(row.isNullAt(ReadingRow.FIRST_CHANNEL), "no value of it is used");
        assertPlaced(row);
    }

    /** A message of 64 KiB must not fill the quarantine, nor its columns. */
    @Test
    void whatIsKeptOfAMessageIsCut() {
        String user = "u".repeat(5_000);
        RowData row = row(message("72").replace("ann", user));
        assertEquals("bad_user_id", row.getString(ReadingRow.REASON).toString());
        assertEquals(user.substring(0, Readings.EXCERPT_CHARS), row.getString(ReadingRow.USER_ID).toString());
        assertEquals(Readings.EXCERPT_CHARS, row.getString(ReadingRow.PAYLOAD).toString().length());
    }

    /** Characters of up to four bytes: the excerpt is as long in any script. */
    @Test
    void anExcerptIsMeasuredInCharacters() {
        RowData row = row("\u20AC".repeat(2_000));
        assertEquals("\u20AC".repeat(Readings.EXCERPT_CHARS), row.getString(ReadingRow.PAYLOAD).toString());
    }

    @Test
    void aTombstoneIsARowToo() {
        RowData row = row(null);
        assertEquals("empty_message", row.getString(ReadingRow.REASON).toString());
        assertEquals("", row.getString(ReadingRow.PAYLOAD).toString());
        assertPlaced(row);
    }

    private static void assertPlaced(RowData row) {
        assertEquals(PARTITION, row.getInt(ReadingRow.PARTITION));
        assertEquals(OFFSET, row.getLong(ReadingRow.OFFSET));
    }

    private static String message(String heartRate) {
        return "{\"timestamp\":%d,\"user_id\":\"ann\",\"sensor_id\":\"wrist\",\"measurements\":{\"hr\":%s}}"
                .formatted(STAMP_MS, heartRate);
    }

    private static RowData row(String value) {
        List<RowData> rows = rows(value);
        assertEquals(1, rows.size());
        return rows.get(0);
    }

    private static List<RowData> rows(String value) {
        List<RowData> rows = new ArrayList<>();
        byte[] key = "ann".getBytes(StandardCharsets.UTF_8);
        byte[] bytes = value == null ? null : value.getBytes(StandardCharsets.UTF_8);
        new ReadingDeserializer(Readings.CONTRACT, Readings.LAYOUT)
                .deserialize(
                        new ConsumerRecord<>(
                                "readings", PARTITION, OFFSET, STAMP_MS, TimestampType.LOG_APPEND_TIME,
                                ConsumerRecord.NULL_SIZE, ConsumerRecord.NULL_SIZE, key, bytes, new RecordHeaders(),
                                Optional.empty()),
                        new ListCollector<>(rows));
        return rows;
    }
}
