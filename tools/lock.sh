#!/bin/sh
# Writes requirements/*.txt: exact versions for every Python from 3.11, without addresses. Called by `make lock`.
# No hashes: a mirror may build wheels of its own, and hashes of one mirror would lock out all others.
set -eu

lock() {
    name=$1 && shift
    "${UV:-.venv/bin/uv}" pip compile --quiet --universal --python-version 3.11 --no-annotate --no-header \
        --no-emit-index-url --no-emit-find-links "$@" pyproject.toml --output-file "requirements/$name.txt"
    echo "requirements/$name.txt: $(grep -c == "requirements/$name.txt") packages"
}

lock spark --extra clusters --extra boosting --extra spark --group dev --group bench
lock dev --extra clusters --extra boosting --group dev --constraint requirements/spark.txt
lock runtime --constraint requirements/spark.txt
