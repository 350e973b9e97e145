"""The linear model: features, training, calibration, evaluation, and its folder on disk."""
