"""Results kept by caches in Python, each with its default settings. `caches.py LIBRARY WORKLOAD COUNT FOLDER`, one JSON line of figures."""

import importlib
import sys
import time
from pathlib import Path

from work import per_call_ms, report, small_result

library, workload, count, folder = sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])


def cached(function):
    """The library's decorator for results that outlive the process, or in memory for those that have "memory" in their name."""
    if library == "joblib":
        from joblib import Memory

        return Memory(folder / "store", verbose=0).cache(function)
    if library == "diskcache":
        return shared_diskcache().memoize()(function)
    if library == "marimo":
        import marimo

        return marimo.persistent_cache(save_path=folder / "store")(function)
    if library == "marimo-memory":
        import marimo

        return marimo.cache(function)
    if library == "functools-memory":
        import functools

        return functools.lru_cache(maxsize=None)(function)
    raise ValueError(library)


opened = []


def shared_diskcache():
    """One for all functions, as its documentation advises."""
    if not opened:
        from diskcache import Cache

        opened.append(Cache(str(folder / "store")))
    return opened[0]


def run_pipeline():
    """All stages of the generated module once; returns a function that does it again."""
    sys.path.insert(0, str(folder))
    stages = importlib.import_module("stages")
    if library == "hamilton":
        from hamilton import driver

        store = str(folder / "store")
        hamilton = driver.Builder().with_modules(stages).with_cache(path=store).build()
        names = [f"stage{at}" for at in range(count)]

        def run():
            return sum(hamilton.execute(names).values())

    else:

        def run():
            return sum(stage(at, at + 1, at + 2) for at, stage in enumerate(stages.stages))

    check_sum(run())
    return run


def check_sum(total):
    if total != 2 * count * (count - 1) + 3 * count:
        raise ValueError(f"the sum of the results is {total}")


def cold():
    run_pipeline()
    report({})


def warm():
    run = run_pipeline()
    times = []
    for _ in range(5):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1000)
    report({"values": sorted(times)[2]})


def call():
    """One cached call, with what the store holds already."""

    @cached
    def one(n):
        return n + 1

    assert one(1) == 2
    report({"call": per_call_ms(lambda: one(1))})


def new():
    """New small results: 50 one by one, then 200 in a row, of which each is called as soon as the one before is stored."""

    @cached
    def result(n):
        return small_result(n)

    for n in range(20):
        result(n)
    figures = {}
    for name, numbers in (("alone", range(1000, 1050)), ("together", range(2000, 2200))):
        start = time.perf_counter()
        for n in numbers:
            result(n)
        figures[name] = (time.perf_counter() - start) * 1000 / len(numbers)
    report(figures)


def stages_a_second():
    """Trivial functions whose results are new: two passes of `count`."""

    @cached
    def add(at, turn):
        return at + turn

    rates = []
    for turn in range(2):
        start = time.perf_counter()
        for at in range(count):
            add(at, turn)
        rates.append(count / (time.perf_counter() - start))
    report({"first": rates[0], "later": rates[1]})


if __name__ == "__main__":
    {"cold": cold, "warm": warm, "call": call, "new": new, "stages": stages_a_second}[workload]()
