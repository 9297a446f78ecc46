"""From raw windows to what networks read: ranks, distances from rest, scaling, and the same as tf.transform."""
