"""The network family: an algorithm writes hyper-parameters and an `nn.Module`, nothing else."""

from shared.forecasting.network.base import Network, Shape, State, repeated
from shared.forecasting.network.family import NETWORK
from shared.forecasting.network.form import NetworkHyperparameters

__all__ = ["NETWORK", "Network", "NetworkHyperparameters", "Shape", "State", "repeated"]
