"""The same work in Pyper, timed by itself: prints one JSON line. Version 0.1.2 calls its workers "concurrency"."""

import asyncio
import importlib.metadata
import inspect
import json
import sys
import time

from pyper import task

modern = not importlib.metadata.version("python-pyper").startswith("0.1.")


def numbers(count):
    yield from range(count)


async def step(n):
    return n + 1


async def wait_one(n):
    await asyncio.sleep(1)
    return n


def source(count):
    options = {"branch": True} if modern else {}
    return task(numbers, bind=task.bind(count=count), **options)


def over(function, workers):
    return task(function, **({"workers": workers} if modern else {"concurrency": workers}))


async def seconds(pipeline):
    start = time.perf_counter()
    async for _ in pipeline():
        pass
    return time.perf_counter() - start


async def main():
    count = int(sys.argv[1])
    result = {}
    for workers in (1, 20, 100):
        result[f"each {workers}"] = count / await seconds(source(count) | over(step, workers))
    result["20x20"] = await seconds(source(20) | over(wait_one, 20) | over(wait_one, 20))
    print(json.dumps(result))


asyncio.run(main())
