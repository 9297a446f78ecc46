package org.eqm.streaming;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.eqm.streaming.WindowsJob.Reading;
import org.eqm.streaming.WindowsJob.Sample;
import org.eqm.streaming.WindowsJob.Window;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Windows of 60 s every 5 s: their bounds, when they are sent, what is late, and what a restore must not change. Where
 * nothing else is said all users have one phase; {@link PhasedWindowsTest} has what a phase changes.
 */
class WindowsTest {
    private static final long END_OF_TIME = Long.MAX_VALUE;
    private static final long LATENESS_MS = 10_000;

    /** Named so that each of up to five subtasks has one. */
    private static final List<String> USERS = List.of("ann", "ben", "cai", "finn", "gus", "hal");

    private WindowsJob job;

    @AfterEach
    void close() throws Exception {
        if (job != null) {
            job.close();
        }
    }

    @ParameterizedTest(name = "a reading at {0} is in windows from {1} to {2}")
    @CsvSource({
        "120000, 65000, 120000",
        "120001, 65000, 120000",
        "124999, 65000, 120000",
        "125000, 70000, 125000",
        "0, -55000, 0",
        "-1, -60000, -5000",
    })
    void aReadingIsInTheTwelveWindowsThatHoldIt(long readingMs, long firstMs, long lastMs) throws Exception {
        start(1);
        job.read("ann", readingMs);
        LongStream expected = LongStream.iterate(firstMs, startMs -> startMs <= lastMs, startMs -> startMs + 5_000);
        List<Window> sent = job.watermark(END_OF_TIME);
        assertEquals(expected.boxed().toList(), sent.stream().map(Window::startMs).toList());
        assertEquals(12, sent.size());
    }

    /** Start inclusive, end exclusive: the last instant of a window is a millisecond before its end. */
    @ParameterizedTest(name = "after watermark {0} the newest sent window is that from {1}")
    @CsvSource({"64999, 5000", "65000, 5000", "69998, 5000", "69999, 10000", "179999, 60000", "1000000, 60000"})
    void aWindowIsSentWhenTheWatermarkHasPassedItsEnd(long watermarkMs, long newestMs) throws Exception {
        start(1);
        job.read("ann", 60_000);
        List<Window> sent = job.watermark(watermarkMs);
        assertEquals(newestMs, sent.get(sent.size() - 1).startMs());
        assertEquals(5_000, sent.get(0).startMs(), "in order, from the first on");
    }

    @Test
    void noWindowIsSentBeforeItsEnd() throws Exception {
        start(1);
        job.read("ann", 60_000);
        assertEquals(List.of(), job.watermark(64_998));
        assertEquals(1, job.watermark(64_999).size());
        assertEquals(List.of(), job.watermark(64_999), "and once only");
    }

    @ParameterizedTest(name = "behind watermark {0} a reading at {1}: late {2}")
    @CsvSource({
        "4998, 0, false",
        "4999, 0, true",
        "4999, 4999, true",
        "4999, 5000, false",
        "9998, 5000, false",
        "9999, 5000, true",
        "9999, 10000, false",
    })
    void aReadingIsLateOnceTheFirstOfItsWindowsMayHaveBeenSent(long watermarkMs, long readingMs, boolean late)
            throws Exception {
        start(1);
        job.watermark(watermarkMs);
        job.read("ann", readingMs);
        assertEquals(List.of(new Reading("ann", readingMs, late)), job.accepted());
        assertEquals(late ? 0 : 12, job.watermark(END_OF_TIME).size(), "in all of its windows or in none");
    }

    /** So that what is used and what is late add up to what came. */
    @Test
    void everyReadingIsMarkedOnceWithItsDuplicates() throws Exception {
        start(1);
        job.read("ann", 60_000);
        job.read("ann", 60_000);
        job.watermark(69_999);
        job.read("ann", 60_000);
        job.read("ann", 70_000);
        assertEquals(
                List.of(
                        new Reading("ann", 60_000, false),
                        new Reading("ann", 60_000, false),
                        new Reading("ann", 60_000, true),
                        new Reading("ann", 70_000, false)),
                job.accepted());
        Window last = lastOf(job.watermark(119_999));
        assertEquals(60_000, last.startMs());
        assertEquals(List.of(60_000L, 60_000L, 70_000L), last.samples().stream().map(Sample::ms).toList());
    }

    /** The reader keeps what it has; only what is new travels. */
    @Test
    void aPaneTravelsOnceWithTheFirstWindowThatEndsWithIt() throws Exception {
        start(1);
        job.read("ann", 1_000);
        job.read("ann", 6_000);
        job.read("ann", 12_000);
        List<Window> sent = job.watermark(END_OF_TIME);
        assertEquals(List.of(1, 1, 1, 0), sent.stream().limit(4).map(Window::sentSamples).toList());
        assertEquals(List.of(1, 2, 3, 3), sent.stream().limit(4).map(Window::heldSamples).toList());
        assertEquals(List.of(true, false, false, false), sent.stream().limit(4).map(Window::fresh).toList());
        assertEquals(3, sent.stream().mapToInt(Window::sentSamples).sum());
    }

    /** A user whose panes are all gone is forgotten, by the reader too, and begins anew; no window is sent between. */
    @Test
    void aUserWhoWasAwayBeginsAnewAndLeavesNoState() throws Exception {
        start(1);
        job.read("ann", 0);
        List<Window> before = job.watermark(299_999);
        assertEquals(0, job.entries());
        job.read("ann", 300_000);
        List<Window> after = job.watermark(END_OF_TIME);
        assertEquals(0, lastOf(before).startMs());
        assertEquals(245_000, after.get(0).startMs());
        assertTrue(after.get(0).fresh());
        assertEquals(0, job.entries());
    }

    @Test
    void usersAreKeptApart() throws Exception {
        start(1);
        job.read("ann", 60_000);
        job.read("ben", 61_000);
        Map<String, List<Long>> held = new TreeMap<>();
        for (Window window : job.watermark(64_999)) {
            held.put(window.user(), window.samples().stream().map(Sample::ms).toList());
        }
        assertEquals(Map.of("ann", List.of(60_000L), "ben", List.of(61_000L)), held);
    }

    @Test
    void valuesAreThoseThatWereRead() throws Exception {
        start(1);
        job.read("ann", 60_000, 72.25);
        job.read("ann", 60_500, -0.0);
        assertEquals(
                List.of(new Sample(60_000, Readings.HR, 72.25), new Sample(60_500, Readings.HR, -0.0)),
                job.watermark(64_999).get(0).samples());
    }

    /** Whoever reads the window must be able to tell two devices of one user apart. */
    @Test
    void samplesSayWhichSensorMeasuredThem() throws Exception {
        start(1);
        job.read("ann", "left", 60_000, 60);
        job.read("ann", "rechts ü", 60_000, 70);
        job.read("ann", "left", 66_000, 61);
        assertEquals(
                List.of(
                        new Sample(60_000, "left", Readings.HR, 60),
                        new Sample(60_000, "rechts ü", Readings.HR, 70),
                        new Sample(66_000, "left", Readings.HR, 61)),
                lastOf(job.watermark(69_999)).samples());
    }

    /** A pane's names are its own: those of a sensor that is gone are not carried on. */
    @Test
    void aSensorIsNumberedAnewInEachPane() throws Exception {
        start(1);
        job.read("ann", "left", 60_000, 60);
        job.read("ann", "right", 65_000, 70);
        List<Window> sent = job.watermark(END_OF_TIME);
        assertEquals(List.of(new Sample(65_000, "right", Readings.HR, 70)), lastOf(sent).samples());
    }

    /** Beats of one stamp follow each other as they arrived. */
    @Test
    void samplesOfOneInstantKeepTheirOrder() throws Exception {
        start(1);
        for (double value : new double[] {70, 60, 65}) {
            job.read("ann", 60_000, value);
        }
        List<Sample> samples = job.watermark(64_999).get(0).samples();
        assertEquals(List.of(70.0, 60.0, 65.0), samples.stream().map(Sample::value).toList());
    }

    /** More sensors than a sample has numbers for count as one; no reading is lost, and no other key comes of it. */
    @Test
    void sensorsBeyondTheNumbersShareTheLast() throws Exception {
        start(1);
        for (String sensor : List.of("a", "b", "c", "d", "e")) {
            job.read("ann", sensor, 60_000, 60);
        }
        List<Sample> samples = job.watermark(64_999).get(0).samples();
        assertEquals(List.of("a", "b", "c", "c", "c"), samples.stream().map(Sample::sensor).toList());
        assertTrue(samples.stream().allMatch(sample -> sample.ms() == 60_000 && sample.channel() == Readings.HR));
    }

    /** More than a pane first has room for. */
    @Test
    void aPaneGrowsWithItsReadings() throws Exception {
        start(1);
        List<Sample> read = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            read.add(new Sample(60_000 + i, Readings.HR, i));
            job.read("ann", 60_000 + i, i);
        }
        assertEquals(read, job.watermark(64_999).get(0).samples());
    }

    /** Flink forgets watermarks: without what {@link Continuity} keeps, the reading would count as early. */
    @ParameterizedTest(name = "{0} subtasks, restored as {1}")
    @CsvSource({"1, 1", "2, 2", "2, 1", "1, 2", "3, 2", "2, 5"})
    void aLateReadingRightAfterARestoreBringsBackNoWindow(int before, int after) throws Exception {
        start(before);
        for (String user : USERS) {
            job.read(user, 1_000);
        }
        assertEquals(12 * USERS.size(), job.watermark(59_999).size());
        rescale(after);
        for (String user : USERS) {
            job.read(user, 2_000);
            job.read(user, 60_000);
        }
        assertEquals(USERS.size(), job.accepted().stream().filter(Reading::late).count());
        List<Window> sent = job.watermark(END_OF_TIME);
        assertEquals(5_000, sent.stream().mapToLong(Window::startMs).min().orElseThrow());
        assertEquals(12 * USERS.size(), sent.size());
    }

    /** What one subtask alone has seen binds all that follow it, whichever it is. */
    @ParameterizedTest(name = "subtask {0} is ahead")
    @ValueSource(ints = {0, 1})
    void theFurthestOfAllSubtasksCountsAfterARestore(int ahead) throws Exception {
        start(2);
        for (String user : USERS) {
            job.read(user, 0);
        }
        job.watermark(ahead, 9_999);
        job.watermark(1 - ahead, 4_999);
        rescale(3);
        for (String user : USERS) {
            job.read(user, 9_999);
        }
        assertTrue(job.accepted().stream().allMatch(Reading::late));
        rescale(1);
        job.read("ann", 9_999);
        job.read("ann", 10_000);
        assertEquals(
                List.of(new Reading("ann", 9_999, true), new Reading("ann", 10_000, false)), job.accepted());
    }

    /** The reader kept nothing over a restore: each user's first window must bring all of its panes again. */
    @Test
    void theFirstWindowAfterARestoreIsFreshAndWhole() throws Exception {
        start(1);
        job.read("ann", 1_000);
        job.read("ann", 6_000);
        job.watermark(9_999);
        rescale(2);
        List<Window> sent = job.watermark(19_999);
        assertEquals(List.of(true, false), sent.stream().map(Window::fresh).toList());
        assertEquals(List.of(2, 0), sent.stream().map(Window::sentSamples).toList());
        assertEquals(List.of(-45_000L, -40_000L), sent.stream().map(Window::startMs).toList());
    }

    /** A drain sends all windows; a job that goes on from its savepoint takes what is newer than was reached before. */
    @Test
    void lifeGoesOnAfterADrain() throws Exception {
        start(1);
        job.read("ann", 1_000);
        job.watermark(9_999);
        job.watermark(END_OF_TIME);
        rescale(1);
        job.read("ann", 9_999);
        job.read("ann", 10_000);
        assertEquals(
                List.of(new Reading("ann", 9_999, true), new Reading("ann", 10_000, false)), job.accepted());
        assertEquals(12, job.watermark(END_OF_TIME).size());
    }

    /**
     * Readings out of order within the lateness, some twice, with a change of parallelism in the middle, give the
     * windows that are found by asking for each reading in which windows it is.
     */
    @ParameterizedTest(name = "{0} subtasks, then {1}")
    @CsvSource({"1, 1", "1, 3", "3, 1", "2, 3"})
    void orderDuplicatesParallelismAndRestoresChangeNothing(int before, int after) throws Exception {
        List<Sent> arriving = shuffled(new Random(3));
        Map<String, List<Sample>> found = new TreeMap<>();
        start(before);
        long newestMs = Long.MIN_VALUE;
        for (int i = 0; i < arriving.size(); i++) {
            Sent sent = arriving.get(i);
            job.read(sent.user(), sent.sample().ms(), sent.sample().value());
            newestMs = Math.max(newestMs, sent.sample().ms());
            add(job.watermark(newestMs - LATENESS_MS - 1), found);
            if (i == arriving.size() / 2) {
                assertNoneLate();
                rescale(after);
            }
        }
        add(job.watermark(END_OF_TIME), found);
        assertNoneLate();
        assertEquals(naive(arriving), found);
    }

    private record Sent(long arrivesMs, String user, Sample sample) {}

    private static List<Sent> shuffled(Random random) {
        List<Sent> sent = new ArrayList<>();
        for (long ms = 1_000_000; ms < 1_150_000; ms += 500) {
            String user = USERS.get(random.nextInt(USERS.size()));
            Sample sample = new Sample(ms, Readings.HR, 60 + random.nextInt(40));
            for (int copies = random.nextInt(20) == 0 ? 2 : 1; copies > 0; copies--) {
                sent.add(new Sent(ms + random.nextInt(9_000), user, sample));
            }
        }
        sent.sort((one, other) -> Long.compare(one.arrivesMs(), other.arrivesMs()));
        return sent;
    }

    private static Map<String, List<Sample>> naive(List<Sent> sent) {
        Map<String, List<Sample>> windows = new TreeMap<>();
        for (Sent one : sent) {
            for (long startMs = 900_000; startMs < 1_200_000; startMs += 5_000) {
                if (startMs <= one.sample().ms() && one.sample().ms() < startMs + 60_000) {
                    windows.computeIfAbsent(one.user() + " " + startMs, key -> new ArrayList<>()).add(one.sample());
                }
            }
        }
        windows.values().forEach(samples -> samples.sort(Sample.BY_TIME));
        return windows;
    }

    private static void add(List<Window> sent, Map<String, List<Sample>> found) {
        for (Window window : sent) {
            List<Sample> samples = new ArrayList<>(window.samples());
            samples.sort(Sample.BY_TIME);
            assertEquals(null, found.put(window.user() + " " + window.startMs(), samples), "sent twice: " + window);
        }
    }

    private void assertNoneLate() {
        assertTrue(job.accepted().stream().noneMatch(Reading::late));
    }

    private void start(int parallelism) throws Exception {
        job = new WindowsJob(parallelism);
    }

    private void rescale(int parallelism) throws Exception {
        job = job.rescaled(parallelism);
    }

    private static Window lastOf(List<Window> windows) {
        return windows.get(windows.size() - 1);
    }
}
