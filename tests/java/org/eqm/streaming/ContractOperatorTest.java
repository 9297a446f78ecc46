package org.eqm.streaming;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.Test;

/** Open windows are continued only by code that would have begun them the same way. */
class ContractOperatorTest {
    private static final int MAX_PARALLELISM = 8;
    private static final String MINUTE = "windows of 60000 ms";
    private static final String HALF_MINUTE = "windows of 30000 ms";

    @Test
    void theSameCodeContinues() throws Exception {
        restored(MINUTE, saved(MINUTE, false)).close();
    }

    @Test
    void otherCodeIsRefusedAndToldWhatToDo() throws Exception {
        OperatorSubtaskState saved = saved(MINUTE, false);
        String said = assertThrows(ContractChangedException.class, () -> restored(HALF_MINUTE, saved)).getMessage();
        for (String part : List.of("begun as " + MINUTE, "this version has " + HALF_MINUTE, "--drain", "--resume")) {
            assertTrue(said.contains(part), said);
        }
    }

    /** After a drain no window is open. */
    @Test
    void anyCodeContinuesAfterADrain() throws Exception {
        restored(HALF_MINUTE, saved(MINUTE, true)).close();
    }

    /** Every subtask must see what any of them saved: one that got nothing of the state would let other code pass. */
    @Test
    void otherCodeIsRefusedByEverySubtaskOfAWiderJob() throws Exception {
        OperatorSubtaskState saved = saved(MINUTE, false);
        for (int subtask = 0; subtask < 3; subtask++) {
            OperatorSubtaskState part = AbstractStreamOperatorTestHarness.repartitionOperatorState(
                    saved, MAX_PARALLELISM, 1, 3, subtask);
            assertThrows(ContractChangedException.class, () -> restored(HALF_MINUTE, part));
        }
    }

    @Test
    void rowsPassUnchanged() throws Exception {
        try (var operator = restored(MINUTE, null)) {
            RowData row = Readings.rejected(2_000);
            operator.processElement(row, 2_000);
            assertEquals(List.of(row), operator.extractOutputValues());
        }
    }

    private static OperatorSubtaskState saved(String contract, boolean drained) throws Exception {
        try (var operator = restored(contract, null)) {
            if (drained) {
                operator.endInput();
            }
            return operator.snapshot(1, 0);
        }
    }

    private static OneInputStreamOperatorTestHarness<RowData, RowData> restored(
            String contract, OperatorSubtaskState state) throws Exception {
        var operator = new OneInputStreamOperatorTestHarness<RowData, RowData>(
                new ContractOperator(contract), MAX_PARALLELISM, 1, 0);
        operator.setup(Readings.LAYOUT.typeInformation().createSerializer(null));
        if (state != null) {
            operator.initializeState(state);
        }
        operator.open();
        return operator;
    }
}
