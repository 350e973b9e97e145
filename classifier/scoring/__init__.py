"""Sentences in, predictions and exact explanations out; needs neither scikit-learn nor pandas."""

from classifier.scoring.predictor import Predictor, load

__all__ = ["Predictor", "load"]
