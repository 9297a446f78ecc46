package org.eqm.streaming;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The windows that are smoothed over: the last ones by arrival, and no repeat among them. */
class RecentWindowsTest {
    private static final int HOP_MS = 5_000;
    private static final int SMOOTHED = 6;
    private static final int REMEMBERED = 4_096;

    private final RecentWindows recent = new RecentWindows();
    private final RecentWindows.Memory memory = recent.createAccumulator();

    @Test
    void theLastOnesAreGivenThisOneAmongThem() {
        assertEquals(List.of("1"), given(1));
        assertEquals(List.of("1", "2"), given(2));
        for (int window = 3; window <= 9; window++) {
            given(window);
        }
        assertEquals(List.of("5", "6", "7", "8", "9", "10"), given(10));
    }

    /** As a features job that delivers at least once sends them after a failure: in order, behind newer ones. */
    @Test
    void repeatsGiveNothingAndPushNothingOut() {
        for (int window = 1; window <= 8; window++) {
            given(window);
        }
        for (int window = 4; window <= 8; window++) {
            assertNull(given(window), "window " + window + " came before");
        }
        assertEquals(List.of("4", "5", "6", "7", "8", "9"), given(9));
    }

    /** After a rescale a window may be overtaken. It is new all the same. */
    @Test
    void aWindowThatWasOvertakenIsNew() {
        given(1);
        given(3);
        assertEquals(List.of("1", "3", "2"), given(2));
        assertNull(given(2));
        assertNull(given(3));
    }

    /** A user has one window in each hop, wherever in the hop it ends. */
    @ParameterizedTest
    @ValueSource(longs = {0, 250, 2_500, 4_999})
    void aPhaseChangesNothing(long phaseMs) {
        byte[] bytes = "a window".getBytes(StandardCharsets.UTF_8);
        for (long number : new long[] {-2, -1, 0, 1, 2}) {
            Instant end = Instant.ofEpochMilli(number * HOP_MS + phaseMs);
            recent.accumulate(memory, bytes, end, HOP_MS, SMOOTHED);
            assertEquals(number + 3, recent.getValue(memory).length);
            recent.accumulate(memory, bytes, end, HOP_MS, SMOOTHED);
            assertNull(recent.getValue(memory), "a repeat");
        }
    }

    /** The ring's places are used again; what had stood there must not count for the newer window. */
    @Test
    void aPlaceInTheRingIsFreeForALaterWindow() {
        for (int window = 1; window <= REMEMBERED + 10; window++) {
            assertEquals(Math.min(window, SMOOTHED), given(window).size(), "window " + window);
        }
        given(2 * REMEMBERED);
        assertEquals(SMOOTHED, given(REMEMBERED + 11).size());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, REMEMBERED - 1})
    void aRepeatIsKnownAsFarBackAsTheRingReaches(int back) {
        given(10_000 - back);
        given(10_000);
        assertNull(given(10_000 - back));
    }

    @ParameterizedTest
    @ValueSource(ints = {-REMEMBERED, REMEMBERED, 100_000})
    void aWindowFromFarAwayIsNew(int away) {
        given(200_000);
        assertEquals(List.of("200000", Integer.toString(200_000 + away)), given(200_000 + away));
        assertNull(given(200_000 + away), "and remembered");
    }

    @Test
    void anInstantBeforeTheEpochHasAPlaceToo() {
        assertEquals(List.of("-3"), given(-3));
        assertNull(given(-3));
        assertEquals(List.of("-3", "0"), given(0));
    }

    /** What is given when the window with this number comes; its bytes are its number as text. */
    private List<String> given(int number) {
        byte[] window = Integer.toString(number).getBytes(StandardCharsets.UTF_8);
        recent.accumulate(memory, window, Instant.ofEpochMilli((long) number * HOP_MS), HOP_MS, SMOOTHED);
        byte[][] windows = recent.getValue(memory);
        return windows == null ? null : Arrays.stream(windows).map(RecentWindowsTest::text).toList();
    }

    private static String text(byte[] window) {
        return new String(window, StandardCharsets.UTF_8);
    }
}
