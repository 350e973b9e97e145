"""Test another build of the kernel: the library that ESC_TEST_KERNEL names, if it is set."""

from __future__ import annotations

import importlib.util
import os
import sys

NAME = "classifier.scoring._kernel"

if path := os.environ.get("ESC_TEST_KERNEL"):
    spec = importlib.util.spec_from_file_location(NAME, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[NAME] = module
