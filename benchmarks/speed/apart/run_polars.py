"""Runs in the peers' environment: polars reads and sorts a file."""

import json
import resource
import sys
import time

import polars


def main(asked):
    began = time.perf_counter()
    frame = polars.read_parquet(asked["file"]).sort("store_id", "product_id", "date")
    return {
        "seconds": time.perf_counter() - began,
        "rows": frame.height,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    print("answer: " + json.dumps(main(json.loads(sys.argv[1]))))
