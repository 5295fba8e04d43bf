"""Ten generated pages of text, 43 lines, the same on every run, and RapidOCR
to read them with a given detector and recogniser."""

import pathlib

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from rapidocr_onnxruntime import RapidOCR

FONTS = pathlib.Path("/usr/share/fonts/truetype/dejavu")  # fonts-dejavu-core
FACES = ("DejaVuSans.ttf", "DejaVuSerif.ttf", "DejaVuSansMono.ttf",
         "DejaVuSans-Bold.ttf", "DejaVuSerif-Bold.ttf")

PAGES = (
    ("Quarterly report 2024", "Revenue rose by 12.5 percent",
     "Total: 1,284,500 EUR", "Prepared on 17 March"),
    ("INVOICE No. 20391", "Customer 77-104-B", "Due date 2025-01-31",
     "Amount payable 349.90", "Thank you for your order"),
    ("Boarding pass", "Flight LH 2087 to Hamburg", "Gate B42 Seat 17F",
     "Departure 06:45"),
    ("Half precision keeps", "eleven bits of a number",
     "and overflows at 65504", "so check before you cast"),
    ("Serial 9C4F-22A1-07BE", "Firmware 4.18.3", "Voltage 3.30 V",
     "Temperature 41.7 C", "Status: nominal"),
    ("The quick brown fox", "jumps over the lazy dog", "0123456789",
     "Sphinx of black quartz"),
    ("Meeting room 3.14", "Monday 10:00 to 11:30", "Agenda: budget 2026",
     "Bring your own laptop"),
    ("Ingredients", "Flour 500 g, sugar 120 g", "Butter 250 g, 3 eggs",
     "Bake at 180 for 45 minutes", "Serves 8 people"),
    ("Platform 9 to Oxford", "Single ticket 27.40", "Valid until 22 June",
     "Keep for inspection"),
    ("Chapter 7", "Numbers that are too small", "become zero without a word",
     "See also page 218"),
)


def page(index):
    """One page as an array of RGB bytes: its own typeface, size, tint and
    grain."""
    rng = np.random.default_rng([2024, index])
    lines = PAGES[index]
    paper, ink = int(rng.integers(215, 256)), int(rng.integers(0, 90))
    font = ImageFont.truetype(str(FONTS / FACES[index % len(FACES)]),
                              int(rng.integers(24, 36)))
    image = Image.new("RGB", (640, 70 * len(lines) + 50), (paper,) * 3)
    draw = ImageDraw.Draw(image)
    for i, line in enumerate(lines):
        draw.text((30 + int(rng.integers(0, 60)), 30 + 70 * i), line,
                  (ink,) * 3, font)
    image = image.rotate(float(rng.uniform(-0.8, 0.8)), Image.BICUBIC,
                         fillcolor=(paper,) * 3)
    grain = rng.integers(-12, 13, (image.height, image.width, 1))
    return np.clip(np.asarray(image, np.int64) + grain, 0, 255).astype(
        np.uint8)


def reader(detector, recogniser=None):
    paths = {"det_model_path": str(detector)}
    if recogniser:
        paths["rec_model_path"] = str(recogniser)
    return RapidOCR(**paths)


def read(engine, image):
    """Lines of text, from top to bottom."""
    found, _ = engine(image)
    return [text for _, text, _ in found or []]


def letters(text):
    """What the recogniser is sure to see: it leaves out spaces."""
    return "".join(text.split())
