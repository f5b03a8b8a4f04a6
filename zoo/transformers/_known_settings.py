"""List the settings of transformers that fetch and import nothing."""

import inspect
import sys
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from .._optional import import_transformers


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: The settings of tokenizers that a config may hold.
TOKENIZER_SETTINGS = _names(
    """
    add_bos_token add_eos_token add_prefix_space additional_special_tokens bos_token
    clean_up_tokenization_spaces cls_token do_basic_tokenize do_lower_case eos_token
    extra_special_tokens from_slow keep_accents legacy local_files_only lowercase
    mask_token max_length model_max_length never_split pad_token padding_side revision
    sep_token split_special_tokens src_lang strip_accents subfolder tgt_lang
    tokenize_chinese_chars trim_offsets truncation_side unk_token use_fast
    """
)
#: The settings of transformers that a config may hold, whatever their type.
TRANSFORMER_SETTINGS = _names(
    """
    activation activation_dropout activation_function attention_bias attention_dropout
    attention_probs_dropout_prob attention_type attention_window attn_dropout
    attn_implementation attn_pdrop block_size bos_token_id chunk_size_feed_forward
    classifier_dropout classifier_dropout_prob cls_token_id d_ff d_inner d_kv d_model
    decoder_layerdrop dim dropout dropout_rate dtype embd_pdrop embedding_dropout
    embedding_size encoder_layerdrop eos_token_id global_attn_every_n_layers
    gradient_checkpointing head_dim hidden_act hidden_activation hidden_dim
    hidden_dropout hidden_dropout_prob hidden_size initializer_factor initializer_range
    intermediate_size is_decoder layer_norm_eps layer_norm_epsilon layer_types layerdrop
    local_attention local_files_only mask_token_id max_position_embeddings mem_len
    mlp_bias mlp_dropout n_embd n_head n_heads n_inner n_layer n_layers n_positions
    norm_bias norm_eps num_attention_heads num_heads num_hidden_layers
    num_key_value_heads num_layers num_random_blocks output_attentions
    output_hidden_states pad_token_id pooler_dropout pooler_hidden_act
    pooler_hidden_size position_embedding_type qa_dropout
    relative_attention_max_distance relative_attention_num_buckets resid_pdrop
    return_dict revision rms_norm_eps rope_parameters rope_scaling rope_theta
    sep_token_id seq_classif_dropout sliding_window subfolder summary_last_dropout
    text_config tie_word_embeddings torch_dtype type_vocab_size use_cache
    use_sliding_window vocab_size
    """
)
#: What any config of transformers may hold beside the settings of its type.
COMMON = _names(
    """
    add_cross_attention architectures bad_words_ids begin_suppress_tokens
    cross_attention_hidden_size decoder_start_token_id directionality diversity_penalty
    do_sample early_stopping encoder_no_repeat_ngram_size
    exponential_decay_length_penalty finetuning_task forced_bos_token_id
    forced_eos_token_id id2label is_encoder_decoder label2id language length_penalty
    max_length min_length model_type no_repeat_ngram_size num_beam_groups num_beams
    num_return_sequences output_past output_scores pooler_type prefix problem_type
    pruned_heads remove_invalid_values repetition_penalty return_dict_in_generate
    suppress_tokens task_specific_params temperature tf_legacy_loss tie_encoder_decoder
    tokenizer_class top_k top_p torchscript transformers_version typical_p use_bfloat16
    _attn_implementation _attn_implementation_autoset _name_or_path __float__
    """
)
#: What models read from a config where it is there, beside the settings of their type.
READ_IF_THERE = _names(
    """
    adapter_attn_dim add_adapter apply_spec_augment attention_head_size audio_config
    beta classifier_dropout_rate cls_dropout conv_act conv_groups conv_kernel_size
    conv_pos_batch_norm decoder_config decoder_pad_token_id default_scale
    detector_config embedding_initializer_range encoder_config encoder_cross_output_size
    freeze_batch_norm_2d init_std initializer_cutoff_factor keepdim
    max_relative_positions minimum_scale no_token_index norm_rel_ebd num_labels
    num_local_experts num_register_tokens onnx_export original_max_position_embeddings
    out_indices position_biased_input position_buckets pre_norm relative_attention
    relative_bias_args return_class_token router_bias scaling_dim share_att_key
    spatial_pool_out_channels summary_activation summary_first_dropout
    summary_proj_to_labels summary_type summary_use_proj talking_head tracker_config
    use_bidirectional_attention vision_config yes_token_index
    """
)
#: Sections of plain values under names of their own.
PLAIN = _names(
    """
    __float__ id2label label2id pruned_heads relative_bias_args rope_parameters
    rope_scaling task_specific_params
    """
)


def find_known(config: Any) -> frozenset[str]:
    """Find the settings that the types of a config and of its sections know.

    Args:
        config: As it is saved.
    """
    names = COMMON | READ_IF_THERE | TRANSFORMER_SETTINGS
    for kind in find_types(config):
        names |= _settings_of(kind)
    return names


def find_types(config: Any) -> set[Any]:
    """Find the types of models that a config and its sections name."""
    found: set[Any] = set()
    if isinstance(config, dict):
        kind = config.get("model_type")
        found = {kind} if isinstance(kind, str | None) else {repr(kind)}
        found -= {None, ""}  # The config of a part may be of no type.
        for section in config.values():
            found |= find_types(section)
    return found


def find_part_types(kinds: Iterable[str]) -> set[str]:
    """Find the types that the package transformers gives to parts of some types.

    Args:
        kinds: Types of models; of those that the package lacks, nothing is known.
    """
    auto = import_transformers().models.auto.configuration_auto
    found: set[str] = set()
    todo = [auto.CONFIG_MAPPING[kind] for kind in kinds if kind in auto.CONFIG_MAPPING]
    while todo:
        for part in _parts_of(todo.pop()):
            kind = getattr(part, "model_type", "")
            if isinstance(kind, str) and kind not in found:
                found.add(kind)
                todo.append(part)
    return found


@lru_cache(maxsize=64)
def _settings_of(kind: str) -> frozenset[str]:
    """Return the settings of a type of model that the package transformers defines."""
    auto = import_transformers().models.auto.configuration_auto
    if kind not in auto.CONFIG_MAPPING:
        return frozenset()
    return _settings_of_class(auto.CONFIG_MAPPING[kind])


def _settings_of_class(kind: Any) -> frozenset[str]:
    names = {*(getattr(kind, "attribute_map", None) or {})}
    for base in kind.__mro__:
        names |= {*inspect.get_annotations(base)}
        if "__init__" in vars(base):
            names |= {*inspect.signature(base.__init__).parameters}
    for part in _parts_of(kind):
        names |= _settings_of_class(part)
    return frozenset(names - {"self", "args", "kwargs"})


def _parts_of(kind: Any) -> list[Any]:
    """Return the classes of the configs that a config has as parts.

    Some are not listed in it, as T5Gemma's in transformers 4: they stand before it in
    the same file.
    """
    base = import_transformers().PretrainedConfig
    listed = [*(getattr(kind, "sub_configs", None) or {}).values()]
    found = vars(sys.modules[kind.__module__]).values()
    classes = [c for c in found if isinstance(c, type) and issubclass(c, base)]
    here = [c for c in classes if c.__module__ == kind.__module__]
    earlier = here[: here.index(kind)] if kind in here else []
    return [*dict.fromkeys([*listed, *earlier])]
