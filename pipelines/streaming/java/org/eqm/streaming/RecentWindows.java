package org.eqm.streaming;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.functions.AggregateFunction;

/**
 * SQL: RECENT_WINDOWS(window, its end, hop in milliseconds, how many) over a user's windows as they arrive: the last so
 * many, this one among them; NULL for a window that came before.
 *
 * <p>A features job that delivers at least once repeats windows after a failure, behind newer ones. A repeat brings
 * nothing new, and must not push anything out: later events would change
 * (docs/decisions/0009-what-goes-on-over-a-failure.md). Windows that ended longer ago than is remembered count as new.
 *
 * <p>A user's memory has no end of its own. Flink removes it when nothing of the user has come for
 * {@code table.exec.state.ttl} (pipelines/streaming/environment.py); whoever comes back then begins anew.
 */
public final class RecentWindows extends AggregateFunction<byte[][], RecentWindows.Memory> {
    private static final long serialVersionUID = 1L;

    /** Of five seconds each: 5.7 hours, in 512 bytes a user. */
    private static final int REMEMBERED = 4096;

    /** A user's state. */
    public static final class Memory {
        /** Number of the newest window, counted in hops: a user has one window in each, whatever the user's phase. */
        public long newest = Long.MIN_VALUE;

        /** A ring of bits: which of the windows up to the newest have come. */
        public byte[] come = new byte[0];

        @DataTypeHint("ARRAY<BYTES>")
        public byte[][] recent = new byte[0][];

        /** Whether the last row was a repeat. */
        public boolean repeat;
    }

    @Override
    public Memory createAccumulator() {
        return new Memory();
    }

    /** Takes a window. */
    public void accumulate(
            Memory memory, byte[] window, @DataTypeHint("TIMESTAMP_LTZ(3)") Instant end, Integer hopMs, Integer count) {
        memory.repeat = !remember(memory, Math.floorDiv(end.toEpochMilli(), (long) hopMs));
        if (!memory.repeat) {
            List<byte[]> recent = new ArrayList<>(Arrays.asList(memory.recent));
            recent.add(window);
            memory.recent = recent.subList(Math.max(0, recent.size() - count), recent.size()).toArray(new byte[0][]);
        }
    }

    @Override
    public @DataTypeHint("ARRAY<BYTES>") byte[][] getValue(Memory memory) {
        return memory.repeat ? null : memory.recent;
    }

    /** Whether the window had not come before. One from far away begins the memory anew. */
    private static boolean remember(Memory memory, long number) {
        boolean far = memory.newest == Long.MIN_VALUE || Math.abs(number - memory.newest) >= REMEMBERED;
        BitSet come = BitSet.valueOf(far ? new byte[0] : memory.come);
        // A place is used again by the window that comes a whole ring later, and of which nothing is known yet.
        for (long passed = memory.newest + 1; !far && passed <= number; passed++) {
            come.clear(place(passed));
        }
        memory.newest = far ? number : Math.max(memory.newest, number);
        boolean repeat = come.get(place(number));
        come.set(place(number));
        memory.come = come.toByteArray();
        return !repeat;
    }

    private static int place(long number) {
        return (int) Math.floorMod(number, (long) REMEMBERED);
    }
}
