package org.eqm.streaming;

import java.io.Serializable;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.OperatorStateStore;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.watermark.Watermark;

/**
 * What goes on over a restore besides the windows themselves: how far event time had come, and by which contract the
 * windows were made.
 *
 * <p>Flink forgets watermarks. Without the first, a late reading right after a restore would count as early and bring
 * back, in part, windows that have been sent. Without the second, new code would finish windows that other code began.
 * Every subtask restores what all have saved, so that a change of parallelism loses nothing.
 */
final class Continuity implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String contract;
    private long reachedMs = Long.MIN_VALUE;
    private transient ListState<String> savedContract;
    private transient ListState<Long> savedMs;

    /** @param contract what must be the same, in words; empty state fits any */
    Continuity(String contract) {
        this.contract = contract;
    }

    /** Restores; throws ContractChangedException where the state was made by another contract. */
    void restore(OperatorStateStore store) throws Exception {
        savedContract = store.getUnionListState(new ListStateDescriptor<>("contract", Types.STRING));
        savedMs = store.getUnionListState(new ListStateDescriptor<>("event-time", Types.LONG));
        for (String made : savedContract.get()) {
            require(made);
        }
        for (long savedOneMs : savedMs.get()) {
            reachedMs = Math.max(reachedMs, savedOneMs);
        }
    }

    void save() throws Exception {
        savedContract.update(List.of(contract));
        savedMs.update(List.of(reachedMs));
    }

    /** The furthest watermark so far, restored or present. A drain's end of time is not kept: life may go on. */
    long reached(long watermarkMs) {
        if (watermarkMs > reachedMs && watermarkMs != Watermark.MAX_WATERMARK.getTimestamp()) {
            reachedMs = watermarkMs;
        }
        return Math.max(reachedMs, watermarkMs);
    }

    private void require(String made) {
        if (!made.equals(contract)) {
            throw new ContractChangedException("its state was made with " + made + "; this version has " + contract
                    + ": drain the job with the version that made it (`eqm stop features --drain`), then submit this"
                    + " one without a savepoint, with a bundle trained for its features");
        }
    }
}
