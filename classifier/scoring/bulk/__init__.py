"""Scoring to a file: in units that several processes share, and that outlive an interruption.

`units` cuts the inputs into units, `work` scores one into a part file, `pool` has processes do
that, `state` is the folder beside the output that remembers which parts are finished, and `run`
brings them together and makes the file of the parts.
"""

from classifier.scoring.bulk.run import Progress, Summary, score_to_file
from classifier.scoring.bulk.state import folder_of, is_finished
from classifier.scoring.bulk.work import Task

__all__ = ["Progress", "Summary", "Task", "folder_of", "is_finished", "score_to_file"]
