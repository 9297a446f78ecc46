package org.eqm.streaming;

import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.RowData;

/**
 * Passes everything on. Its state says by which windows, phases, features and channels the job's windows were begun; a
 * restore throws {@link ContractChangedException} where they are others now, for a window that two versions fill would
 * be neither's. After a drain no window is open, and any version may go on: that is the way to migrate
 * (docs/decisions/0009-what-goes-on-over-a-failure.md).
 */
final class ContractOperator extends AbstractStreamOperator<RowData>
        implements OneInputStreamOperator<RowData, RowData>, BoundedOneInput {
    private static final long serialVersionUID = 1L;

    private final String contract;
    private transient ListState<String> saved;
    private transient boolean drained;

    /** @param contract what must be the same, in words */
    ContractOperator(String contract) {
        this.contract = contract;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        var descriptor = new ListStateDescriptor<>("contract", Types.STRING);
        // A union list: split among subtasks, one that gets nothing would let other code pass.
        saved = context.getOperatorStateStore().getUnionListState(descriptor);
        for (String made : saved.get()) {
            require(made);
        }
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        saved.update(drained ? List.of() : List.of(contract));
    }

    @Override
    public void processElement(StreamRecord<RowData> element) {
        output.collect(element);
    }

    /**
     * Comes in a drain, before its savepoint, and in no other stop. The watermark of the end of time would be no sign:
     * it does not come here from an idle source.
     */
    @Override
    public void endInput() {
        drained = true;
    }

    private void require(String made) {
        if (!made.equals(contract)) {
            throw new ContractChangedException("its windows were begun as " + made + "; this version has " + contract
                    + ": run the version that began them, drain it (`eqm stop features --drain`), and resume with this"
                    + " one (`eqm submit features --resume`), with a bundle trained for its features");
        }
    }
}
