"""Many small pieces of work in Python. `tasks.py LIBRARY WORKLOAD COUNT`, one JSON line of figures."""

import asyncio
import importlib.metadata
import sys
import time

from work import report

library, workload, count = sys.argv[1], sys.argv[2], int(sys.argv[3])


def median_rate(work, passes=3):
    """Pieces of work a second, after a pass that warms up."""
    work()
    times = []
    for _ in range(passes):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return count / sorted(times)[passes // 2]


def dask_stages():
    import dask

    def add(at, turn):
        return at + turn

    rates = []
    for turn in range(6):
        tasks = [dask.delayed(add)(at, turn) for at in range(count)]
        start = time.perf_counter()
        dask.compute(*tasks, scheduler="synchronous")
        rates.append(count / (time.perf_counter() - start))
    report({"first": rates[0], "later": sorted(rates[1:])[2]})


def increment(n):
    return n + 1


def numbers(size):
    yield from range(size)


def multiprocessing_items(chunk):
    from multiprocessing import Pool

    with Pool(2) as pool:
        rate = median_rate(lambda: check(sum(pool.imap(increment, range(count), chunksize=chunk))))
    report({"rate": rate})


def check(total):
    if total != count * (count + 1) // 2:
        raise ValueError(f"the sum of the items is {total}")


def pyper_source(size):
    from pyper import task

    modern = not importlib.metadata.version("python-pyper").startswith("0.1.")
    return task(numbers, bind=task.bind(size=size), **({"branch": True} if modern else {}))


def pyper_each(function, workers, **options):
    """Version 0.1.2 calls its workers "concurrency"."""
    from pyper import task

    modern = not importlib.metadata.version("python-pyper").startswith("0.1.")
    return task(function, **{"workers" if modern else "concurrency": workers}, **options)


async def increment_async(n):
    return n + 1


async def wait_one_second(n):
    await asyncio.sleep(1)
    return n


def pyper_items():
    pipeline = pyper_source(count) | pyper_each(increment_async, 20)

    async def consume():
        check(sum([item async for item in pipeline()]))

    report({"rate": median_rate(lambda: asyncio.run(consume()))})


def pyper_waits():
    pipeline = pyper_source(count) | pyper_each(wait_one_second, 20) | pyper_each(wait_one_second, 20)

    async def consume():
        start = time.perf_counter()
        found = [item async for item in pipeline()]
        assert len(found) == count
        return time.perf_counter() - start

    report({"seconds": asyncio.run(consume())})


def pyper_processes():
    pipeline = pyper_source(count) | pyper_each(increment, 2, multiprocess=True)
    report({"rate": median_rate(lambda: check(sum(pipeline())), passes=1)})


if __name__ == "__main__":
    {
        "dask stages": dask_stages,
        "multiprocessing items": lambda: multiprocessing_items(1),
        "multiprocessing-64 items": lambda: multiprocessing_items(64),
        "pyper items": pyper_items,
        "pyper waits": pyper_waits,
        "pyper processes": pyper_processes,
    }[f"{library} {workload}"]()
