#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Compiles the device chain to WebAssembly: build.sh OUT.wasm. Needs clang, lld, wasi-libc and libclang-rt-*-dev-wasm32
# (Debian's names); CLANG names another compiler.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
src=$here/../../src

# The rooms' own files, with their plain C bodies. What only files, threads or the writer need stays out.
sources="base/error base/memory base/cpu
frontend/frontend frontend/plain frontend/tables
tflite/tflite_schema tflite/tflite_read tflite/tflite_verify tflite/tflite_ops tflite/tflite_requant tflite/tflite_place
tflite/tflite_bind tflite/tflite_kernels tflite/tflite_fast tflite/tflite_runtime
detect/detector detect/stream"
files=$here/device.c
for name in $sources; do
    files="$files $src/$name.c"
done

# Section by section, so that tflite_open, which reads a file, is left out together with what it calls.
exec "${CLANG:-clang}" --target=wasm32-wasi -mexec-model=reactor -std=c11 -D_GNU_SOURCE -I"$src" -O3 \
    -Wall -Wextra -Wshadow -Wconversion -Wvla -Werror -fno-strict-overflow -ffp-contract=off \
    -ffunction-sections -fdata-sections \
    -Wl,--gc-sections -Wl,--strip-all -Wl,--export=malloc -Wl,--export=free -Wl,-z,stack-size=131072 \
    $files -o "$1"
