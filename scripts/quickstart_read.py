#!/usr/bin/env python3
"""quickstart_read.py FP32 FP16: checks a converted text detector with
onnx.checker, and reads a page with the original and with the converted one.
Exit code 0 if both find the same lines."""

import pathlib
import sys

import onnx

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e"))
import ocr_pages  # noqa: E402

PAGE = 0


def main():
    original, converted = sys.argv[1:]
    onnx.checker.check_model(converted, full_check=True)
    print("onnx.checker: valid")
    image = ocr_pages.page(PAGE)
    read = [ocr_pages.read(ocr_pages.reader(path), image)
            for path in (original, converted)]
    width = max(map(len, read[0] + ["FP32"]))
    print(f"{'FP32':{width}}  FP16")
    for i in range(max(map(len, read))):
        left, right = (lines[i] if i < len(lines) else "-" for lines in read)
        print(f"{left:{width}}  {right}")
    same = read[0] == read[1]
    print("the same lines" if same else "NOT the same lines")
    return 0 if same and read[0] else 1


if __name__ == "__main__":
    sys.exit(main())
