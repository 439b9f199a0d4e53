"""Runs in the peers' environment: times DeepAR's sampler; what it learned does not matter."""

import json
import sys
import time

import torch
from gluonts.torch.distributions import NegativeBinomialOutput
from gluonts.torch.model.deepar.module import DeepARModel

LAGS = [1, 7, 14, 28]
TIME_FEATURES = 11  # as many numbers as this project's daily calendar has
REPEATS = 2


def main(asked):
    torch.manual_seed(0)
    series, steps, features = asked["series"], asked["steps"], TIME_FEATURES + asked["covariates"]
    model = DeepARModel(
        freq="D",
        context_length=asked["context"],
        prediction_length=steps,
        num_feat_dynamic_real=features,
        num_feat_static_real=1,
        num_feat_static_cat=1,
        cardinality=[series],
        embedding_dimension=[16],
        num_layers=asked["layers"],
        hidden_size=asked["width"],
        distr_output=NegativeBinomialOutput(),
        lags_seq=LAGS,
        num_parallel_samples=asked["paths"],
    ).eval()
    past = asked["context"] + max(LAGS)
    inputs = {
        "feat_static_cat": torch.arange(series)[:, None],
        "feat_static_real": torch.zeros(series, 1),
        "past_time_feat": torch.rand(series, past, features),
        "past_target": torch.randint(0, 20, (series, past)).float(),
        "past_observed_values": torch.ones(series, past),
        "future_time_feat": torch.rand(series, steps, features),
    }
    taken = []
    with torch.inference_mode():
        for _ in range(REPEATS):
            began = time.perf_counter()
            found = model(**inputs)
            taken.append(time.perf_counter() - began)
    assert found.shape == (series, asked["paths"], steps)
    return {"seconds": min(taken), "threads": torch.get_num_threads()}


if __name__ == "__main__":
    print("answer: " + json.dumps(main(json.loads(sys.argv[1]))))
