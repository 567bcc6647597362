"""What the parts of model_ratios.py share: running model_bench, timing a peer, printing a line."""
import importlib
import pathlib
import subprocess
import time

import numpy as np

GAMMA = "gamma(shape = 0.01, rate = 0.01)"


class Run:
    """Figures of one run of model_bench; bounds: (CPU seconds since the first sweep began, bound), one a sweep."""

    def __init__(self, text):
        self.figures, self.bounds = {}, []
        for line in text.splitlines():
            words = line.split()
            if words[0] == "bound":
                self.bounds.append((float(words[2]), float(words[3])))
            else:
                self.figures[words[0]] = float(words[1])

    def __getitem__(self, name):
        return self.figures[name]


class Bench:
    def __init__(self, build, folder, large):
        self.build, self.folder, self.large, self.missed = build, folder, large, 0

    def peer(self, name):
        """The module, or None."""
        try:
            return importlib.import_module(name)
        except ImportError:
            return None

    def peers(self):
        for name in ("sklearn", "bayespy", "gensim"):
            module = self.peer(name)
            yield f"{name} {module.__version__}" if module else f"{name} is not installed: its lines are left out"

    def save(self, name, array):
        np.save(self.folder / name, array)

    def model(self, name, text, sweeps, threads=1, folder=None):
        """Writes an experiment file and runs so many sweeps of it."""
        path = pathlib.Path(folder or self.folder) / f"{name}.yaml"
        path.write_text(text)
        command = [str(self.build / "bench" / "model_bench"), str(path), str(sweeps), str(threads)]
        return Run(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def program(self, name, *arguments):
        command = [str(self.build / "bench" / name), *map(str, arguments)]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        return {line.split()[0]: float(line.split()[1]) for line in lines}

    def line(self, what, this, other, goal, unit="s", at_most=False, ratio=None):
        """One line: `ratio` is other / this unless given; it should be at least, or at most, the goal."""
        ratio = other / this if ratio is None else ratio
        met = ratio <= goal if at_most else ratio >= goal
        self.missed += not met
        print(f"{what:<86}{this:>9.4g} {unit}{other:>9.4g} {unit}{ratio:>9.3g}{('<= ' if at_most else '>= ') + format(goal, 'g'):>9}  "
              f"{'met' if met else 'MISSED'}", flush=True)

    def fact(self, what, met):
        self.missed += not met
        print(f"{what:<86}{'met' if met else 'MISSED':>40}", flush=True)

    def note(self, text):
        print(f"  {text}", flush=True)


def cpu_seconds(work):
    begin = time.process_time()
    result = work()
    return time.process_time() - begin, result
