"""Readings to windows of packed samples, in SQL: five-second panes, cascaded into sixty-second hops.

State: the open panes and hops of each user, as byte strings. After a restore it continues exactly; it is
incompatible with any other window or pane length.
"""

from pyflink.table import StreamTableEnvironment

from schemas.windows import HOP_S, WINDOW_S

ACCEPTED = """
CREATE TEMPORARY VIEW timely AS
SELECT user_id, sample, rowtime FROM readings WHERE reason IS NULL AND NOT late
"""

PANES = f"""
CREATE TEMPORARY VIEW panes AS
SELECT user_id, window_time AS pane_time, PACK(sample) AS samples, COUNT(*) AS readings
FROM TABLE(TUMBLE(TABLE timely, DESCRIPTOR(rowtime), INTERVAL '{HOP_S}' SECOND))
GROUP BY user_id, window_start, window_end, window_time
"""

WINDOWS = f"""
CREATE TEMPORARY VIEW windows AS
SELECT user_id, EXTRACT(EPOCH FROM window_start) * 1000 AS window_start_ms, PACK(samples) AS samples,
  SUM(readings) AS readings
FROM TABLE(HOP(TABLE panes, DESCRIPTOR(pane_time), INTERVAL '{HOP_S}' SECOND, INTERVAL '{WINDOW_S}' SECOND))
GROUP BY user_id, window_start, window_end
"""


def register_windows(tables: StreamTableEnvironment) -> None:
    """Registers view `windows` on view `readings`; each window of each user comes once, when time has passed it."""
    tables.create_java_temporary_system_function("PACK", "org.eqm.streaming.Pack")
    for view in (ACCEPTED, PANES, WINDOWS):
        tables.execute_sql(view)
