#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a compiler with its messages in a file, where the budget test reads what ptxas said of
# registers and spills; all other messages are shown as well.
#   run_nvcc.sh LOG COMMAND [ARGUMENT ...]
log=$1
shift
status=0
"$@" 2>"$log" || status=$?
grep -v -e '^ptxas info' -e 'bytes stack frame' "$log" >&2
exit "$status"
