package org.eqm.streaming;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;

/** The columns of the decoded stream: the fixed ones below, then one DOUBLE for each channel. */
final class ReadingRow implements Serializable {
    private static final long serialVersionUID = 1L;

    static final int REASON = 0;
    static final int DETAIL = 1;
    static final int USER_ID = 2;
    static final int SENSOR_ID = 3;
    static final int TIMESTAMP_MS = 4;
    static final int PAYLOAD = 5;
    static final int PARTITION = 6;
    static final int OFFSET = 7;
    static final int LATE = 8;
    static final int FIRST_CHANNEL = 9;

    private static final LogicalType TEXT = new VarCharType(VarCharType.MAX_LENGTH);

    private final RowType type;

    ReadingRow(Contract contract) {
        List<RowType.RowField> fields = new ArrayList<>();
        fields.add(new RowType.RowField("reason", TEXT));
        fields.add(new RowType.RowField("detail", TEXT));
        fields.add(new RowType.RowField("user_id", TEXT));
        fields.add(new RowType.RowField("sensor_id", TEXT));
        fields.add(new RowType.RowField("timestamp_ms", new BigIntType()));
        fields.add(new RowType.RowField("payload", TEXT));
        fields.add(new RowType.RowField("partition", new IntType()));
        fields.add(new RowType.RowField("offset", new BigIntType()));
        fields.add(new RowType.RowField("late", new BooleanType()));
        String[] channels = new String[contract.channels()];
        contract.channelIndex.forEach((name, index) -> channels[index] = name);
        for (String channel : channels) {
            fields.add(new RowType.RowField(channel, new DoubleType()));
        }
        type = new RowType(fields);
    }

    static boolean isAccepted(RowData row) {
        return row.isNullAt(REASON);
    }

    int width() {
        return type.getFieldCount();
    }

    TypeInformation<RowData> typeInformation() {
        return InternalTypeInfo.of(type);
    }
}
