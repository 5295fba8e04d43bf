"""What the schemas of ops do not say: how an attribute, a body or a container
decides a type, and what an op is for. Written by hand, each line with the
place that says so; tools/gen_ops.py applies it and refuses what is missing or
stale."""

# Source of RULES, where no other is named: ONNX Operators.md, or
# Operators-ml.md, section of the op, "Attributes". "Measured": what ONNX
# Runtime 1.32 infers when it loads a model.


def attr(ops, name, out=0, domain="", kind=None, elem=None, like=None,
         container="TENSOR"):
    """The attribute `name` decides the type of output `out` (None: of no
    output). Absent, the type is that of the input named `like`, else `elem`;
    a default that the schema has goes without saying. `kind`: unless it
    follows from the type of the attribute."""
    return dict(ops=ops, attr=name, out=out, domain=domain, kind=kind,
                elem=elem, like=like, container=container)


def fallback(ops, out=0, domain="", elem=None, like=None, kind="SAME"):
    """Output `out` has the type of the input named `like`, if that is there,
    else `elem`, as long as nothing else decides it."""
    return dict(ops=ops, attr=None, out=out, domain=domain, kind=kind,
                elem=elem, like=like, container="TENSOR")


def related(ops, kind, var, other, domain=""):
    """Type variable `var` is a container of what `other` is."""
    return dict(ops=ops, attr=None, kind=kind, var=var, other=other,
                domain=domain)


ML, MS = "ai.onnx.ml", "com.microsoft"

RULES = [
    attr("Cast", "to"),
    # "reinterpreted": both sides have one width, so neither may change alone.
    attr("BitCast", "to", kind="BITS"),
    # "If not specified, the data type of the input tensor"
    attr("Bernoulli EyeLike RandomNormalLike RandomUniformLike", "dtype",
         like="input"),
    attr("Multinomial RandomNormal RandomUniform", "dtype"),
    # "The default type is 'float'."
    attr("SequenceEmpty", "dtype", elem="FLOAT"),
    attr("BlackmanWindow HammingWindow HannWindow MelWeightMatrix",
         "output_datatype"),
    # "inferred from `x_scale` data type"
    attr("DequantizeLinear", "output_dtype", like="x_scale"),
    # "If neither `output_dtype` nor `y_zero_point` are supplied, uint8"
    attr("QuantizeLinear", "output_dtype", elem="UINT8"),
    # Before opset 21: "Default is uint8 ... if it's not specified."
    fallback("QuantizeLinear", elem="UINT8"),
    # onnx.shape_inference: T when past_state is absent.
    fallback("LinearAttention", out=1, like="query"),

    # "defaults to a tensor of value 0 and datatype float32"
    attr("ConstantOfShape", "value", elem="FLOAT"),
    attr("Constant", "value"),
    attr("Constant", "sparse_value"),
    attr("Constant", "value_float"),
    attr("Constant", "value_floats"),
    attr("Constant", "value_int"),
    attr("Constant", "value_ints"),
    attr("Constant", "value_string"),
    attr("Constant", "value_strings"),

    # "Type of Mean and InvStdDev", and stage one's precision.
    attr("LayerNormalization", "stash_type", out=1, kind="STASH"),
    attr("SimplifiedLayerNormalization", "stash_type", out=1, kind="STASH"),
    # "precision used in stage one"; Range: "intermediate computation"
    attr("GroupNormalization RMSNormalization Range", "stash_type", out=None,
         kind="STASH"),
    # "the same precision as the input of softmax (Q and K) is used"
    attr("Attention", "softmax_precision", out=None, kind="STASH", like="Q"),
    # "Defaults to float32 for non-double inputs, otherwise uses double."
    attr("FlexAttention", "softmax_precision", out=None, kind="STASH_WIDER",
         elem="FLOAT", like="Q", domain="ai.onnx.preview"),
    # "it will be the same as the type of `y_scale`"
    attr("QuantizeLinear", "precision", out=None, kind="STASH",
         like="y_scale"),

    # Summary of each section: "a sequence of tensors", "the tensor at
    # position", "an optional-type value containing", "the element in".
    related("SequenceConstruct SequenceInsert SequenceAt SplitToSequence"
            " ConcatFromSequence", "SEQUENCE_OF", "S", "T"),
    related("Optional OptionalGetElement", "OPTIONAL_OF", "O", "V"),
    attr("Optional", "type"),

    # "the output type is identical to the specified 'values_*' attribute"
    attr("LabelEncoder", "values_tensor", domain=ML),
    attr("LabelEncoder", "values_strings", domain=ML, kind="PRESENT",
         elem="STRING"),
    attr("LabelEncoder", "values_int64s", domain=ML, kind="PRESENT",
         elem="INT64"),
    attr("LabelEncoder", "values_floats", domain=ML, kind="PRESENT",
         elem="FLOAT"),
    # "If strings are input, the output values are integers, and vice versa."
    fallback("LabelEncoder CategoryMapper", domain=ML, kind="OTHER",
             like="X"),
    # "depending on which of the classlabels_* attributes is used"
    attr("LinearClassifier SVMClassifier TreeEnsembleClassifier",
         "classlabels_strings", domain=ML, kind="PRESENT", elem="STRING"),
    attr("LinearClassifier SVMClassifier", "classlabels_ints", domain=ML,
         kind="PRESENT", elem="INT64"),
    attr("TreeEnsembleClassifier", "classlabels_int64s", domain=ML,
         kind="PRESENT", elem="INT64"),
    # onnx.shape_inference: int64 when neither is there.
    fallback("LinearClassifier SVMClassifier", domain=ML, elem="INT64"),
    attr("ZipMap", "classlabels_strings", domain=ML, kind="PRESENT",
         elem="FLOAT", container="SEQUENCE_MAP_STRING"),
    attr("ZipMap", "classlabels_int64s", domain=ML, kind="PRESENT",
         elem="FLOAT", container="SEQUENCE_MAP_INT64"),
    attr("CastMap", "cast_to", domain=ML),
    # "a tensor of the value type of the input map"
    related("DictVectorizer", "MAP_OF", "T1", "T2", domain=ML),
    # onnx.shape_inference: "must have same type as input"
    attr("TreeEnsemble", "nodes_splits", domain=ML),
    attr("TreeEnsemble", "leaf_weights", domain=ML),
    attr("TreeEnsemble", "membership_values", domain=ML),

    # com.microsoft: descriptions in the schemas, and measured.
    attr("DequantizeWithOrder", "to", domain=MS),
    attr("DequantizeBFP GemmFloat8", "dtype", domain=MS),
    attr("GatherPacked", "output_dtype", domain=MS),
    fallback("QuantizeLinear", domain=MS, elem="UINT8"),
    fallback("GridSample", domain=MS, like="X"),
    # "full precision(float32) if it is not provided"
    fallback("QGemm", domain=MS, like="y_zero_point", elem="FLOAT"),
    fallback("GroupQueryAttention LinearAttention", out=1, domain=MS,
             like="query"),
]

# How a body is tied to its node, by op: ONNX Operators.md, attributes `body`,
# `then_branch`, `else_branch`. `passed`: the first input of the node that the
# body gets, and every one after it; the body gets them from input `body_in`
# on, after inputs of the types `lead`. Output 0 of the node comes from output
# `body_out`. `carried`: what is passed comes back as an output of the body,
# in the same order, except the last ones, as many as attribute `but` says.
# `elements`: sequences are passed and come back element by element.
BODIES = {
    "If": dict(),
    "Loop": dict(passed="v_initial", body_in=2, lead=("INT64", "BOOL"),
                 body_out=1, carried=True),
    "Scan": dict(passed="initial_state_and_scan_inputs", carried=True,
                 but="num_scan_inputs"),
    "SequenceMap": dict(passed="input_sequence", elements=True),
}

# Bodies that are not tied to operands by position: their inputs are what the
# op computes inside.
OPAQUE_BODIES = {
    "FlexAttention", "BeamSearch", "GreedySearch", "Sampling",
    "WhisperBeamSearch",
}

# Attributes that look like an element type and are none that decides.
NOT_A_TYPE = {
    "activation_type": "name of a function",
    "bfp_type": "number of a block floating point format",
    "blk_quant_type": "number of a packed format",
    "down_type": "number of a packed format",
    "gate_type": "number of a packed format",
    "up_type": "number of a packed format",
    "packed_type": "number of a packed format",
    "k_cache_dtype": "meaning of the bytes in a cache",
    "v_cache_dtype": "meaning of the bytes in a cache",
    "kernel_type": "name of a function",
    "mask_index_type": "number of a mask form",
    "model_type": "number of a kind of model",
    "quant_type": "number of a packed format",
    "k_quant_type": "granularity",
    "v_quant_type": "granularity",
    # Tensors with a type of their own:
    "base_values_as_tensor": "float or double, whatever the input",
    "class_weights_as_tensor": "float or double, whatever the input",
    "nodes_hitrates_as_tensor": "float or double, whatever the input",
    "nodes_values_as_tensor": "float or double, whatever the input",
    "target_weights_as_tensor": "float or double, whatever the input",
    "nodes_hitrates": "any type, not used for the result",
    "nodes_modes": "uint8",
    "default_tensor": "follows values_tensor",
    "keys_tensor": "follows the input",
}

# Outputs whose type stays unknown unless the model says it.
UNKNOWN = {
    "Adagrad.outputs": "tied to inputs by a count in the input list",
    "Adam.outputs": "tied to inputs by a count in the input list",
    "Momentum.outputs": "tied to inputs by a count in the input list",
    "Gradient.Outputs": "tied to inputs by the attribute xs",
    "EPContext.outputs": "whatever the compiled blob yields",
    "GivenTensorFill.X": "the schema ties it to the optional input shape",
    "BeamSearch.sequences_scores": "the decoder's, without a penalty input",
    "BeamSearch.scores": "the decoder's, without a penalty input",
    "WhisperBeamSearch.sequences_scores": "as in BeamSearch",
    "WhisperBeamSearch.scores": "as in BeamSearch",
    "WhisperBeamSearch.non_speech_probs": "as in BeamSearch",
    "MultiHeadAttention.qk": "measured: a model with any type loads",
    "DecoderMaskedMultiHeadAttention.qk": "as in MultiHeadAttention",
    "DynamicSparseAttention.output": "attribute output_bf16 is a flag",
    "DynamicSparseAttention.present_key": "half or int8 without a past",
    "DynamicSparseAttention.present_value": "half or int8 without a past",
    "RMSNormRotary.Y": "attribute output_fp16 is a flag",
    "MurmurHash3.Y": "attribute positive is a flag; an integer",
    "MatMulInteger16.Y": "int32 or uint32, nothing says which",
    "ReduceSumInteger.reduced": "int32 or uint32, nothing says which",
}

# What ops are for, by name in any domain. Everything else computes, unless it
# has bodies (control).
CLASSES = {
    "CONSTANT": "Constant ConstantOfShape",
    # Change the element type and nothing else.
    "CONVERT": "Cast CastLike BitCast",
    # Each element of the output is an element of an input, unchanged, or a
    # filler; or no element of the input is looked at (Shape, Size). Not for
    # versions that have an attribute `reduction`: they may add.
    "MOVEMENT": """
        ArrayFeatureExtractor CenterCropPad Compress Concat ConcatFromSequence
        Crop DepthToSpace DynamicSlice Expand ExpandDims Flatten Gather
        GatherElements GatherND Identity MaxUnpool MemcpyFromHost MemcpyToHost
        Optional OptionalGetElement OptionalHasElement Pad RemovePadding
        ReorderInput ReorderOutput Reshape RestorePadding ReverseSequence
        Scatter ScatterElements ScatterND SequenceAt SequenceConstruct
        SequenceEmpty SequenceErase SequenceInsert SequenceLength Shape Size
        Slice SpaceToDepth Split SplitToSequence Squeeze TensorScatter Tile
        TorchEmbedding Transpose Trilu UnfoldTensor Unsqueeze Where
    """,
}
