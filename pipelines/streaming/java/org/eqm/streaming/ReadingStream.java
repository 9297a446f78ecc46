package org.eqm.streaming;

import java.io.IOException;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.util.OutputTag;

/**
 * The readings topic as streams: every message decoded, every accepted reading marked late or not, every window.
 *
 * <p>Offsets are part of the checkpoint: after a restore each message is read again from there, none is skipped.
 * Without a checkpoint reading starts at the group's committed offsets, else at the earliest. The group lags behind a
 * drain, so only a checkpoint gives each message once (docs/decisions/0009-what-goes-on-over-a-failure.md).
 *
 * <p>A restore finds each operator's state by its uid: other uids would lose it.
 */
public final class ReadingStream {
    static final TypeInformation<RowData> WINDOW = InternalTypeInfo.of(RowType.of(
            new LogicalType[] {
                new VarCharType(VarCharType.MAX_LENGTH),
                new BigIntType(),
                new BooleanType(),
                new IntType(),
                new VarBinaryType(VarBinaryType.MAX_LENGTH)
            },
            new String[] {"user_id", "window_start_ms", "fresh", "size", "samples"}));

    private final DataStream<RowData> decoded;
    private final SingleOutputStreamOperator<RowData> windows;
    private final OutputTag<RowData> accepted;

    /**
     * @param settings topic, contract (JSON), features (what identifies them), lateness_ms, idle_ms, hold_ms, drift_ms,
     *     stride_ms, pane_ms, window_ms, phases (how many; they divide pane_ms), bounded ("true" ends at the latest offsets)
     * @param kafka properties of the consumer
     */
    public ReadingStream(StreamExecutionEnvironment environment, Map<String, String> settings, Map<String, String> kafka)
            throws IOException {
        Contract contract = new Contract(settings.get("contract"));
        ReadingRow layout = new ReadingRow(contract);
        accepted = new OutputTag<>("accepted", layout.typeInformation());
        decoded = decoded(environment, contract, layout, settings, kafka);
        long paneMs = millis(settings, "pane_ms");
        Phases phases = new Phases(paneMs, Integer.parseInt(settings.get("phases")));
        windows = decoded
                .filter(ReadingRow::isAccepted)
                .uid("accepted")
                .keyBy(row -> row.getString(ReadingRow.USER_ID).toString(), Types.STRING)
                .process(new Windows(contract, phases, paneMs, millis(settings, "window_ms"), accepted), WINDOW)
                .name("windows")
                .uid("windows");
    }

    /** Every message, with a reason where it cannot be used. */
    public DataStream<RowData> decoded() {
        return decoded;
    }

    /** Every accepted reading, marked late where its first window had been sent. */
    public DataStream<RowData> accepted() {
        return windows.getSideOutput(accepted);
    }

    /** Every window: user_id, window_start_ms, fresh, size, and packed samples: what is new in it, or all where fresh. */
    public DataStream<RowData> windows() {
        return windows;
    }

    private static DataStream<RowData> decoded(
            StreamExecutionEnvironment environment,
            Contract contract,
            ReadingRow layout,
            Map<String, String> settings,
            Map<String, String> kafka) {
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
        var watermarks = new ReadingWatermarks(
                millis(settings, "lateness_ms"),
                millis(settings, "idle_ms"),
                millis(settings, "hold_ms"),
                millis(settings, "drift_ms"));
        return environment
                .fromSource(source.build(), watermarks, "readings", layout.typeInformation())
                .uid("readings")
                .transform("contract", layout.typeInformation(), new ContractOperator(promise(settings)))
                .uid("contract")
                .transform("catching up", layout.typeInformation(), new CatchingUpOperator(millis(settings, "stride_ms")))
                .uid("catching up")
                .transform("end of time", layout.typeInformation(), new EndOfTimeOperator())
                .uid("end of time");
    }

    /** What windows that are open must have in common with the code that closes them. */
    static String promise(Map<String, String> settings) {
        return "windows of %s ms every %s ms in %s phases, features and channels %s"
                .formatted(
                        settings.get("window_ms"),
                        settings.get("pane_ms"),
                        settings.get("phases"),
                        settings.get("features"));
    }

    private static long millis(Map<String, String> settings, String name) {
        return Long.parseLong(settings.get(name));
    }
}
