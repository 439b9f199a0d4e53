"""LoRA on all linear layers of a base model, with `peft`: made, read out, and merged."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from shared.forecasting.errors import InvalidArtifact
from shared.forecasting.language.base import Base, load
from shared.forecasting.language.vocabulary import Vocabulary

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel


def attach(network: PreTrainedModel, rank: int, seed: int) -> PeftModel:
    """Return the network with an adapter that changes nothing yet; only it can be trained."""
    from peft import LoraConfig, get_peft_model

    settings = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear")
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        # the two libraries disagree about a name, which is nothing that a user could change
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing.*")
        torch.manual_seed(seed)
        return get_peft_model(network, settings)


def weights(adapted: PeftModel) -> dict[str, Tensor]:
    """Return the adapter's tensors."""
    from peft import get_peft_model_state_dict

    found = get_peft_model_state_dict(adapted, save_embedding_layers=False)
    return {name: part.detach().float().cpu().contiguous() for name, part in found.items()}


def merged(
    base: Base, rank: int, state: dict[str, Tensor], device: torch.device
) -> tuple[PreTrainedModel, Vocabulary]:
    """Load the base model and put the adapter into its weights.

    Raises:
        InvalidArtifact: the adapter does not fit the base model.
    """
    from peft import set_peft_model_state_dict

    network, vocabulary = load(base, device)
    adapted = attach(network, rank, 0)
    wanted = {name: part.shape for name, part in weights(adapted).items()}
    if wanted != {name: part.shape for name, part in state.items()}:
        raise InvalidArtifact("The adapter's weights do not fit its base model and rank.")
    set_peft_model_state_dict(adapted, state)
    return adapted.merge_and_unload().eval(), vocabulary
