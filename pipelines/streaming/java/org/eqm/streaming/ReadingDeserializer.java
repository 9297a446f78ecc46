package org.eqm.streaming;

import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.util.Collector;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Every message becomes one row of {@link ReadingRow}, a reading or a reason; one with a list of successive values
 * becomes a row for each of them, the last with all else that was measured.
 */
final class ReadingDeserializer implements KafkaRecordDeserializationSchema<RowData> {
    private static final long serialVersionUID = 2L;

    private final Contract contract;
    private final ReadingRow layout;
    private final ReadingDecoder decoder;

    ReadingDeserializer(Contract contract, ReadingRow layout) {
        this.contract = contract;
        this.layout = layout;
        this.decoder = new ReadingDecoder(contract);
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> message, Collector<RowData> out) {
        Reading reading = new Reading(contract.channels());
        try {
            decoder.decode(message.key(), message.value(), message.timestamp(), reading);
        } catch (Rejected rejected) {
            out.collect(refused(message, reading, rejected));
            return;
        }
        for (int channel = 0; channel < reading.successions.length; channel++) {
            earlier(message, reading, channel, out);
        }
        GenericRowData row = row(message, reading, reading.timestampMs);
        for (int channel = 0; channel < reading.values.length; channel++) {
            row.setField(ReadingRow.FIRST_CHANNEL + channel, reading.given[channel] ? reading.values[channel] : null);
        }
        out.collect(row);
    }

    /** The values of a channel's list before its last, each at the instant at which it ended. */
    private void earlier(
            ConsumerRecord<byte[], byte[]> message, Reading reading, int channel, Collector<RowData> out) {
        Succession succession = reading.successions[channel];
        if (succession == null || !succession.isPlaced()) {
            return;
        }
        long[] endedAgo = succession.endedAgo();
        for (int i = 0; i < endedAgo.length - 1; i++) {
            GenericRowData row = row(message, reading, reading.timestampMs - endedAgo[i]);
            row.setField(ReadingRow.FIRST_CHANNEL + channel, succession.values()[succession.first() + i]);
            out.collect(row);
        }
    }

    private GenericRowData refused(ConsumerRecord<byte[], byte[]> message, Reading reading, Rejected rejected) {
        GenericRowData row = row(message, reading, reading.timestampMs);
        row.setField(ReadingRow.REASON, StringData.fromString(rejected.reason));
        row.setField(ReadingRow.DETAIL, StringData.fromString(shortened(rejected.getMessage())));
        row.setField(ReadingRow.PAYLOAD, StringData.fromString(excerpt(message.value())));
        return row;
    }

    private GenericRowData row(ConsumerRecord<byte[], byte[]> message, Reading reading, Long timestampMs) {
        GenericRowData row = new GenericRowData(layout.width());
        row.setField(ReadingRow.USER_ID, StringData.fromString(shortened(reading.userId)));
        row.setField(ReadingRow.SENSOR_ID, StringData.fromString(shortened(reading.sensorId)));
        row.setField(ReadingRow.TIMESTAMP_MS, timestampMs);
        row.setField(ReadingRow.PARTITION, message.partition());
        row.setField(ReadingRow.OFFSET, message.offset());
        row.setField(ReadingRow.LATE, false);
        return row;
    }

    private String shortened(String text) {
        return text == null || text.length() <= contract.excerptChars ? text : text.substring(0, contract.excerptChars);
    }

    private String excerpt(byte[] value) {
        if (value == null) {
            return "";
        }
        int bytes = Math.min(value.length, 4 * contract.excerptChars); // UTF-8 has at most four a character.
        return shortened(new String(value, 0, bytes, StandardCharsets.UTF_8));
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
        return layout.typeInformation();
    }
}
