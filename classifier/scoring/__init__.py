"""Sentences in, predictions and exact explanations out; needs neither scikit-learn nor pandas."""

from classifier.scoring.loading import load
from classifier.scoring.predictor import Predictor

__all__ = ["Predictor", "load"]
