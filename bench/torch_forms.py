"""The forms in which PyTorch may run a network, of which the peers take the fastest."""
import time

import torch

LAYOUTS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
TRIES = 3


def fastest(build):
    """Returns the fastest of `build(memory_format, compile)`, and how it runs, in words.

    `build` returns a function without arguments; `compile` is torch.compile, or returns its argument unchanged.
    """
    best = None
    for name, memory_format in LAYOUTS.items():
        for compiled in (False, True):
            label = f"{name}, torch.compile" if compiled else f"{name}, eager"
            try:
                run = build(memory_format, torch.compile if compiled else lambda function: function)
                run()
                seconds = min(timed(run) for _ in range(TRIES))
            except Exception as error:  # A machine without a C++ compiler cannot compile.
                label, seconds, run = f"{label}: {type(error).__name__}", float("inf"), None
            if best is None or seconds < best[0]:
                best = (seconds, run, label)
    threads = torch.get_num_threads()
    return best[1], f"{threads} threads, float32, {best[2]}, oneDNN {torch.backends.mkldnn.is_available()}"


def timed(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
