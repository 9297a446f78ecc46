package org.eqm.streaming;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/** What is measured at a place, as declared in the Python package {@code schemas.metrics} and handed over as JSON. */
final class MetricTable implements Serializable {
    private static final long serialVersionUID = 1L;

    /** One number: its name, and label, value, label, value. */
    private record Series(String name, List<String> labels) implements Serializable {
        String key() {
            StringBuilder key = new StringBuilder(name);
            for (int i = 1; i < labels.size(); i += 2) {
                key.append(' ').append(labels.get(i));
            }
            return key.toString();
        }
    }

    private final String scope;
    private final List<Series> series = new ArrayList<>();
    private final Map<String, long[]> bounds = new HashMap<>();
    private final Map<String, List<String>> gauges = new HashMap<>();

    MetricTable(String json) throws IOException {
        JsonNode root = new ObjectMapper().readTree(json);
        scope = root.required("scope").asText();
        for (JsonNode counter : root.required("counters")) {
            List<String> labels = new ArrayList<>();
            counter.required("labels").properties().forEach(each -> {
                labels.add(each.getKey());
                labels.add(each.getValue().asText());
            });
            series.add(new Series(counter.required("name").asText(), labels));
        }
        root.required("bounds").properties().forEach(each -> bounds.put(each.getKey(), longs(each.getValue())));
        root.required("gauges").properties().forEach(each -> gauges.put(each.getKey(), texts(each.getValue())));
    }

    /** All counters of the table, at 0. */
    Counters counters(MetricGroup group) {
        return new Counters(group);
    }

    /** A gauge that the table has, with these values of its labels. */
    void gauge(MetricGroup group, String name, Gauge<Long> gauge, String... values) {
        List<String> labels = gauges.get(name);
        if (labels == null || labels.size() != values.length) {
            throw new IllegalArgumentException(name + " is no gauge with " + values.length + " labels");
        }
        MetricGroup place = group.addGroup(scope);
        for (int i = 0; i < values.length; i++) {
            place = place.addGroup(labels.get(i), values[i]);
        }
        place.gauge(name, gauge);
    }

    /** Counters of a subtask, in the order of the table. */
    final class Counters {
        private final Counter[] inOrder = new Counter[series.size()];
        private final Map<String, Integer> places = new HashMap<>();

        private Counters(MetricGroup group) {
            for (int i = 0; i < inOrder.length; i++) {
                MetricGroup place = group.addGroup(scope);
                List<String> labels = series.get(i).labels();
                for (int at = 0; at < labels.size(); at += 2) {
                    place = place.addGroup(labels.get(at), labels.get(at + 1));
                }
                inOrder[i] = place.counter(series.get(i).name());
                places.put(series.get(i).key(), i);
            }
        }

        int size() {
            return inOrder.length;
        }

        Counter at(int place) {
            return inOrder[place];
        }

        /** The one with this name and these values of its labels. */
        Counter of(String name, String... values) {
            return inOrder[place(name, values)];
        }

        /** Takes values of a histogram. */
        LongConsumer histogram(String name, String... values) {
            long[] ends = bounds.get(name);
            String[] first = new String[values.length + 1];
            System.arraycopy(values, 0, first, 0, values.length);
            first[values.length] = Long.toString(ends[0]);
            int begin = place(name + "_bucket", first);
            Counter sum = of(name + "_sum", values);
            Counter count = of(name + "_count", values);
            return value -> {
                for (int i = 0; i < ends.length; i++) {
                    if (value <= ends[i]) {
                        inOrder[begin + i].inc();
                    }
                }
                inOrder[begin + ends.length].inc();
                sum.inc(value);
                count.inc();
            };
        }

        private int place(String name, String... values) {
            String key = values.length == 0 ? name : name + " " + String.join(" ", values);
            Integer place = places.get(key);
            if (place == null) {
                throw new IllegalArgumentException(key + " is not in the table of metrics");
            }
            return place;
        }
    }

    private static long[] longs(JsonNode numbers) {
        long[] found = new long[numbers.size()];
        for (int i = 0; i < found.length; i++) {
            found[i] = numbers.get(i).asLong();
        }
        return found;
    }

    private static List<String> texts(JsonNode array) {
        List<String> found = new ArrayList<>();
        array.forEach(each -> found.add(each.asText()));
        return found;
    }
}
