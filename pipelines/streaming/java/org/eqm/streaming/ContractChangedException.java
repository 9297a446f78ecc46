package org.eqm.streaming;

import org.apache.flink.util.FlinkRuntimeException;

/** State that other windows or features have left behind: continuing from it would mix the two. */
final class ContractChangedException extends FlinkRuntimeException {
    private static final long serialVersionUID = 1L;

    ContractChangedException(String message) {
        super(message);
    }
}
