package org.eqm.streaming;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.functions.FunctionContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What Python has measured becomes metrics of Flink, in the order of the table. */
class CountedTest {
    private static final String TABLE = """
            {"scope": "eqm",
             "counters": [
               {"name": "events", "labels": {"topic": "emotions", "outcome": "said"}},
               {"name": "events", "labels": {"topic": "emotions", "outcome": "no_signal"}},
               {"name": "windows", "labels": {}}],
             "bounds": {},
             "gauges": {"model_in_force": ["role", "model", "version"]}}
            """;

    private final Measured group = new Measured();
    private Counted counted;

    @BeforeEach
    void open() throws IOException {
        counted = new Counted(TABLE);
        counted.open(new FunctionContext(null, null, null) {
            @Override
            public MetricGroup getMetricGroup() {
                return group;
            }
        });
    }

    @Test
    void growthIsAddedUpAndRowsWithoutItCountNothing() throws IOException {
        assertTrue(counted.eval(measures("", 2, 0, 7)));
        assertTrue(counted.eval(null));
        assertTrue(counted.eval(measures("", 1, 0, 1)));
        assertEquals(Map.of("eqm.topic=emotions.outcome=said.events", 3L, "eqm.windows", 8L), group.moved());
    }

    @Test
    void theModelInForceShowsOneAndOneThatHasGoneShowsZero() throws IOException {
        counted.eval(measures("[[\"serve\",\"big\",\"1\"],[\"shadow\",\"small\",\"2\"]]", 0, 0, 0));
        String big = "eqm.role=serve.model=big.version=1.model_in_force";
        String small = "eqm.role=shadow.model=small.version=2.model_in_force";
        assertEquals(Map.of(big, 1L, small, 1L), group.gauges());
        counted.eval(measures("", 0, 0, 0));
        assertEquals(Map.of(big, 1L, small, 1L), group.gauges(), "as long as nothing new is told");
        counted.eval(measures("[[\"serve\",\"small\",\"2\"]]", 0, 0, 0));
        String serves = "eqm.role=serve.model=small.version=2.model_in_force";
        assertEquals(Map.of(big, 0L, small, 0L, serves, 1L), group.gauges());
        counted.eval(measures("[[\"serve\",\"big\",\"1\"]]", 0, 0, 0));
        assertEquals(Map.of(big, 1L, small, 0L, serves, 0L), group.gauges(), "back again");
    }

    @Test
    void whatDoesNotFitTheTableFails() {
        assertThrows(BufferUnderflowException.class, () -> counted.eval(measures("", 1, 2)));
    }

    private static byte[] measures(String inForce, long... growth) {
        byte[] told = inForce.getBytes(StandardCharsets.UTF_8);
        ByteBuffer found = ByteBuffer.allocate(8 * growth.length + told.length).order(ByteOrder.LITTLE_ENDIAN);
        for (long each : growth) {
            found.putLong(each);
        }
        return found.put(told).array();
    }
}
