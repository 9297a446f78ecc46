package org.eqm.streaming;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFilterFunction;
import org.apache.flink.metrics.Counter;
import org.apache.flink.table.data.RowData;

/** Keeps accepted readings, and counts the others by reason. Of an accepted one nothing is asked but whether it is. */
final class AcceptedReadings extends RichFilterFunction<RowData> {
    private static final long serialVersionUID = 1L;

    private final MetricTable table;
    private transient MetricTable.Counters counters;
    private transient Map<String, Counter> byReason;

    AcceptedReadings(MetricTable table) {
        this.table = table;
    }

    @Override
    public void open(OpenContext context) {
        counters = table.counters(getRuntimeContext().getMetricGroup());
        byReason = new HashMap<>();
    }

    @Override
    public boolean filter(RowData row) {
        if (ReadingRow.isAccepted(row)) {
            return true;
        }
        refused(row.getString(ReadingRow.REASON).toString()).inc();
        return false;
    }

    Counter refused(String reason) {
        return byReason.computeIfAbsent(reason, each -> counters.of("quarantined", each));
    }
}
