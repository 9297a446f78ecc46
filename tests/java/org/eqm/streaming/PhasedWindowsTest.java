package org.eqm.streaming;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.eqm.streaming.WindowsJob.Reading;
import org.eqm.streaming.WindowsJob.Sample;
import org.eqm.streaming.WindowsJob.Window;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a phase changes of a user's windows, and that it changes nothing else. Ann's is 1,750 ms, Ben's 3,250. */
class PhasedWindowsTest {
    private static final long END_OF_TIME = Long.MAX_VALUE;
    private static final Phases PHASES = new Phases(Readings.PANE_MS, 20);

    private WindowsJob job;

    @BeforeEach
    void start() throws Exception {
        job = new WindowsJob(1, PHASES);
    }

    @AfterEach
    void close() throws Exception {
        job.close();
    }

    @ParameterizedTest(name = "a reading of {0} at {1} is in windows from {2} to {3}")
    @CsvSource({
        "ann, 121750, 66750, 121750",
        "ann, 121749, 61750, 116750",
        "ann, 126749, 66750, 121750",
        "ann, 126750, 71750, 126750",
        "ann, 0, -58250, -3250",
        "ann, -3251, -63250, -8250",
        "ben, 0, -56750, -1750",
        "ben, 121750, 63250, 118250",
    })
    void aReadingIsInTheTwelveWindowsThatHoldIt(String user, long readingMs, long firstMs, long lastMs)
            throws Exception {
        job.read(user, readingMs);
        List<Window> sent = job.watermark(END_OF_TIME);
        assertEquals(12, sent.size());
        assertEquals(firstMs, sent.get(0).startMs());
        assertEquals(lastMs, sent.get(11).startMs());
        assertTrue(sent.stream().allMatch(window -> window.samples().get(0).ms() == readingMs));
    }

    /** Start inclusive, end exclusive, as without a phase. */
    @Test
    void aWindowIsSentWhenTheWatermarkHasPassedItsEnd() throws Exception {
        job.read("ann", 60_000);
        assertEquals(List.of(), job.watermark(61_748));
        assertEquals(1_750, job.watermark(61_749).get(0).startMs());
        assertEquals(List.of(), job.watermark(66_748));
        assertEquals(6_750, job.watermark(66_749).get(0).startMs());
    }

    @ParameterizedTest(name = "behind watermark {1} a reading of {0} at {2}: late {3}")
    @CsvSource({
        "ann, 61748, 61749, false",
        "ann, 61749, 61749, true",
        "ann, 61749, 61750, false",
        "ann, 64999, 62000, false",
        "ben, 61749, 61749, false",
        "ben, 63249, 61749, true",
        "ben, 63249, 63250, false",
    })
    void aReadingIsLateOnceTheFirstOfItsUsersWindowsMayHaveBeenSent(
            String user, long watermarkMs, long readingMs, boolean late) throws Exception {
        job.watermark(watermarkMs);
        job.read(user, readingMs);
        assertEquals(List.of(new Reading(user, readingMs, late)), job.accepted());
        assertEquals(late ? 0 : 12, job.watermark(END_OF_TIME).size(), "in all of its windows or in none");
    }

    /** A pane is what a user's window has and the one before has not. */
    @Test
    void aPaneTravelsOnceWithTheFirstWindowThatEndsWithIt() throws Exception {
        job.read("ann", 61_749);
        job.read("ann", 61_750);
        job.read("ann", 66_749);
        List<Window> sent = job.watermark(71_749);
        assertEquals(List.of(1_750L, 6_750L, 11_750L), sent.stream().map(Window::startMs).toList());
        assertEquals(List.of(1, 2, 0), sent.stream().map(Window::sentSamples).toList());
        assertEquals(List.of(true, false, false), sent.stream().map(Window::fresh).toList());
        assertEquals(List.of(1, 3, 3), sent.stream().map(Window::heldSamples).toList());
    }

    @Test
    void aUserWhoIsAwayLeavesNoState() throws Exception {
        job.read("ann", 60_000);
        assertEquals(13, job.entries(), "a pane, and a timer for each of its windows");
        job.watermark(116_749);
        assertEquals(0, job.entries());
    }

    /** What all this is for: the windows of many users do not end at once, and each user's are a hop apart. */
    @Test
    void windowsOfManyUsersEndOneAfterTheOther() throws Exception {
        for (int user = 0; user < 400; user++) {
            for (long ms = 0; ms < 120_000; ms += 5_000) {
                job.read("user-" + user, ms);
            }
        }
        Map<Long, Integer> atOnce = new TreeMap<>();
        Map<String, Set<Long>> starts = new HashMap<>();
        for (Window window : job.watermark(119_999)) {
            atOnce.merge(window.startMs(), 1, Integer::sum);
            starts.computeIfAbsent(window.user(), user -> new TreeSet<>()).add(window.startMs());
        }
        assertTrue(atOnce.values().stream().allMatch(users -> users < 40), "of 400 users some 20: " + atOnce);
        for (Set<Long> mine : starts.values()) {
            List<Long> ordered = List.copyOf(mine);
            for (int next = 1; next < ordered.size(); next++) {
                assertEquals(Readings.PANE_MS, ordered.get(next) - ordered.get(next - 1));
            }
        }
    }

    /** Readings out of order, with restores at another parallelism between them, against asking each window. */
    @ParameterizedTest(name = "{0} subtasks, then {1}")
    @CsvSource({"1, 3", "3, 1", "2, 3"})
    void orderParallelismAndRestoresChangeNothing(int before, int after) throws Exception {
        List<String> users = List.of("ann", "ben", "cai", "Ünal", "😀");
        Random random = new Random(5);
        Map<String, List<Long>> found = new TreeMap<>();
        Map<String, List<Long>> expected = new TreeMap<>();
        job.close();
        job = new WindowsJob(before, PHASES);
        for (int step = 0; step < 300; step++) {
            String user = users.get(random.nextInt(users.size()));
            long ms = 1_000_000 + 500L * step - random.nextInt(4_000);
            job.read(user, ms);
            addNaive(user, ms, expected);
            add(job.watermark(1_000_000 + 500L * step - 5_000), found);
            if (step == 150) {
                assertTrue(job.accepted().stream().noneMatch(Reading::late));
                job = job.rescaled(after);
            }
        }
        add(job.watermark(END_OF_TIME), found);
        assertTrue(job.accepted().stream().noneMatch(Reading::late));
        expected.values().forEach(times -> times.sort(null));
        assertEquals(expected, found);
    }

    private static void addNaive(String user, long ms, Map<String, List<Long>> windows) {
        for (long startMs = 900_000 + PHASES.ofUser(user); startMs <= ms; startMs += 5_000) {
            if (ms < startMs + 60_000) {
                windows.computeIfAbsent(user + " " + startMs, key -> new ArrayList<>()).add(ms);
            }
        }
    }

    private static void add(List<Window> sent, Map<String, List<Long>> found) {
        for (Window window : sent) {
            List<Long> times = window.samples().stream().map(Sample::ms).sorted().toList();
            assertEquals(null, found.put(window.user() + " " + window.startMs(), times), "sent twice: " + window);
        }
    }
}
