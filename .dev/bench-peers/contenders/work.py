"""What the contenders in Python share: the work and the clock."""

import json
import time


def report(figures):
    """The last line of a contender's output."""
    print(json.dumps(figures), flush=True)


def per_call_ms(call):
    """Milliseconds of one call: the median of five batches of at least 100 ms."""
    size = 1
    while True:
        elapsed = batch_ms(call, size)
        if elapsed >= 100:
            break
        size *= 2
    return sorted(batch_ms(call, size) / size for _ in range(5))[2]


def batch_ms(call, size):
    start = time.perf_counter()
    for _ in range(size):
        call()
    return (time.perf_counter() - start) * 1000


def small_result(n):
    return {"n": n, "rows": [{"at": at, "text": f"row {at}"} for at in range(20)]}
