package org.eqm.streaming;

/** A message that goes to quarantine: the reason code and the field at fault. Carries no stack trace. */
final class Rejected extends Exception {
    private static final long serialVersionUID = 1L;

    final String reason;

    Rejected(String reason, String detail) {
        super(detail, null, false, false);
        this.reason = reason;
    }
}
