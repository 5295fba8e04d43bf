#!/bin/sh
# All 2^32 values through every kernel of this machine against the portable
# one, whose rounding is checked against its definition. Needs the release
# build; a minute or two on two cores.
set -eu

cd "$(dirname -- "$0")/../.."
exec build/release/tests/exhaustive_numeric
