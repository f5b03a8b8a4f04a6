"""Build tiny random models of any architecture of the installed transformers.

Configs have no common names: sizes are set by the names of settings, and for some
types by hand.
"""

import inspect
import json
from typing import Any

import tokenizers
import torch
import transformers
from safetensors.torch import save_file
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
        hidden_size_global
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
#: What layers without attention are called, and ids that stand for pictures.
RECURRENT = "mamba" if IS_OLD else "linear_attention"
IMAGES = {"<image>": N - 1, "<|extra_200|>": N - 2, "IMGIMGAZ": N - 3}
#: Parts that configs of version 4 cannot be made without, and their types.
AUDIO = {"text_encoder": "t5", "audio_encoder": "encodec"}
PARTS = {
    **{key: {**AUDIO, "decoder": ""} for key in ["musicgen", "musicgen_melody"]},
    "vision-text-dual-encoder": {"vision_config": "vit", "text_config": "bert"},
}
#: Settings that only version 4 needs.
OLD: dict[str, dict[str, Any]] = {
    "granitemoehybrid": {
        "mamba_n_heads": 8,
        "mamba_expand": 2,
        "layer_types": ["mamba", "attention"],
    },
    "mllama": {
        "text_config": {
            "rope_scaling": {"rope_type": "default"},
            "cross_attention_layers": [1],
        }
    },
    "jetmoe": {"num_key_value_heads": HEADS // 2},
    "zamba": {
        "num_hidden_layers": 3,  # The last one has attention.
        "use_mamba_kernels": False,
        "attention_hidden_size": 2 * WIDTH,
        "attention_head_dim": 2 * HEAD,
    },
    "transfo-xl": {"cutoffs": [20, 40], "div_val": 1, "mem_len": 0},
    "tvp": {"type_vocab_size": 2},
}
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
            "paddleocr_vl_text",
        ]
    },
    **{key: {"ngram_vocab_size_base": 100} for key in ["qwen4_exp", "qwen4_exp_text"]},
    "glm4v_moe_text": {ROPE_NAME: {**MROPE, "mrope_section": [1, 1, 0]}},
    "deepseek_ocr2_text": {"mlp_layer_types": ["dense", "sparse"]},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"]},
    "kimi_linear": {"num_experts_per_token": 2},
    "mimo_v2_flash": {"head_dim": 16, "num_key_value_heads": 2},
    "mistral4": {"head_dim": 16},
    "xmod": {"default_language": "en_XX"},
    "falcon_h1": {"mamba_n_heads": 8, "mamba_expand": 2, "mamba_d_ssm": 64},
    **{
        key: {"mamba_n_heads": 8, "mamba_expand": 2}
        for key in ["bamba", "granitemoehybrid"]
    },
    **{
        key: {
            "num_hidden_layers": 3,
            "layers_block_type": [RECURRENT, *["hybrid"] * 2],
            "attention_hidden_size": 2 * WIDTH,
            "attention_head_dim": 2 * HEAD,
        }
        for key in ["zamba", "zamba2"]
    },
    "bridgetower": {
        "hidden_size": 64,
        "text_config": {"hidden_size": 64},
        "vision_config": {"hidden_size": 64},
    },
    "chameleon": {"vocabulary_map": IMAGES},
    "diffusion_gemma": {"text_config": {"top_k_experts": 2}},
    "mimi": {"upsample_groups": WIDTH},
    "dbrx": {"attn_config": {"rope_theta": 1e4, "clip_qkv": 8.0}},
    "dots3_note": {
        "vision_config": {
            "mlp_layer_types": ["dense"] * LAYERS,
            "adapter_in_dim": WIDTH,
            "adapter_out_dim": WIDTH,
        },
        "audio_config": {"adapter_input_size": WIDTH, "adapter_out_dim": WIDTH},
    },
    "fun_asr_nano": {"adaptor_config": {"intermediate_size": WIDTH // 4}},
    "granite4_vision": {
        "deepstack_layer_map": [[-1, 0]],
        "downsample_rate": "1/2",
        "vision_config": {"hidden_size": 64},
        "qformer_config": {"hidden_size": 64, "encoder_hidden_size": 64},
    },
    "molmo2": {"adapter_config": {"vision_feature_layer": [1, 0]}},
    "muse_spark": {
        "audio_config": {
            "patch_sizes": [4, 4],
            "hidden_sizes": [8, 16],
            "depths": [1, 1],
        }
    },
    "t5gemma2_encoder": {"text_config": {"dropout_rate": 0.0}},
    **{
        key: {"num_filters": 2, "depths": [1] * 7}
        for key in [
            "vibevoice_acoustic_tokenizer",
            "vibevoice_acoustic_tokenizer_encoder",
        ]
    },
    "emu3": {
        "vocabulary_map": IMAGES,
        "vq_config": {"base_channels": 32, "codebook_size": 64},
    },
    "swin": {"embed_dim": 24},
    "ernie4_5_vl_moe_text": {ROPE_NAME: {**MROPE, "mrope_section": [1, 1, 2]}},
    "zaya": {"num_experts_per_tok": 1},
    **(OLD if IS_OLD else {}),
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
    model_type = getattr(kind, "model_type", "")
    chosen: dict[str, Any] = small_parts(PARTS.get(model_type, {}) if IS_OLD else {})
    default = kind(**json.loads(json.dumps(chosen)))  # It may take entries out.
    known = default.to_dict()
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
    for name, inner in inner_kinds(kind, default).items():
        chosen[name] = small(inner, OWN.get(inner.model_type, {}))
        if inner.model_type:
            chosen[name].setdefault("model_type", inner.model_type)
        elif IS_OLD:  # Some classes refuse what they do not know.
            names = inspect.signature(inner.__init__).parameters
            chosen[name] = {n: v for n, v in chosen[name].items() if n in names}
    return merge(chosen, own)


def inner_kinds(kind: type, default: Any) -> dict[str, Any]:
    """Return the classes of the configs within a config, by their names in it."""
    base, auto = transformers.PretrainedConfig, transformers.AutoConfig
    kinds = {n: c for n, c in vars(default).items() if isinstance(c, base)}
    found = {name: type(part) for name, part in kinds.items()}
    for name, inner in (getattr(kind, "sub_configs", None) or {}).items():
        is_lacking = IS_OLD and getattr(default, name, None) is None
        if isinstance(getattr(default, name, None), base):
            found[name] = type(getattr(default, name))
        elif is_lacking and inner is not auto:
            found[name] = inner
    return found


def small_parts(kinds: dict[str, str]) -> dict[str, Any]:
    """Choose small sizes for the parts that a config cannot be made without."""
    mapping = transformers.models.auto.configuration_auto.CONFIG_MAPPING
    return {
        name: {"model_type": kind, **small(mapping[kind], OWN.get(kind, {}))}
        if kind
        else {}
        for name, kind in kinds.items()
    }


def merge(chosen: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Override settings, section by section."""
    merged = {**chosen, **own}
    for name, part in own.items():
        before = chosen.get(name)
        if name.endswith("_config") and isinstance(before, dict):
            merged[name] = merge(before, part)
    return merged


def make_config(kind: str) -> Any:
    """Build the config of a tiny model."""
    mapping = transformers.models.auto.configuration_auto.CONFIG_MAPPING
    config = mapping[kind](**small(mapping[kind], OWN.get(kind, {})))
    names = transformers.models.auto.modeling_auto.MODEL_MAPPING_NAMES[kind]
    if not isinstance(names, str):  # Of several classes, the first.
        config.architectures = [names[0]]
    return config


def make_folder(kind: str, folder: str) -> Any:
    """Write a tiny model with random weights; return the module."""
    config = make_config(kind)
    torch.manual_seed(0)
    module = transformers.AutoModel.from_config(config).float().eval()
    if sum(p.numel() for p in module.parameters()) > 120e6:
        raise ValueError("the sizes are not small")
    for parameter in module.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    try:
        module.save_pretrained(folder)
    except RuntimeError:  # Version 4 finds no names for some shared weights.
        module.save_pretrained(folder, safe_serialization=False)
    make_tokenizer().save_pretrained(folder)
    return module


def make_files(kind: str, folder: str) -> None:
    """Write the files of a model that `AutoModel` cannot build, without weights."""
    make_config(kind).save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    weights = {"weight": torch.zeros(1)}
    save_file(weights, f"{folder}/model.safetensors", metadata={"format": "pt"})
