package org.eqm.streaming;

import java.io.IOException;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.OffsetResetStrategy;

/**
 * The decoded stream of readings. Offsets are part of the checkpoint: after a restore each message is read again
 * from there, none is skipped; without a checkpoint reading starts at the group's committed offsets, else at the
 * earliest.
 */
public final class ReadingStream {
    private ReadingStream() {}

    /**
     * @param settings topic, contract (JSON), lateness_ms, idle_ms, pane_ms, bounded ("true" ends at the latest offsets)
     * @param kafka properties of the consumer
     */
    public static DataStream<RowData> of(
            StreamExecutionEnvironment environment, Map<String, String> settings, Map<String, String> kafka)
            throws IOException {
        Contract contract = new Contract(settings.get("contract"));
        ReadingRow layout = new ReadingRow(contract);
        Properties properties = new Properties();
        properties.putAll(kafka);
        var source = KafkaSource.<RowData>builder()
                .setTopics(settings.get("topic"))
                .setProperties(properties)
                .setStartingOffsets(OffsetsInitializer.committedOffsets(OffsetResetStrategy.EARLIEST))
                .setDeserializer(new ReadingDeserializer(contract, layout));
        if (Boolean.parseBoolean(settings.get("bounded"))) {
            source.setBounded(OffsetsInitializer.latest());
        }
        var watermarks = new ReadingWatermarks(millis(settings, "lateness_ms"), millis(settings, "idle_ms"));
        return environment
                .fromSource(source.build(), watermarks, "readings", layout.typeInformation())
                .uid("readings")
                .process(new LateTagger(millis(settings, "pane_ms")), layout.typeInformation())
                .name("tag late readings")
                .uid("tag-late");
    }

    private static long millis(Map<String, String> settings, String name) {
        return Long.parseLong(settings.get(name));
    }
}
