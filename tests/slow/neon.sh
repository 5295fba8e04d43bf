#!/bin/sh
# Runs the NEON kernels under qemu-aarch64: every 61st of all 2^32 values, or
# every Nth with `neon.sh N`. Needs the Debian packages gcc-aarch64-linux-gnu,
# libc6-dev-arm64-cross and qemu-user; exits 77 (skipped) without them.
set -eu

stride=${1:-61}
cc=aarch64-linux-gnu-gcc
qemu=qemu-aarch64

for tool in $cc $qemu; do
    if ! command -v $tool >/dev/null; then
        echo "skipped: no $tool" >&2
        exit 77
    fi
done

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

$cc -std=c11 -O2 -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes \
    -Wvla -Werror -static -I "$root/src" -o "$work/exhaustive_numeric" \
    "$root"/tests/exhaustive/exhaustive_numeric.c "$root"/src/numeric/*.c \
    -lm -lpthread
$qemu "$work/exhaustive_numeric" --stride "$stride" | tee "$work/output"

# A build without the NEON kernels would pass as well.
grep -q '^neon ' "$work/output"
grep -q ' 0 failed$' "$work/output"
