package org.eqm.streaming;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * SQL: a condition that is always true, and counts what a Python call has measured: the first row of each batch brings
 * it, the others bring NULL. So measures come as exactly as rows do, at the price of a value a batch
 * (docs/decisions/0019-metrics-travel-with-the-rows.md; the writer is pipelines/streaming/measuring/measures.py).
 *
 * <p>A value is the growth of each counter, in the order of the table, as int64, and then, where it is new, the models
 * in force as JSON.
 */
public final class Counted extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private static final String MODEL_IN_FORCE = "model_in_force";

    private final MetricTable table;
    private transient MetricGroup group;
    private transient MetricTable.Counters counters;
    private transient ObjectMapper json;

    /** 1 or 0 by role, name and version. */
    private transient Map<String, AtomicLong> models;

    /** @param table as {@link MetricTable} reads it */
    public Counted(String table) throws IOException {
        this.table = new MetricTable(table);
    }

    @Override
    public void open(FunctionContext context) {
        group = context.getMetricGroup();
        counters = table.counters(group);
        json = new ObjectMapper();
        models = new HashMap<>();
    }

    /** False: the planner must not leave it out. */
    @Override
    public boolean isDeterministic() {
        return false;
    }

    /** Counts. */
    public Boolean eval(byte[] measures) throws IOException {
        if (measures != null) {
            ByteBuffer growth = ByteBuffer.wrap(measures).order(ByteOrder.LITTLE_ENDIAN);
            for (int place = 0; place < counters.size(); place++) {
                counters.at(place).inc(growth.getLong());
            }
            if (growth.hasRemaining()) {
                inForce(json.readTree(measures, growth.position(), growth.remaining()));
            }
        }
        return true;
    }

    /** Flink takes no gauge back: one of a model that has gone shows 0. */
    private void inForce(JsonNode now) {
        Set<String> named = new HashSet<>();
        for (JsonNode each : now) {
            String[] model = {each.get(0).asText(), each.get(1).asText(), each.get(2).asText()};
            String key = String.join("\0", model);
            named.add(key);
            models.computeIfAbsent(key, unknown -> shown(model)).set(1);
        }
        models.forEach((key, shown) -> shown.set(named.contains(key) ? 1 : 0));
    }

    private AtomicLong shown(String... model) {
        AtomicLong value = new AtomicLong();
        table.gauge(group, MODEL_IN_FORCE, value::get, model);
        return value;
    }
}
