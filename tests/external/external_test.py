"""Installs Kullback into a folder, builds a plugin against that folder alone, and uses the plugin."""

import glob
import json
import math
import os
import shutil
import subprocess
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
WORK = os.environ["KULLBACK_WORK"]
PREFIX = os.path.join(WORK, "prefix")
PLUGINS = os.path.join(WORK, "plugins")  # of the stranger, outside the prefix
COMMAND = os.path.join(PREFIX, "bin", "kullback")


def run(*command):
    """Runs a command; what it printed if it succeeds, a failed test with everything it said if not."""
    environment = {k: v for k, v in os.environ.items() if k != "KULLBACK_PLUGIN_PATH"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=WORK, env=environment)
    if done.returncode:
        raise AssertionError(f"{' '.join(command)}\nexit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def setUpModule():
    os.umask(0o022)
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(PLUGINS)
    run(os.environ["CMAKE"], "--install", os.environ["KULLBACK_BUILD"], "--prefix", PREFIX)
    shutil.copy(build_plugin(os.path.join(HERE, "laplace")), PLUGINS)


def exported(file):
    return [line.split()[-1] for line in run("nm", "-D", "--defined-only", file).splitlines()]


def build_plugin(source):
    build = os.path.join(WORK, "build-" + os.path.basename(source))
    flags = []
    if os.environ.get("KULLBACK_SANITIZE"):
        flags = [f"-DCMAKE_CXX_FLAGS=-fsanitize={os.environ['KULLBACK_SANITIZE']}"]
    run(os.environ["CMAKE"], "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={PREFIX}", *flags)
    run(os.environ["CMAKE"], "--build", build)
    return os.path.join(build, os.path.basename(source) + ".so")


class InstallTree(unittest.TestCase):
    def test_asks_no_compile_options_of_plugins(self):
        with open(glob.glob(os.path.join(PREFIX, "lib*", "**", "kullback_targets.cmake"), recursive=True)[0]) as file:
            targets = file.read()
        self.assertNotIn("INTERFACE_COMPILE_OPTIONS", targets)
        self.assertNotIn("-march", targets)
        self.assertIn("EIGEN_MAX_ALIGN_BYTES=64;EIGEN_MAX_STATIC_ALIGN_BYTES=64", targets)

    def test_plugins_export_one_symbol(self):
        installed = glob.glob(os.path.join(PREFIX, "lib*", "**", "kullback", "plugins", "*.so"), recursive=True)
        self.assertTrue(installed)
        for file in installed + [os.path.join(PLUGINS, "laplace.so")]:
            self.assertEqual(exported(file), ["kullback_plugin_v1"], file)

    def test_files_do_not_mention_the_build_tree(self):
        for file in glob.glob(os.path.join(PREFIX, "lib*", "cmake", "**", "*.cmake"), recursive=True):
            with open(file) as text:
                self.assertNotIn(os.environ["KULLBACK_BUILD"] + "/lib", text.read(), file)

    def test_skeleton_builds_as_it_is(self):
        folder = os.path.join(WORK, "two_words")
        run(os.path.join(HERE, "..", "..", "tools", "new-plugin"), "two_words", folder)
        self.assertEqual(exported(build_plugin(folder)), ["kullback_plugin_v1"])


class ExternalPlugin(unittest.TestCase):
    def divergence(self, *more):
        return json.loads(run(COMMAND, "divergence", "double_exponential(0, scale = 1)", "double_exponential(1, scale = 2)", "--divergence",
                              "kl", "--json", "--plugin-dir", PLUGINS, *more))["divergences"]

    def test_is_listed_with_its_file(self):
        listing = run(COMMAND, "plugins", "--plugin-dir", PLUGINS)
        self.assertIn("laplace", listing)

    def test_gives_its_closed_form(self):
        # log(2/1) + 1/2 + (1/2) exp(-1) - 1
        expected = math.log(2) + 0.5 + 0.5 * math.exp(-1) - 1
        found = self.divergence()[0]
        self.assertEqual(found["method"], "closed_form")
        # sixteen roundings of a number below one half
        self.assertAlmostEqual(found["value"], expected, delta=16 * 2.3e-16)

    def test_is_the_target_of_a_run(self):
        config = os.path.join(WORK, "laplace.yaml")
        with open(config, "w") as file:
            file.write("target: double_exponential(location = 1, scale = 2)\n"
                       "approximation: normal\n"
                       "inference:\n"
                       "  divergence: [forward_kl, reverse_kl]\n")
        out = os.path.join(WORK, "run")
        run(COMMAND, "run", config, "--plugin-dir", PLUGINS, "--out", out)
        with open(os.path.join(out, "result.json")) as file:
            result = json.load(file)
        forward, reverse = (next(iter(one["variables"].values())) for one in result["results"])
        # Forward KL matches moments: mean 1, variance 2 scale^2 = 8; the closed forms leave rounding only.
        self.assertAlmostEqual(number(forward["mean"]), 1, delta=1e-12)
        self.assertAlmostEqual(number(forward["stddev"]), math.sqrt(8), delta=1e-12)
        # Reverse KL: log(2b) - log(s sqrt(2 pi e)) + s sqrt(2/pi) / b is least at s = b sqrt(pi/2). The expectation is
        # taken by nodes that do not know the kink: a thousandth is what they are good for.
        self.assertAlmostEqual(number(reverse["mean"]), 1, delta=1e-3)
        self.assertAlmostEqual(number(reverse["stddev"]), 2 * math.sqrt(math.pi / 2), delta=1e-3)


def number(value):
    """The one number in a number or in lists of one element."""
    while isinstance(value, list):
        (value,) = value
    return value


if __name__ == "__main__":
    unittest.main(verbosity=2)
