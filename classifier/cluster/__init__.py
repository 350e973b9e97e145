"""The same scoring and training on a Dask cluster (extra ``cluster``).

A partition is a table or web archive in a folder, on a disk that all machines share or in an object
store. Whichever worker gets it reads it, scores it and puts one file of results in its place, then
a record that says so. A partition with a record is done: what is missing is done by running the
same command again, and whatever a worker left when it died has no record.
"""

from classifier.cluster.connection import connect, training
from classifier.cluster.partitions import Partition, find_partitions
from classifier.cluster.scoring import Done, score_partitions

__all__ = ["Done", "Partition", "connect", "find_partitions", "score_partitions", "training"]
