"""Cold starts: `puis-je ask` and `puis-je serve` to ready, as ratios to `import sentence_transformers`.

Each figure is the median of several fresh processes, interleaved so that a slow moment of the machine
touches all. The home is prepared first (accounts, articles), as on any day but the first; the first start
is measured apart.

    python benchmarks/start.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

PUIS_JE = str(Path(sys.executable).with_name("puis-je"))


def timed(command: list[str], environment: dict[str, str]) -> float:
    """Seconds that one process takes from start to end."""
    start = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def serve_to_ready(environment: dict[str, str]) -> float:
    """Seconds from starting `puis-je serve` until `/readyz` answers 200."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    start = time.perf_counter()
    server = subprocess.Popen(
        [PUIS_JE, "serve", "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as reply:
                    if reply.status == 200:
                        return time.perf_counter() - start
            except OSError:
                if server.poll() is not None or time.perf_counter() - start > 120:
                    raise
                time.sleep(0.05)
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "PUIS_JE_HOME": home, "HF_HUB_OFFLINE": "1"}
        ask = [PUIS_JE, "ask", "Puis-je renouveler ?"]
        floor = [sys.executable, "-c", "import sentence_transformers"]
        print(f"first start ever, `ask`: {timed(ask, environment):.2f} s")
        rows: dict[str, list[float]] = {"import sentence_transformers": [], "ask": [], "serve to ready": []}
        for _ in range(rounds):
            rows["import sentence_transformers"].append(timed(floor, environment))
            rows["ask"].append(timed(ask, environment))
            rows["serve to ready"].append(serve_to_ready(environment))
    base = statistics.median(rows["import sentence_transformers"])
    print(f"{'':32}{'median s':>10}{'ratio':>8}")
    for name, seconds in rows.items():
        middle = statistics.median(seconds)
        print(f"{name:32}{middle:>10.2f}{middle / base:>8.2f}")


if __name__ == "__main__":
    main()
