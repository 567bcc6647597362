"""Who may include what, and what may lie at the top: dependencies point one way."""

import os
import re
import subprocess
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
TOP = {"framework", "plugins", "configs", "tests", "tools", "docs", "CMakeLists.txt", "CMakePresets.json", "README.md",
       "LICENSE"}
GENERATED = re.compile(r"build.*|runs")

# Libraries that one folder alone may see.
CONFINED = {
    r"yaml-cpp/|boost/spirit": "framework/src/config",
    r"boost/dll": "framework/src/plugin",
    r"tbb/|oneapi/": "framework/src/parallel",
    r"boost/math/quadrature": "framework/src/quadrature",
}


def sources(*folders):
    """(file, bracket, included name) for every include below the folders, files relative to the root."""
    for folder in folders:
        for base, _, names in os.walk(os.path.join(ROOT, folder)):
            for name in sorted(names):
                if name.endswith((".hpp", ".cpp", ".h", ".ipp")):
                    file = os.path.join(base, name)
                    with open(file, encoding="utf-8") as text:
                        for bracket, included in INCLUDE.findall(text.read()):
                            yield os.path.relpath(file, ROOT), bracket, included


def is_public(included):
    """The standard library, Eigen, or a public header."""
    return included.startswith(("Eigen/", "kullback/")) or re.fullmatch(r"[a-z_]+", included) is not None


class Structure(unittest.TestCase):
    def check(self, wrong):
        self.assertFalse(wrong, "\n" + "\n".join(wrong))

    def test_public_headers_include_std_and_eigen_only(self):
        self.check([f"{file} includes {name}" for file, bracket, name in sources("framework/include")
                    if bracket != "<" or not is_public(name)])

    def test_libraries_stay_in_their_folders(self):
        self.check([f"{file} includes {name}, which only {home} may"
                    for file, _, name in sources("framework", "plugins", "tools")
                    for library, home in CONFINED.items()
                    if re.match(library, name) and not file.startswith(home + "/")])

    def test_plugins_include_public_headers_and_their_own_only(self):
        """And Boost.Math, for special functions that the public numerics lack."""
        wrong = []
        for file, bracket, name in sources("plugins"):
            own = os.path.join(ROOT, "plugins", file.split(os.sep)[1]) + os.sep
            target = os.path.normpath(os.path.join(ROOT, os.path.dirname(file), name))
            if not (is_public(name) or name.startswith("boost/math/") if bracket == "<" else target.startswith(own) and os.path.exists(target)):
                wrong.append(f"{file} includes {name}")
        self.check(wrong)

    def test_framework_knows_no_plugin(self):
        folder = os.path.join(ROOT, "plugins")
        plugins = [name for name in os.listdir(folder) if os.path.isdir(os.path.join(folder, name))]
        wrong = []
        for file, bracket, name in sources("framework"):
            if "plugins/" in name or name.startswith(("tools/", "tests/")):
                wrong.append(f"{file} includes {name}")
            elif bracket == '"' and name.split("/")[0] in plugins and not os.path.exists(
                    os.path.join(ROOT, "framework/src", name)):
                wrong.append(f"{file} includes {name} of a plugin")
        self.check(wrong)

    def test_language_rests_on_config_and_model_only(self):
        self.check([f"{file} includes {name}" for file, bracket, name in sources("framework/src/language")
                    if bracket == '"' and name.split("/")[0] not in ("language", "config", "model", "core")])

    def test_top_level_holds_what_it_should(self):
        try:
            listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
            names = {name.split("/")[0] for name in listed.stdout.split("\0") if name}
        except (OSError, subprocess.CalledProcessError):  # no repository: a copy of the tree
            names = {name for name in os.listdir(ROOT) if not GENERATED.fullmatch(name)}
        self.check([name for name in sorted(names) if name not in TOP and not name.startswith(".")])

    def test_guide_shows_the_plugin_that_is_tested(self):
        with open(os.path.join(ROOT, "docs/plugins.md"), encoding="utf-8") as guide:
            text = guide.read()
        for name in ("laplace.cpp", "CMakeLists.txt"):
            with open(os.path.join(ROOT, "tests/external/laplace", name), encoding="utf-8") as file:
                self.assertIn(file.read(), text, f"docs/plugins.md does not hold tests/external/laplace/{name}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
