"""Build tiny random models of any architecture of the installed transformers.

Configs have no common names: sizes are set by the names of settings, and for some
types by hand.
"""

from typing import Any

import tokenizers
import torch
import transformers
from tokenizers import models, normalizers, pre_tokenizers, processors

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = ["the", "cat", "duck", "##s", "swim", "sat", "on", "a", "mat", "fast", "."]
NAMES = [*SPECIAL, *WORDS, *(f"word{i}" for i in range(80))]
N, WIDTH, HEADS, HEAD, LAYERS, INNER, LENGTH = len(NAMES), 32, 4, 8, 2, 48, 256


def _named(value: int, names: str) -> dict[str, int]:
    return dict.fromkeys(names.split(), value)


#: Small values of settings, by their names.
SIZES: dict[str, int] = {
    **_named(
        WIDTH,
        """
        hidden_size d_model n_embd dim emb_dim embedding_size embed_dim
        decoder_hidden_size word_embed_proj_dim true_hidden_size
        encoder_hidden_size cross_attention_hidden_size
        hidden_size_per_layer_input lru_width projection_dim d_embed
        encoder_embed_dim decoder_embed_dim attention_hidden_size
        condition_dim out_hidden_size text_hidden_size audio_hidden_size
        """,
    ),
    **_named(
        HEADS,
        """
        num_attention_heads n_head n_heads num_heads encoder_attention_heads
        decoder_attention_heads num_encoder_attention_heads
        num_decoder_attention_heads encoder_num_attention_heads
        decoder_num_attention_heads num_key_value_heads attention_heads
        linear_num_key_heads linear_num_value_heads num_global_key_value_heads
        mamba_num_heads mamba_n_heads linear_num_heads swa_num_key_value_heads
        swa_num_attention_heads
        """,
    ),
    **_named(
        HEAD,
        """
        head_dim d_kv d_head qk_nope_head_dim v_head_dim kv_lora_rank
        q_lora_rank qk_rope_head_dim attention_head_size mamba_head_dim
        mamba_d_head index_head_dim linear_key_head_dim linear_value_head_dim
        attention_head_dim global_head_dim kv_channels swa_head_dim
        """,
    ),
    **_named(
        LAYERS,
        """
        num_hidden_layers num_layers n_layer n_layers encoder_layers
        decoder_layers num_decoder_layers num_encoder_layers
        encoder_num_hidden_layers depth decoder_num_hidden_layers
        decoder_num_layers encoder_num_layers
        """,
    ),
    **_named(
        INNER,
        """
        intermediate_size ffn_dim d_ff n_inner hidden_dim encoder_ffn_dim
        d_inner decoder_ffn_dim ffn_hidden_size feed_forward_size dff inner_dim
        encoder_intermediate_size decoder_intermediate_size pooler_hidden_size
        intermediate_size_mlp dense_intermediate_size expert_ffn_hidden_size
        """,
    ),
    **_named(
        16,
        """
        moe_intermediate_size shared_expert_intermediate_size expert_dim
        moe_ffn_hidden_size shared_intermediate_size local_attention
        sliding_window attention_window attn_window_size attention_window_size
        """,
    ),
    **_named(
        4,
        """
        num_experts num_local_experts n_routed_experts moe_num_experts
        state_size mamba_d_state mamba_state_dim ssm_state_size num_buckets
        """,
    ),
    **_named(
        2,
        """
        num_experts_per_tok moe_topk moe_k num_experts_per_token type_vocab_size
        """,
    ),
    **_named(
        1,
        """
        n_group topk_group n_shared_experts n_groups mamba_n_groups
        """,
    ),
    **_named(
        N,
        """
        vocab_size text_vocab_size vocab_size_per_layer_input
        """,
    ),
    **_named(
        LENGTH,
        """
        max_position_embeddings n_positions max_encoder_position_embeddings
        n_ctx max_decoder_position_embeddings max_seq_len max_sequence_length
        seq_length max_source_positions max_target_positions context_length
        """,
    ),
    **_named(
        8,
        """
        chunk_size mamba_chunk_size block_size
        """,
    ),
    **_named(
        28,
        """
        image_size
        """,
    ),
    **_named(
        14,
        """
        patch_size
        """,
    ),
}
IS_OLD = transformers.__version__.startswith("4.")
ROPE_NAME = "rope_scaling" if IS_OLD else "rope_parameters"
#: Settings of single types that names do not decide.
ROPE = {"rope_type": "default", "rope_theta": 1e4}
MROPE = {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 1, 1]}
OWN: dict[str, dict[str, Any]] = {
    "blt": {"encoder_hash_byte_group_vocab": 100},
    "cohere_compass_text": {"rope_parameters": {"full_attention": ROPE}},
    "glm5_next_text": {"qk_rope_head_dim": 0},
    "neomme": {"head_dim": 16},
    "reformer": {"axial_pos_embds_dim": [8, 24], "axial_pos_shape": [16, 16]},
    "codegen": {"rotary_dim": 4},
    "funnel": {"block_sizes": [1, 1], "num_decoder_layers": 1, "block_repeats": [1, 1]},
    "gemma3n_text": {
        "num_kv_shared_layers": 0,
        **({"activation_sparsity_pattern": [0.0] * LAYERS} if IS_OLD else {}),
    },
    "jamba": {"use_mamba_kernels": False},
    "zamba": {"layers_block_type" if IS_OLD else "layer_types": ["mamba", "hybrid"]},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]]},
    "gptj": {"rotary_dim": 4},
    "layoutlmv3": {"coordinate_size": 6, "shape_size": 4, "visual_embed": False},
    "lilt": {"hidden_size": 48},
    "luke": {"entity_vocab_size": N, "entity_emb_size": WIDTH},
    "mamba2": {"num_heads": 8},
    "mobilebert": {
        **{"embedding_size": WIDTH, "intra_bottleneck_size": WIDTH},
        "true_hidden_size": WIDTH,
    },
    **{
        key: {ROPE_NAME: MROPE}
        for key in [
            *["glm4v_text", "glm_image_text", "glm_ocr_text", "hunyuan_vl_text"],
            *["qwen2_vl_text", "qwen2_5_vl_text", "qwen2_5_omni_text"],
            *["paddleocr_vl_text", "ernie4_5_vl_moe_text"],
        ]
    },
    **{key: {"ngram_vocab_size_base": 100} for key in ["qwen4_exp", "qwen4_exp_text"]},
    "glm4v_moe_text": {ROPE_NAME: {**MROPE, "mrope_section": [1, 1, 0]}},
    "deepseek_ocr2_text": {"mlp_layer_types": ["dense", "sparse"]},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"]},
    "zamba2": {"layer_types": ["mamba", "hybrid"]},
    "kimi_linear": {"num_experts_per_token": 2},
    "mimo_v2_flash": {"head_dim": 16},
    "mistral4": {"head_dim": 16},
    "xmod": {"default_language": "en_XX"},
    "falcon_h1": {"mamba_n_heads": 8, "mamba_expand": 2, "mamba_d_ssm": 64},
    **{
        key: {"mamba_n_heads": 8, "mamba_expand": 2}
        for key in ["bamba", "granitemoehybrid"]
    },
}


def make_tokenizer() -> Any:
    vocab = {name: i for i, name in enumerate(NAMES)}
    made = tokenizers.Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names = {f"{n}_token": f"[{n.upper()}]" for n in ("pad", "unk", "cls", "sep")}
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, **names)


def small(kind: type, own: dict[str, Any]) -> dict[str, Any]:
    """Choose small sizes for a class of configs, and for the configs within it."""
    default = kind()
    known = default.to_dict()
    chosen: dict[str, Any] = {}
    for name, value in known.items():
        if name in SIZES and not isinstance(value, list | tuple | dict):
            chosen[name] = SIZES[name]
        elif name.endswith("_token_id") and isinstance(value, int):
            # What stands for pictures and sounds must not stand in a text.
            used = {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3}
            chosen[name] = used.get(name, N - 1)
        elif isinstance(value, dict) and "mrope_section" in value:
            chosen[name] = {**value, "mrope_section": [2, 1, 1]}
    if chosen.get("pad_token_id", 0) is None or "pad_token_id" in known:
        chosen["pad_token_id"] = 0
    for name in getattr(kind, "sub_configs", None) or {}:
        if isinstance(getattr(default, name, None), transformers.PretrainedConfig):
            inner = type(getattr(default, name))
            chosen[name] = small(inner, OWN.get(inner.model_type, {}))
            if inner.model_type:
                chosen[name].setdefault("model_type", inner.model_type)
    return {**chosen, **own}


def make_folder(kind: str, folder: str) -> Any:
    """Write a tiny model with random weights; return the module."""
    mapping = transformers.models.auto.configuration_auto.CONFIG_MAPPING
    config = mapping[kind](**small(mapping[kind], OWN.get(kind, {})))
    names = transformers.models.auto.modeling_auto.MODEL_MAPPING_NAMES[kind]
    if not isinstance(names, str):  # Of several classes, the first.
        config.architectures = [names[0]]
    torch.manual_seed(0)
    module = transformers.AutoModel.from_config(config).float().eval()
    if sum(p.numel() for p in module.parameters()) > 120e6:
        raise ValueError("the sizes are not small")
    for parameter in module.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    module.save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    return module
