#!/bin/sh
# Makes .venv with the pinned requirements and Patron itself, editable. Called by `make setup`; needs python3 3.11 or later, nothing else.
# Where packages come from is the machine's own matter: pip's configuration is used as it is.
set -eu

python=${PYTHON:-python3}
venv=.venv

say() { printf '%s\n' "$@" >&2; }
stop() { say "$@"; exit 1; }

command -v "$python" >/dev/null 2>&1 || stop "Python is missing. Install it first, for example: sudo apt-get install python3 python3-venv"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    stop "Patron needs Python 3.11 or later; '$python' is $("$python" -V 2>&1). Name another one: make setup PYTHON=python3.12"

install_venv_module() {
    version=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "This Python cannot make virtual environments yet: installing $version"
        export DEBIAN_FRONTEND=noninteractive
        apt-get install -y -q "$version" </dev/null >&2 || { apt-get update -q >&2 && apt-get install -y -q "$version" </dev/null >&2; }
    else
        stop "This Python cannot make virtual environments yet. Run this, then again what you ran:" "  sudo apt-get install $version"
    fi
}

if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || install_venv_module
    say "Making the virtual environment $venv"
    "$python" -m venv --clear "$venv"
fi

say "Installing the pinned requirements"
for requirements in "$@"; do
    "$venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --requirement "$requirements"
done
"$venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
say "Ready: $venv/bin/patron"
