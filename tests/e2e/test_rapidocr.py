"""RapidOCR reads ten pages with our FP16 detector and recogniser as it does
with the FP32 ones. A detector that lost its output finds nothing; one that
drifted cuts lines differently; a recogniser that drifted reads other
letters."""

import onnx
import pytest

import model_stats
import ocr_pages

DETECTOR = "ch_PP-OCRv4_det_infer.onnx"
RECOGNISER = "ch_PP-OCRv4_rec_infer.onnx"
LINES = sum(map(len, ocr_pages.PAGES))
MUST_BE_EQUAL = 42


@pytest.fixture(scope="module")
def pages():
    return [ocr_pages.page(i) for i in range(len(ocr_pages.PAGES))]


def read_all(pages, detector, recogniser):
    engine = ocr_pages.reader(detector, recogniser)
    return [ocr_pages.read(engine, image) for image in pages]


@pytest.fixture(scope="module")
def expected(pages, corpus_file):
    """The lines as the FP32 models read them."""
    return read_all(pages, corpus_file(DETECTOR), corpus_file(RECOGNISER))


def test_fp32_reads_the_pages(expected):
    """Else the comparison below would say little."""
    right = sum(ocr_pages.letters(line) == got
                for page, found in zip(ocr_pages.PAGES, expected)
                for line, got in zip(page, map(ocr_pages.letters, found)))
    assert LINES == 43
    assert right >= MUST_BE_EQUAL
    assert sum(map(len, expected)) == LINES


def float_nodes(path):
    stats = model_stats.model_stats(onnx.load(path))
    return f"{stats.full_nodes} FP32, {stats.half_nodes} FP16, " \
           f"{stats.casts} casts"


def test_fp16_reads_the_same_lines(opp, pages, expected, corpus_file,
                                   tmp_path, capsys):
    detector, recogniser = tmp_path / "det.onnx", tmp_path / "rec.onnx"
    opp("convert", corpus_file(DETECTOR), "-o", detector)
    opp("convert", corpus_file(RECOGNISER), "-o", recogniser)
    found = read_all(pages, detector, recogniser)
    pairs = [(line, line in page) for page, lines in zip(found, expected)
             for line in lines]
    equal = sum(same for _, same in pairs)
    extra = sum(map(len, found)) - len(pairs)
    with capsys.disabled():
        print(f"\n{equal} of {len(pairs)} lines as with FP32, {extra:+d} in "
              f"number; detector {float_nodes(detector)}; recogniser "
              f"{float_nodes(recogniser)}")
    assert equal >= MUST_BE_EQUAL, [line for line, same in pairs if not same]
    assert abs(extra) <= 1
