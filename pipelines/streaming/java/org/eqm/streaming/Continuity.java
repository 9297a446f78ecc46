package org.eqm.streaming;

import java.io.Serializable;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.OperatorStateStore;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.watermark.Watermark;

/**
 * How far event time had come, over a restore.
 *
 * <p>Flink forgets watermarks. A late reading right after a restore would count as early, and bring back, in part,
 * windows that have been sent (docs/decisions/0009-what-goes-on-over-a-failure.md).
 */
final class Continuity implements Serializable {
    private static final long serialVersionUID = 1L;

    private long reachedMs = Long.MIN_VALUE;
    private transient ListState<Long> saved;

    void restore(OperatorStateStore store) throws Exception {
        // A union list gives each subtask what all have saved. The furthest counts: rescaling loses nothing.
        saved = store.getUnionListState(new ListStateDescriptor<>("event-time", Types.LONG));
        for (long savedMs : saved.get()) {
            reachedMs = Math.max(reachedMs, savedMs);
        }
    }

    void save() throws Exception {
        saved.update(List.of(reachedMs));
    }

    /** The furthest watermark so far, restored or present. A drain's end of time is not kept: life may go on. */
    long reached(long watermarkMs) {
        if (watermarkMs > reachedMs && watermarkMs != Watermark.MAX_WATERMARK.getTimestamp()) {
            reachedMs = watermarkMs;
        }
        return Math.max(reachedMs, watermarkMs);
    }
}
