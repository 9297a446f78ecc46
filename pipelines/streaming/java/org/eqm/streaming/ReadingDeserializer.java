package org.eqm.streaming;

import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.util.Collector;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;

/** Every message becomes exactly one row of {@link ReadingRow}: a reading, or a reason. */
final class ReadingDeserializer implements KafkaRecordDeserializationSchema<RowData> {
    private static final long serialVersionUID = 1L;

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
        GenericRowData row = new GenericRowData(layout.width());
        try {
            decoder.decode(message.key(), message.value(), message.timestamp(), reading);
            measured(reading, row);
        } catch (Rejected rejected) {
            row.setField(ReadingRow.REASON, StringData.fromString(rejected.reason));
            row.setField(ReadingRow.DETAIL, StringData.fromString(shortened(rejected.getMessage())));
            row.setField(ReadingRow.PAYLOAD, StringData.fromString(excerpt(message.value())));
        }
        row.setField(ReadingRow.USER_ID, StringData.fromString(shortened(reading.userId)));
        row.setField(ReadingRow.SENSOR_ID, StringData.fromString(shortened(reading.sensorId)));
        row.setField(ReadingRow.TIMESTAMP_MS, reading.timestampMs);
        row.setField(ReadingRow.PARTITION, message.partition());
        row.setField(ReadingRow.OFFSET, message.offset());
        row.setField(ReadingRow.LATE, false);
        out.collect(row);
    }

    private static void measured(Reading reading, GenericRowData row) {
        for (int channel = 0; channel < reading.values.length; channel++) {
            row.setField(ReadingRow.FIRST_CHANNEL + channel, reading.given[channel] ? reading.values[channel] : null);
        }
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
