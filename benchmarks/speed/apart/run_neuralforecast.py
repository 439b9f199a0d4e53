"""Runs in the peers' environment: one model of neuralforecast learns and forecasts."""

import json
import logging
import sys
import time
import warnings
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
from neuralforecast import NeuralForecast, models
from neuralforecast.losses.pytorch import MQLoss
from pytorch_lightning import Callback

LEVELS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
# the sizes that this project's networks have by default
SIZES = {
    "LSTM": {"encoder_n_layers": 1, "encoder_hidden_size": 64, "decoder_hidden_size": 64},
    "VanillaTransformer": {"hidden_size": 64, "n_head": 4, "encoder_layers": 2,
                           "decoder_layers": 1, "conv_hidden_size": 128},
    "KAN": {"hidden_size": 32, "n_hidden_layers": 1, "grid_size": 5, "spline_order": 3},
}  # fmt: skip
UNCOUNTED = 3  # first steps, which load and warm things up


class Clock(Callback):
    """Notes when things happen, for all of its copies: neuralforecast copies what it is given."""

    times: ClassVar = {"began": 0.0, "steps": [], "ended": 0.0}

    def on_train_start(self, trainer, module):
        self.times["began"] = time.perf_counter()

    def on_train_batch_end(self, trainer, module, outputs, batch, place):
        self.times["steps"].append(time.perf_counter())

    def on_train_end(self, trainer, module):
        self.times["ended"] = time.perf_counter()


def main(asked):
    frame = pd.read_parquet(asked["file"])
    cut, horizon, known = pd.Timestamp(asked["cut"]), asked["horizon"], asked["known"]
    model = getattr(models, asked["model"])(
        h=horizon,
        input_size=asked["context"],
        futr_exog_list=known,
        loss=MQLoss(quantiles=LEVELS),
        max_steps=asked["steps"],
        learning_rate=1e-3,
        windows_batch_size=asked["batch"],
        scaler_type="standard",
        random_seed=1,
        enable_progress_bar=False,
        enable_model_summary=False,
        logger=False,
        enable_checkpointing=False,
        accelerator="cpu",
        callbacks=[Clock()],
        **SIZES[asked["model"]],
    )
    forecaster = NeuralForecast(models=[model], freq="D")
    forecaster.fit(frame[frame["ds"] <= cut])
    future = frame.loc[frame["ds"] > cut, ["unique_id", "ds", *known]]
    found = forecaster.predict(futr_df=future).sort_values(["unique_id", "ds"])
    columns = [name for name in found.columns if name.startswith(asked["model"])]
    deciles = np.sort(found[columns].to_numpy(float), axis=1).clip(min=0)
    times = Clock.times
    taken = np.diff(times["steps"][UNCOUNTED:])
    return {
        "seconds": times["ended"] - times["began"],
        "values_per_second": asked["batch"] * horizon / float(np.median(taken)),
        "deciles": deciles.reshape(-1, horizon, len(LEVELS)).tolist(),
        "threads": torch.get_num_threads(),
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    print("answer: " + json.dumps(main(json.loads(sys.argv[1]))))
