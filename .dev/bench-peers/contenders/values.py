"""Large values in joblib. `values.py KIND store|load FOLDER`, one JSON line of figures."""

import resource
import sys
import time

from work import report

kind, action, folder = sys.argv[1], sys.argv[2], sys.argv[3]
COUNT = 1_000_000
made = {}


def create_value():
    if kind == "rows":
        return [
            {"id": at, "name": f"name {at}", "x": at / 3, "isEven": at % 2 == 0, "group": f"g{at % 100}"}
            for at in range(COUNT)
        ]
    if kind == "map":
        return {f"key {at}": f"text {at}" for at in range(COUNT)}
    import numpy
    import pyarrow

    at = numpy.arange(COUNT, dtype="float64")
    return pyarrow.table({"a": at, "b": at / 2, "c": at / 3, "d": at / 4})


def value():
    result = create_value()
    made["memory"] = resident_mb()
    made["at"] = time.perf_counter()
    return result


def resident_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


if __name__ == "__main__":
    from joblib import Memory

    cached = Memory(folder + "/store", verbose=0).cache(value)
    start = time.perf_counter()
    found = cached()
    end = time.perf_counter()
    assert len(found) == COUNT
    assert (action == "store") == ("at" in made), "stored when it should be loaded, or the reverse"
    if action == "store":
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        report({"store": (end - made["at"]) * 1000, "storeMb": max(0, peak - made["memory"])})
    else:
        report({"load": (end - start) * 1000})
