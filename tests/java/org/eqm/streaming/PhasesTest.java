package org.eqm.streaming;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A user's phase is the one that the batch jobs find in Python, and panes begin at it. */
class PhasesTest {
    private static final long PANE_MS = 5_000;

    /** tests/unit/schemas/test_windows.py reads the same file. */
    private static final Path KNOWN = Path.of(System.getProperty("basedir", "deploy"), "..", "tests", "data", "phases.tsv");

    private static final List<Integer> COUNTS = List.of(20, 8, 5_000);

    @Test
    void usersHaveThePhasesThatPythonGivesThem() throws Exception {
        List<String> lines = Files.readAllLines(KNOWN, StandardCharsets.UTF_8);
        for (String line : lines.subList(1, lines.size())) {
            String[] columns = line.split("\t");
            for (int place = 0; place < COUNTS.size(); place++) {
                long phaseMs = new Phases(PANE_MS, COUNTS.get(place)).ofUser(columns[COUNTS.size()]);
                assertEquals(Long.parseLong(columns[place]), phaseMs, columns[COUNTS.size()]);
            }
        }
        assertTrue(lines.size() > 20);
    }

    @ParameterizedTest(name = "of {0}, the pane of {1} begins at {2}")
    @CsvSource({
        "ann, 1749, -3250",
        "ann, 1750, 1750",
        "ann, 6749, 1750",
        "ann, 6750, 6750",
        "ann, 0, -3250",
        "ann, -3251, -8250",
        "ben, 3250, 3250",
        "ben, 3249, -1750",
        "ben, 1700000000000, 1699999998250",
    })
    void aPaneBeginsAtThePhaseOfItsUser(String user, long timestampMs, long startMs) {
        assertEquals(startMs, new Phases(PANE_MS, 20).paneStartMs(user, timestampMs));
    }

    /** Every millisecond around zero: the pane holds it, and begins at a multiple of the pane and the phase. */
    @Test
    void everyInstantIsInItsPane() {
        Phases phases = new Phases(PANE_MS, 20);
        for (long ms = -2 * PANE_MS; ms <= 2 * PANE_MS; ms++) {
            long startMs = phases.paneStartMs("ann", ms);
            assertTrue(startMs <= ms && ms < startMs + PANE_MS, ms + " in the pane from " + startMs);
            assertEquals(1_750, Math.floorMod(startMs, PANE_MS));
        }
    }

    @Test
    void onePhaseIsThatOfMultiplesOfThePane() {
        Phases one = new Phases(PANE_MS, 1);
        for (String user : List.of("ann", "ben", "Ünal", "😀")) {
            assertEquals(0, one.ofUser(user));
            assertEquals(-5_000, one.paneStartMs(user, -1));
            assertEquals(120_000, one.paneStartMs(user, 124_999));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 3, 7, 5_001})
    void phasesThatDoNotDivideAPaneAreRefused(int count) {
        assertThrows(IllegalArgumentException.class, () -> new Phases(PANE_MS, count));
    }

    /** Open windows of other phases must not be gone on with. */
    @Test
    void phasesArePartOfWhatStatePromises() {
        Map<String, String> twenty =
                Map.of("window_ms", "60000", "pane_ms", "5000", "phases", "20", "features", "a1f1591ce402fbcc");
        assertEquals(
                "windows of 60000 ms every 5000 ms in 20 phases, features and channels a1f1591ce402fbcc",
                ReadingStream.promise(twenty));
    }
}
