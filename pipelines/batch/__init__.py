"""The Beam jobs: history recomputed, compared with what was streamed, and made into training sets.

The only place that imports apache_beam, but for tf.transform's step in `models`.
"""
