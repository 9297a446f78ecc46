package org.eqm.streaming;

import java.util.Arrays;
import org.apache.flink.table.functions.AggregateFunction;

/** SQL aggregate that concatenates byte strings, in no particular order. Mergeable, so windows share panes. */
public final class Pack extends AggregateFunction<byte[], Pack.Accumulator> {
    private static final long serialVersionUID = 1L;
    private static final int FIRST_CAPACITY = 256;

    /** A growing buffer; {@code data} beyond {@code size} is spare room. */
    public static final class Accumulator {
        public byte[] data = new byte[FIRST_CAPACITY];
        public int size = 0;
    }

    @Override
    public Accumulator createAccumulator() {
        return new Accumulator();
    }

    public void accumulate(Accumulator into, byte[] part) {
        append(into, part, part.length);
    }

    public void merge(Accumulator into, Iterable<Accumulator> others) {
        for (Accumulator other : others) {
            append(into, other.data, other.size);
        }
    }

    @Override
    public byte[] getValue(Accumulator from) {
        return Arrays.copyOf(from.data, from.size);
    }

    private static void append(Accumulator into, byte[] part, int length) {
        int needed = into.size + length;
        if (needed > into.data.length) {
            into.data = Arrays.copyOf(into.data, Math.max(needed, 2 * into.data.length));
        }
        System.arraycopy(part, 0, into.data, into.size, length);
        into.size = needed;
    }
}
