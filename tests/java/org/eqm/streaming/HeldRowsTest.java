package org.eqm.streaming;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows leave together, each once, whatever is restored and wherever. */
class HeldRowsTest {
    private static final int MAX_PARALLELISM = 8;
    private static final long ROLL_MS = 300_000;
    private static final int FILE_ROWS = HeldRows.FILE_ROWS;
    private static final RowType TYPE = RowType.of(
            new LogicalType[] {new BigIntType(), new VarCharType(VarCharType.MAX_LENGTH)},
            new String[] {"timestamp_ms", "user_id"});
    private static final int[] FIELDS = {ReadingRow.TIMESTAMP_MS, ReadingRow.USER_ID};

    @Test
    void rowsAreHeldUntilTheyAreWorthAFile() throws Exception {
        try (Stage stage = new Stage()) {
            stage.take(FILE_ROWS - 1);
            stage.checkpoint();
            stage.checkpoint();
            assertEquals(0, stage.out(), "one row too few");
            stage.take(1);
            stage.checkpoint();
            assertEquals(0, stage.out(), "they go behind the barrier");
            stage.checkpoint();
            assertEquals(LongStream.range(0, FILE_ROWS).boxed().toList(), stage.left());
        }
    }

    @Test
    void rowsOfManyBytesAreWorthAFileSooner() throws Exception {
        String name = "n".repeat(4_096);
        int rows = (int) (HeldRows.FILE_BYTES / name.length());
        try (Stage stage = new Stage()) {
            for (int row = 0; row < rows * 9 / 10; row++) {
                stage.take(name);
            }
            stage.checkpoint();
            stage.checkpoint();
            assertEquals(0, stage.out());
            for (int row = rows * 9 / 10; row < rows; row++) {
                stage.take(name);
            }
            stage.checkpoint();
            stage.checkpoint();
            assertEquals(rows, stage.out());
        }
    }

    /** The age is that of the oldest row. */
    @Test
    void fewRowsGoWhenTheyAreOld() throws Exception {
        try (Stage stage = new Stage()) {
            stage.at(1_000_000).take(1);
            stage.at(1_000_000 + ROLL_MS - 1).take(2);
            stage.checkpoint();
            stage.checkpoint();
            assertEquals(0, stage.out());
            stage.at(1_000_000 + ROLL_MS).checkpoint();
            stage.checkpoint();
            assertEquals(3, stage.out());
            stage.at(2_000_000).take(1);
            stage.checkpoint();
            stage.checkpoint();
            assertEquals(3, stage.out(), "a row that comes later has an age of its own");
        }
    }

    /** Half of an interval's rows bring out all that is held; none of them goes along. */
    @Test
    void rowsLeaveWithThoseThatCome() throws Exception {
        int arriving = FILE_ROWS / 16;
        try (Stage stage = new Stage()) {
            stage.take(FILE_ROWS);
            stage.checkpoint();
            stage.take(1);
            assertEquals(3, stage.out(), "twice as fast as they came");
            stage.checkpoint();
            for (int round = 0; round < 15; round++) {
                stage.take(arriving);
                stage.checkpoint();
            }
            assertEquals(FILE_ROWS, stage.out());
            stage.take(arriving);
            stage.checkpoint();
            stage.take(arriving / 2);
            assertEquals(2 * FILE_ROWS + 1, stage.out());
            stage.take(arriving / 2);
            stage.checkpoint();
            assertEquals(2 * FILE_ROWS + 1, stage.out(), "what has come since is held");
        }
    }

    @Test
    void aCheckpointThatDoesNotComeFillsNoMemory() throws Exception {
        try (Stage stage = new Stage()) {
            stage.take(HeldRows.MOST_FILES * FILE_ROWS - 1);
            assertEquals(0, stage.out());
            stage.take(3 * FILE_ROWS);
            assertTrue(stage.taken - stage.out() < HeldRows.MOST_FILES * FILE_ROWS, "held: " + stage.out());
        }
    }

    @Test
    void allGoesAtTheEndOfTheInput() throws Exception {
        try (Stage stage = new Stage()) {
            stage.take(FILE_ROWS);
            stage.checkpoint();
            stage.take(10);
            stage.end();
            assertEquals(LongStream.range(0, FILE_ROWS + 10).boxed().toList(), stage.left());
            stage.checkpoint();
            try (Stage next = new Stage(stage.state, 0)) {
                next.end();
                assertEquals(0, next.out(), "nothing is left in the state");
            }
        }
    }

    /** Whichever checkpoint is restored: what had left before its barrier, and what leaves then, is each row once. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void aRestoreGivesEachRowOnce(long seed) throws Exception {
        Random random = new Random(seed);
        try (Stage stage = new Stage()) {
            for (int step = 0; step < 60; step++) {
                stage.at(stage.nowMs + random.nextInt((int) ROLL_MS / 4));
                stage.take(random.nextInt(5) == 0 ? random.nextInt(FILE_ROWS) : random.nextInt(20));
                stage.checkpoint();
                try (Stage next = new Stage(stage.state, stage.taken)) {
                    next.take(random.nextInt(3));
                    for (int more = random.nextInt(3); more > 0; more--) {
                        next.checkpoint();
                    }
                    next.end();
                    List<Long> all = stage.left();
                    all.addAll(next.left());
                    assertEquals(LongStream.range(0, next.taken).boxed().toList(), all);
                }
            }
            assertTrue(stage.out() > FILE_ROWS, "many rows must have left");
        }
    }

    @Test
    void whatIsRestoredIsAsOldAsTheRestore() throws Exception {
        try (Stage stage = new Stage()) {
            stage.at(1).take(3);
            stage.checkpoint();
            try (Stage next = new Stage(stage.state, 3)) {
                next.checkpoint();
                next.checkpoint();
                assertEquals(0, next.out());
                next.at(ROLL_MS).checkpoint();
                next.checkpoint();
                assertEquals(3, next.out());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void anotherParallelismSharesTheRowsOut(int parallelism) throws Exception {
        OperatorSubtaskState saved;
        try (Stage one = new Stage(null, 0);
                Stage other = new Stage(null, 1_000_000)) {
            for (int round = 0; round < 5; round++) {
                one.take(7);
                other.take(HeldRows.CHUNK_ROWS + 1);
                one.checkpoint();
                other.checkpoint();
            }
            saved = AbstractStreamOperatorTestHarness.repackageState(one.state, other.state);
        }
        List<Long> all = new ArrayList<>();
        for (int subtask = 0; subtask < parallelism; subtask++) {
            OperatorSubtaskState part = AbstractStreamOperatorTestHarness.repartitionOperatorState(
                    saved, MAX_PARALLELISM, 2, parallelism, subtask);
            try (Stage next = new Stage(part, 0)) {
                next.end();
                assertTrue(parallelism > 3 || next.out() > 0, "each subtask has its share");
                all.addAll(next.left());
            }
        }
        assertEquals(
                LongStream.concat(LongStream.range(0, 35), LongStream.range(1_000_000, 1_000_000 + 5L * (HeldRows.CHUNK_ROWS + 1)))
                        .boxed()
                        .toList(),
                all.stream().sorted().toList());
    }

    /** A sender may write its next row over the one that it has sent. */
    @Test
    void aRowIsCopiedWhenItComes() throws Exception {
        try (Stage stage = new Stage()) {
            GenericRowData row = new GenericRowData(Readings.LAYOUT.width());
            for (long at = 0; at < 3; at++) {
                row.setField(ReadingRow.TIMESTAMP_MS, at);
                row.setField(ReadingRow.USER_ID, StringData.fromString("user " + at));
                stage.operator.processElement(row, 0);
            }
            stage.end();
            assertEquals(List.of(0L, 1L, 2L), stage.left());
            assertEquals("user 2", stage.operator.extractOutputValues().get(2).getString(1).toString());
        }
    }

    /** Flink passes rows on before it takes the state. State taken in between would lack them, and no file would have them. */
    @Test
    void stateIsNotTakenWhileRowsLeave() throws Exception {
        try (Stage stage = new Stage()) {
            stage.take(FILE_ROWS);
            stage.checkpoint();
            assertThrows(Exception.class, () -> stage.operator.snapshot(2, 0));
        }
    }

    /** An operator, and the numbers of the rows that went in. */
    private static final class Stage implements AutoCloseable {
        private final OneInputStreamOperatorTestHarness<RowData, RowData> operator;
        private OperatorSubtaskState state;
        private long taken;
        private long checkpoints;
        private long nowMs;

        private Stage() throws Exception {
            this(null, 0);
        }

        private Stage(OperatorSubtaskState state, long first) throws Exception {
            taken = first;
            operator = new OneInputStreamOperatorTestHarness<>(
                    new HeldRows(TYPE, FIELDS, ROLL_MS), MAX_PARALLELISM, 1, 0);
            operator.setup(new RowDataSerializer(TYPE));
            if (state != null) {
                operator.initializeState(state);
            }
            operator.open();
        }

        private Stage at(long ms) throws Exception {
            nowMs = ms;
            operator.setProcessingTime(ms);
            return this;
        }

        private void take(int rows) throws Exception {
            for (int row = 0; row < rows; row++) {
                take("ann");
            }
        }

        private void take(String user) throws Exception {
            operator.processElement(Readings.accepted(user, taken++, 72), 0);
        }

        /** As a task does it. */
        private void checkpoint() throws Exception {
            operator.prepareSnapshotPreBarrier(++checkpoints);
            state = operator.snapshot(checkpoints, 0);
        }

        private void end() throws Exception {
            operator.endInput();
        }

        private long out() {
            return operator.getOutput().size();
        }

        private List<Long> left() {
            List<Long> found = new ArrayList<>();
            operator.extractOutputValues().forEach(row -> found.add(row.getLong(0)));
            return found;
        }

        @Override
        public void close() throws Exception {
            operator.close();
        }
    }
}
