package org.eqm.streaming;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.record.TimestampType;
import org.apache.flink.table.data.RowData;

/**
 * The decoder as a program, so that others can be compared with it. Its argument is the contract as JSON.
 *
 * <p>Standard input: for each message the length of its key (int32, big-endian; -1: null), the key, the length of its
 * value (the same), the value, and when the broker stored it (int64, epoch ms). Standard output: a line for each, which
 * is the reason or the readings: {@code [["ann","wrist",1644227574000,{"hr":"4052000000000000"}]]}, channels in
 * alphabetic order, values as the bits of the double.
 */
public final class DecoderMain {
    private static final int END = Integer.MIN_VALUE;

    private final Map<String, Integer> columns = new TreeMap<>();
    private final ReadingDeserializer deserializer;

    private DecoderMain(Contract contract) {
        contract.channelIndex.forEach((name, channel) -> columns.put(name, ReadingRow.FIRST_CHANNEL + channel));
        deserializer = new ReadingDeserializer(contract, new ReadingRow(contract));
    }

    public static void main(String[] arguments) throws IOException {
        DecoderMain decoder = new DecoderMain(new Contract(arguments[0]));
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in, 1 << 16));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        StringBuilder answers = new StringBuilder();
        for (int length = length(in); length != END; length = length(in)) {
            byte[] key = bytes(in, length);
            byte[] value = bytes(in, in.readInt());
            answers.append(decoder.answer(key, value, in.readLong())).append('\n');
            // Whoever waits for an answer before the next question gets it.
            if (in.available() == 0) {
                out.append(answers).flush();
                answers.setLength(0);
            }
        }
        out.append(answers).flush();
    }

    private static int length(DataInputStream in) throws IOException {
        int first = in.read();
        return first < 0 ? END : first << 24 | in.readUnsignedByte() << 16 | in.readUnsignedShort();
    }

    private static byte[] bytes(DataInputStream in, int length) throws IOException {
        return length < 0 ? null : in.readNBytes(length);
    }

    private String answer(byte[] key, byte[] value, long appendMs) {
        List<RowData> rows = new ArrayList<>();
        deserializer.deserialize(
                new ConsumerRecord<>(
                        "readings", 0, 0, appendMs, TimestampType.LOG_APPEND_TIME, ConsumerRecord.NULL_SIZE,
                        ConsumerRecord.NULL_SIZE, key, value, new RecordHeaders(), Optional.empty()),
                new ListCollector<>(rows));
        if (!ReadingRow.isAccepted(rows.get(0))) {
            return rows.get(0).getString(ReadingRow.REASON).toString();
        }
        return "[" + String.join(",", rows.stream().map(this::reading).toList()) + "]";
    }

    private String reading(RowData row) {
        List<String> values = new ArrayList<>();
        columns.forEach((name, column) -> {
            if (!row.isNullAt(column)) {
                long bits = Double.doubleToLongBits(row.getDouble(column));
                values.add("\"%s\":\"%s\"".formatted(name, hexadecimal(bits)));
            }
        });
        String user = quoted(row.getString(ReadingRow.USER_ID).toString());
        String sensor = quoted(row.getString(ReadingRow.SENSOR_ID).toString());
        long at = row.getLong(ReadingRow.TIMESTAMP_MS);
        return "[" + user + "," + sensor + "," + at + ",{" + String.join(",", values) + "}]";
    }

    private static String hexadecimal(long bits) {
        String digits = Long.toHexString(bits);
        return "0".repeat(16 - digits.length()) + digits;
    }

    /** As JSON; an accepted id has no control character. */
    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
