package org.eqm.streaming;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.flink.api.common.eventtime.WatermarkAlignmentParams;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Which partitions event time waits for, and when it stands still. Every time of a reading or watermark is event time;
 * {@code pass} lets the source's own clock go on.
 */
class ReadingWatermarksTest {
    private static final long LATENESS_MS = 10_000;
    private static final long IDLE_MS = 15_000;
    private static final long HOLD_MS = 3_000;
    private static final long DRIFT_MS = 60_000;

    /** Longer than time stands still, shorter than anything takes to be idle. */
    private static final long AFTER_HOLD_MS = 4_000;

    private static final long EMITTED_MS = 200;

    private RunningSource source;
    private RunningSource.Subtask subtask;

    @Test
    void theWatermarkFollowsTheNewestReadingByTheLateness() throws Exception {
        begin("a");
        subtask.read("a", 100_000);
        source.pass(AFTER_HOLD_MS);
        assertReached(100_000);
        subtask.read("a", 101_000, 100_500, 95_000);
        source.pass(EMITTED_MS);
        assertReached(101_000);
    }

    @Test
    void theSlowestPartitionCounts() throws Exception {
        begin("a", "b");
        subtask.read("a", 100_000);
        subtask.read("b", 100_000);
        source.pass(AFTER_HOLD_MS);
        subtask.read("a", 170_000);
        subtask.read("b", 103_000);
        source.pass(EMITTED_MS);
        assertReached(103_000);
    }

    @Test
    void aPartitionHoldsBackTheOthersUntilItIsIdle() throws Exception {
        begin("a", "b", "c");
        subtask.read("a", 100_000);
        subtask.read("b", 100_000);
        subtask.read("c", 100_000);
        for (long readMs = 101_000; readMs <= 115_000; readMs += 1_000) {
            source.pass(1_000);
            subtask.read("b", readMs);
            subtask.read("c", readMs + 5_000);
        }
        assertReached(100_000);
        source.pass(EMITTED_MS);
        assertReached(115_000);
    }

    /** Not the fastest: what it gives when it comes back between them is not late. */
    @Test
    void anIdlePartitionGoesOnWithTheSlowestOfTheOthers() throws Exception {
        begin("a", "slow", "idle");
        subtask.read("idle", 90_000);
        for (long readMs = 100_000; readMs <= 116_000; readMs += 1_000) {
            subtask.read("a", 200_000 + readMs);
            subtask.read("slow", readMs);
            source.pass(1_000);
        }
        assertReached(116_000);
        subtask.read("idle", 150_000);
        subtask.read("slow", 400_000);
        source.pass(EMITTED_MS);
        assertReached(150_000);
    }

    /** A partition that never gave a reading is no other. */
    @Test
    void anEmptyPartitionHoldsBackTheOthersUntilItIsIdle() throws Exception {
        begin("a", "empty");
        readEverySecond(15, 100_000);
        assertEquals(Long.MIN_VALUE, source.watermarkMs());
        readEverySecond(1, 115_000);
        source.pass(EMITTED_MS);
        assertReached(115_000);
    }

    /** A sender of garbage, or with a wrong clock, neither moves the others' time nor holds it back. */
    @Test
    void aMessageThatIsRefusedIsNoReading() throws Exception {
        begin("a", "b");
        subtask.read("b", 100_000);
        for (long readMs = 100_000; readMs <= 120_000; readMs += 1_000) {
            subtask.read("a", readMs);
            subtask.readGarbage("b", 4_000_000_000_000L);
            source.pass(1_000);
        }
        assertReached(120_000);
    }

    @Test
    void aSubtaskOfWhichNoPartitionGivesAnyIsIdle() throws Exception {
        begin("a", "b");
        subtask.read("a", 100_000);
        subtask.read("b", 100_000);
        source.pass(IDLE_MS);
        assertFalse(source.isIdle());
        source.pass(EMITTED_MS);
        assertTrue(source.isIdle());
        subtask.read("b", 101_000);
        source.pass(EMITTED_MS);
        assertFalse(source.isIdle());
    }

    /** It may yet get one: the partitions are handed out after the start. */
    @Test
    void aSubtaskWithoutAPartitionIsIdleAfterAWhile() throws Exception {
        begin();
        source.pass(IDLE_MS);
        assertFalse(source.isIdle());
        source.pass(EMITTED_MS);
        assertTrue(source.isIdle());
    }

    @Test
    void aSubtaskWithoutAPartitionDoesNotHoldBackTheOthers() throws Exception {
        source = source(2, HOLD_MS);
        subtask = source.subtask(0).with("a");
        readEverySecond(15, 100_000);
        assertEquals(Long.MIN_VALUE, source.watermarkMs());
        readEverySecond(1, 115_000);
        source.pass(EMITTED_MS);
        assertReached(115_000);
    }

    private enum Wait {
        FOR_THE_SLOWEST,
        FOR_WHAT_FOLLOWS
    }

    /** The others would go on without it, and what it has to read would be late. */
    @ParameterizedTest
    @EnumSource
    void aSubtaskThatWaitsIsNotIdle(Wait wait) throws Exception {
        source = source(2, HOLD_MS);
        subtask = source.subtask(0).with("a");
        source.subtask(1).with("b").read("b", 100_000);
        subtask.read("a", 100_000);
        source.pass(AFTER_HOLD_MS);
        begin(wait, source.subtask(1));
        readEverySecond(60, 101_000);
        assertReached(100_000);
        end(wait, source.subtask(1));
        source.subtask(1).read("b", 101_000);
        source.pass(EMITTED_MS);
        assertReached(101_000);
    }

    /** Silence counts on where it stood, and not for the time between. */
    @ParameterizedTest
    @EnumSource
    void afterAWaitSilenceIsSilenceAgain(Wait wait) throws Exception {
        begin("a");
        subtask.read("a", 100_000);
        source.pass(AFTER_HOLD_MS);
        begin(wait, subtask);
        source.pass(60_000);
        end(wait, subtask);
        source.pass(IDLE_MS - AFTER_HOLD_MS);
        assertFalse(source.isIdle());
        source.pass(EMITTED_MS);
        assertTrue(source.isIdle());
    }

    /** A partition that is paused because it is ahead must hold back the others when they have come so far. */
    @Test
    void aPartitionThatWaitsIsNotIdle() throws Exception {
        begin("a", "ahead");
        subtask.read("ahead", 200_000);
        subtask.read("a", 100_000);
        source.pass(AFTER_HOLD_MS);
        subtask.pause("ahead");
        readEverySecond(60, 101_000);
        subtask.read("a", 300_000);
        source.pass(EMITTED_MS);
        assertReached(200_000);
        subtask.resume("ahead");
        readEverySecond(11, 301_000);
        source.pass(EMITTED_MS);
        assertReached(311_000);
    }

    /** Half the drift before the first reading: whatever another partition brings meanwhile, it is in time. */
    @Test
    void timeStandsStillForThreeSecondsAfterAStart() throws Exception {
        begin("a");
        subtask.read("a", 100_000, 400_000);
        source.pass(HOLD_MS - EMITTED_MS);
        assertReached(100_000 - DRIFT_MS / 2);
        source.pass(EMITTED_MS);
        assertReached(400_000);
    }

    /** The job ran before anything was sent, and the first to be read is not the partition with the oldest reading. */
    @Test
    void aPartitionThatIsReadSecondAfterAnIdleStartIsNotLeftBehind() throws Exception {
        begin("a", "b");
        source.pass(60_000);
        assertTrue(source.isIdle());
        subtask.read("a", 106_000, 600_000);
        source.pass(HOLD_MS - EMITTED_MS);
        subtask.read("b", 100_000, 250_000);
        assertTrue(source.watermarkMs() < 100_000 - LATENESS_MS);
        source.pass(EMITTED_MS);
        assertReached(250_000);
    }

    /** No reading is later than the first by half the lateness yet: then the newest counts, as ever. */
    @Test
    void timeStandsWhereTheNewestReadingIsWhileThatIsNotFar() throws Exception {
        begin("a");
        subtask.read("a", 100_000);
        source.pass(60_000);
        subtask.read("a", 160_000, 161_000);
        source.pass(EMITTED_MS);
        assertReached(161_000);
    }

    @ParameterizedTest(name = "idle after {0} ms: after {1} ms of silence time stands still: {2}")
    @CsvSource({
        "15000, 11800, false",
        "15000, 12000, false",
        "15000, 12200, true",
        "15000, 600000, true",
        "4000, 2000, false",
        "4000, 2200, true",
    })
    void timeStandsStillAfterASilence(long idleMs, long silenceMs, boolean still) throws Exception {
        source = new RunningSource(1, new ReadingWatermarks(LATENESS_MS, idleMs, HOLD_MS, DRIFT_MS));
        subtask = source.subtask(0).with("a");
        readEverySecond(4, 100_000);
        subtask.read("a", 104_000);
        source.pass(silenceMs);
        subtask.read("a", 200_000, 500_000);
        source.pass(EMITTED_MS);
        assertReached(still ? 205_000 : 500_000);
        source.pass(HOLD_MS - EMITTED_MS);
        assertReached(500_000);
    }

    /** An outage: both partitions fall silent, and get their backlog one after the other, on one subtask. */
    @Test
    void aPartitionThatComesBackSecondIsNotLeftBehind() throws Exception {
        begin("a", "b");
        fallSilent();
        subtask.read("a", 101_000, 400_000);
        source.pass(HOLD_MS - EMITTED_MS);
        subtask.read("b", 101_500, 250_000);
        source.pass(EMITTED_MS);
        assertReached(250_000);
    }

    /**
     * The same on two subtasks. A channel that was idle counts for Flink only once it has come to where the others are;
     * the second must not wait for its own three seconds before it says where it is.
     */
    @Test
    void aSubtaskThatComesBackSecondHoldsBackTheFirst() throws Exception {
        source = source(2, HOLD_MS);
        subtask = source.subtask(0).with("a");
        RunningSource.Subtask second = source.subtask(1).with("b");
        subtask.read("a", 100_000);
        second.read("b", 100_000);
        source.pass(AFTER_HOLD_MS + IDLE_MS);
        assertTrue(source.isIdle());
        subtask.read("a", 101_000, 400_000);
        source.pass(1_000);
        second.read("b", 101_000, 250_000);
        source.pass(HOLD_MS - 1_000);
        assertReached(106_000);
        source.pass(1_000);
        assertReached(250_000);
    }

    /** The limit of it: time cannot wait for ever. */
    @Test
    void aPartitionThatComesBackLaterIsLeftBehind() throws Exception {
        begin("a", "b");
        fallSilent();
        subtask.read("a", 101_000, 400_000);
        source.pass(HOLD_MS);
        subtask.read("b", 101_500);
        source.pass(EMITTED_MS);
        assertReached(400_000);
    }

    /** A bounded read ends by itself, and nothing is waited for. */
    @Test
    void aBoundedReadNeitherStandsStillNorIsAligned() throws Exception {
        ReadingWatermarks bounded = new ReadingWatermarks(LATENESS_MS, 600_000, 0, 0);
        source = new RunningSource(1, bounded);
        source.subtask(0).with("a").read("a", 100_000, 400_000);
        source.pass(EMITTED_MS);
        assertReached(400_000);
        assertFalse(bounded.getAlignmentParameters().isEnabled());
    }

    @Test
    void partitionsAreReadAtOnePace() {
        WatermarkAlignmentParams pace = strategy(HOLD_MS).getAlignmentParameters();
        assertTrue(pace.isEnabled());
        assertEquals(DRIFT_MS, pace.getMaxAllowedWatermarkDrift());
        assertEquals(100, pace.getUpdateInterval());
    }

    private void begin(String... partitions) throws Exception {
        source = source(1, HOLD_MS);
        subtask = source.subtask(0).with(partitions);
    }

    private static RunningSource source(int parallelism, long holdMs) throws Exception {
        return new RunningSource(parallelism, strategy(holdMs));
    }

    private static ReadingWatermarks strategy(long holdMs) {
        return new ReadingWatermarks(LATENESS_MS, IDLE_MS, holdMs, DRIFT_MS);
    }

    /** Partition a goes on in real time from the given instant. */
    private void readEverySecond(int seconds, long fromMs) throws Exception {
        for (int second = 0; second < seconds; second++) {
            subtask.read("a", fromMs + 1_000L * second);
            source.pass(1_000);
        }
    }

    private void fallSilent() throws Exception {
        subtask.read("a", 100_000);
        subtask.read("b", 100_000);
        source.pass(60_000);
        assertTrue(source.isIdle());
    }

    private static void begin(Wait wait, RunningSource.Subtask waiting) {
        switch (wait) {
            case FOR_THE_SLOWEST -> waiting.pauseAll();
            case FOR_WHAT_FOLLOWS -> waiting.beginBackPressure();
        }
    }

    private static void end(Wait wait, RunningSource.Subtask waiting) {
        switch (wait) {
            case FOR_THE_SLOWEST -> waiting.resumeAll();
            case FOR_WHAT_FOLLOWS -> waiting.endBackPressure();
        }
    }

    /** Event time is where a reading of this instant puts it: a reading that is older by the lateness is in time. */
    private void assertReached(long readingMs) {
        assertEquals(readingMs - LATENESS_MS - 1, source.watermarkMs());
    }
}
