package org.eqm.streaming;

import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.Collector;

/**
 * Marks accepted readings whose pane the watermark has already closed, so that the window operators, which would
 * drop them silently, never see them. Stateless.
 */
final class LateTagger extends ProcessFunction<RowData, RowData> {
    private static final long serialVersionUID = 1L;

    private final long paneMs;

    LateTagger(long paneMs) {
        this.paneMs = paneMs;
    }

    @Override
    public void processElement(RowData row, Context context, Collector<RowData> out) {
        if (row.isNullAt(ReadingRow.REASON)) {
            long at = row.getLong(ReadingRow.TIMESTAMP_MS);
            long lastInstant = at - Math.floorMod(at, paneMs) + paneMs - 1;
            boolean late = lastInstant <= context.timerService().currentWatermark();
            ((GenericRowData) row).setField(ReadingRow.LATE, late);
        }
        out.collect(row);
    }
}
