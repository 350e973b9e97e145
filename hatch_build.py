"""Compile the kernel when the package is built; without a compiler the package works all the same.

``python hatch_build.py FOLDER [FLAG...]`` compiles it into a folder with more flags.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
HOME = "classifier/scoring"
SOURCE = f"{HOME}/native/kernel.c"
# The stable interface of this Python and all later ones: one wheel a platform. Builds without the
# interpreter's lock have none yet.
STABLE = not sysconfig.get_config_var("Py_GIL_DISABLED")
MACROS = [("Py_LIMITED_API", "0x030B0000")] if STABLE else []


def compile_kernel(folder: Path, flags: list[str] | None = None) -> Path:
    """Compile the kernel into a folder and return the library."""
    from setuptools import Distribution, Extension
    from setuptools.command.build_ext import build_ext

    unix = sys.platform != "win32"
    headers = sorted(str(path) for path in (ROOT / HOME / "native").glob("*.h"))
    extension = Extension(
        "_kernel",
        [str(ROOT / SOURCE)],
        depends=headers,
        define_macros=MACROS,
        py_limited_api=STABLE,
        extra_compile_args=[
            *(["-O3", "-std=c11"] if unix else ["/O2", "/std:c11"]),
            *(flags or []),
        ],
        extra_link_args=flags or [],
    )
    command = build_ext(Distribution({"name": "kernel", "ext_modules": [extension]}))
    command.build_lib = str(folder)
    command.build_temp = str(folder / "temporary")
    command.force = True
    command.ensure_finalized()
    command.run()
    shutil.rmtree(folder / "temporary", ignore_errors=True)
    return folder / command.get_ext_filename("_kernel")


class KernelBuildHook(BuildHookInterface[Any]):
    """Add the compiled kernel to a wheel, or put it into the checkout for an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile; on failure say so and build a wheel without the kernel."""
        if self.target_name != "wheel":
            return
        self._folder = tempfile.mkdtemp()
        stale = [p for p in (ROOT / HOME).glob("_kernel.*") if p.suffix in (".so", ".pyd")]
        if version == "editable":
            for path in stale:
                path.unlink()
        if os.environ.get("ESC_KERNEL") == "0":
            self.app.display_warning("ESC_KERNEL=0: the kernel is not compiled")
            return
        try:
            library = compile_kernel(Path(self._folder))
        except (Exception, SystemExit) as error:  # whatever a compiler that is not there may raise
            self.app.display_warning(f"the kernel is not compiled, scoring will be slower: {error}")
            return
        if version == "editable":
            shutil.copyfile(library, ROOT / HOME / library.name)
            return
        build_data["force_include"][str(library)] = f"{HOME}/{library.name}"
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        if STABLE:
            # Such as cp311-cp311-linux_x86_64, of which the platform is what is wanted.
            platform = self._wheel_tag().split("-", 2)[2]
            build_data["tag"] = f"cp311-abi3-{platform}"

    def finalize(self, *_: Any) -> None:
        """Remove what was compiled."""
        if self.target_name == "wheel":
            shutil.rmtree(self._folder, ignore_errors=True)

    def _wheel_tag(self) -> str:
        from hatchling.builders.wheel import WheelBuilder

        return WheelBuilder(self.root).get_best_matching_tag()


if __name__ == "__main__":
    print(compile_kernel(Path(sys.argv[1]).absolute(), sys.argv[2:]))
