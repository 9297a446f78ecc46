package org.eqm.streaming;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.metrics.CharacterFilter;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.Meter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.SimpleCounter;

/** A group that keeps what is registered in it, by path: {@code eqm.outcome=used.readings}. */
final class Measured implements MetricGroup {
    /** As {@code metric_table} in pipelines/streaming/measuring/contract.py makes it; there with all that is declared. */
    static final MetricTable TABLE = table("""
            {"scope": "eqm",
             "counters": [
               {"name": "quarantined", "labels": {"reason": "out_of_range"}},
               {"name": "quarantined", "labels": {"reason": "too_large"}},
               {"name": "readings", "labels": {"outcome": "used"}},
               {"name": "readings", "labels": {"outcome": "late"}},
               {"name": "late_by_ms_bucket", "labels": {"le": "1000"}},
               {"name": "late_by_ms_bucket", "labels": {"le": "5000"}},
               {"name": "late_by_ms_bucket", "labels": {"le": "+Inf"}},
               {"name": "late_by_ms_sum", "labels": {}},
               {"name": "late_by_ms_count", "labels": {}},
               {"name": "windows", "labels": {}}],
             "bounds": {"late_by_ms": [1000, 5000]},
             "gauges": {"event_time_lag_ms": []}}
            """);

    private final String path;
    private final Map<String, Counter> counters;
    private final Map<String, Gauge<?>> gauges;

    Measured() {
        this("", new HashMap<>(), new HashMap<>());
    }

    private Measured(String path, Map<String, Counter> counters, Map<String, Gauge<?>> gauges) {
        this.path = path;
        this.counters = counters;
        this.gauges = gauges;
    }

    static MetricTable table(String json) {
        try {
            return new MetricTable(json);
        } catch (IOException fault) {
            throw new UncheckedIOException(fault);
        }
    }

    /** What has moved. */
    Map<String, Long> moved() {
        Map<String, Long> found = new HashMap<>();
        counters.forEach((name, counter) -> found.put(name, counter.getCount()));
        found.values().removeIf(count -> count == 0);
        return found;
    }

    Map<String, Object> gauges() {
        Map<String, Object> found = new HashMap<>();
        gauges.forEach((name, gauge) -> found.put(name, gauge.getValue()));
        return found;
    }

    @Override
    public Counter counter(String name) {
        return counter(name, new SimpleCounter());
    }

    @Override
    public <C extends Counter> C counter(String name, C counter) {
        if (counters.put(path + name, counter) != null) {
            throw new IllegalStateException(path + name + " is there already");
        }
        return counter;
    }

    @Override
    public <T, G extends Gauge<T>> G gauge(String name, G gauge) {
        gauges.put(path + name, gauge);
        return gauge;
    }

    @Override
    public <H extends Histogram> H histogram(String name, H histogram) {
        throw new UnsupportedOperationException();
    }

    @Override
    public <M extends Meter> M meter(String name, M meter) {
        throw new UnsupportedOperationException();
    }

    @Override
    public MetricGroup addGroup(String name) {
        return new Measured(path + name + ".", counters, gauges);
    }

    @Override
    public MetricGroup addGroup(String key, String value) {
        return new Measured(path + key + "=" + value + ".", counters, gauges);
    }

    @Override
    public String[] getScopeComponents() {
        return new String[0];
    }

    @Override
    public Map<String, String> getAllVariables() {
        return Map.of();
    }

    @Override
    public String getMetricIdentifier(String metricName) {
        return path + metricName;
    }

    @Override
    public String getMetricIdentifier(String metricName, CharacterFilter filter) {
        return path + metricName;
    }
}
