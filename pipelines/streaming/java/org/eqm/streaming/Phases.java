package org.eqm.streaming;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * Where each user's panes begin. They begin at multiples of their length, and the user's phase later, so that not all
 * users' windows end at once (docs/decisions/0015-a-phase-for-each-user.md).
 *
 * <p>The phase is that of {@code user_phase_ms} in schemas/windows.py, by which the batch jobs find the same windows:
 * CRC-32 of the user id in UTF-8 modulo the number of phases, in equal parts of the pane.
 */
final class Phases implements Serializable {
    private static final long serialVersionUID = 1L;

    private final long paneMs;
    private final int count;

    /**
     * @param paneMs length of a pane
     * @param count how many phases there are; divides it
     */
    Phases(long paneMs, int count) {
        if (count < 1 || paneMs % count != 0) {
            throw new IllegalArgumentException("%d phases do not divide %d ms".formatted(count, paneMs));
        }
        this.paneMs = paneMs;
        this.count = count;
    }

    /** By how much a user's panes begin after multiples of their length: from 0 to below it. */
    long ofUser(String userId) {
        CRC32 checksum = new CRC32();
        checksum.update(userId.getBytes(StandardCharsets.UTF_8));
        return checksum.getValue() % count * (paneMs / count);
    }

    /** Start of the user's pane that holds the instant. */
    long paneStartMs(String userId, long timestampMs) {
        return timestampMs - Math.floorMod(timestampMs - ofUser(userId), paneMs);
    }
}
