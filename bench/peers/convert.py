#!/usr/bin/env python3
"""Runs one other converter, with the options that a careful user would give:
inputs and outputs keep their types.

    convert.py --list            names of the converters that can be imported
    convert.py NAME IN OUT [IN OUT]...

Of several models each is tried; what fails is told, and has no output."""

import pathlib
import sys
import traceback


def converter_common(source, target):
    import onnx
    from onnxconverter_common import float16
    model = float16.convert_float_to_float16(onnx.load(source),
                                             keep_io_types=True)
    onnx.save(model, target)


def ort_transformers(source, target):
    import onnx
    from onnxruntime.transformers import float16
    model = float16.convert_float_to_float16(onnx.load(source),
                                             keep_io_types=True)
    onnx.save(model, target)


def autocast_fp16(source, target):
    import onnx
    from modelopt.onnx.autocast import convert_to_f16
    onnx.save(convert_to_f16(onnx.load(source), keep_io_types=True), target)


def autocast_mixed(source, target):
    import onnx
    from modelopt.onnx.autocast import convert_to_mixed_precision
    onnx.save(convert_to_mixed_precision(
        onnx_path=source, low_precision_type="fp16", keep_io_types=True),
        target)


CONVERTERS = {
    "onnxconverter-common": ("onnxconverter_common.float16", converter_common),
    "onnxruntime": ("onnxruntime.transformers.float16", ort_transformers),
    "autocast-fp16": ("modelopt.onnx.autocast", autocast_fp16),
    "autocast-mixed": ("modelopt.onnx.autocast", autocast_mixed),
}


def can_import(module):
    try:
        __import__(module)
    except Exception:  # a broken installation raises anything
        return False
    return True


def main():
    if sys.argv[1:] == ["--list"]:
        print("\n".join(name for name, (module, _) in CONVERTERS.items()
                        if can_import(module)))
        return
    name, *files = sys.argv[1:]
    failed = 0
    for source, target in zip(files[::2], files[1::2]):
        try:
            CONVERTERS[name][1](source, target)
        except Exception:  # the converters raise anything
            traceback.print_exc()
            pathlib.Path(target).unlink(missing_ok=True)
            failed += 1
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
