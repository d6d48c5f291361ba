#!/bin/sh
# Runs the snippet's browser tests; installs what they need first.
#
#   tests/browser/run.sh                                      against a stand-in of the two endpoints
#   TRIBUTARY_URL=http://127.0.0.1:8080 TRIBUTARY_KEY=trb_pk_live_... TRIBUTARY_CODE=anna tests/browser/run.sh
#                                                             the journeys also against a running server
#   TRIBUTARY_SHORT=k3x9                                      the last word of the link's short address, where it is not the code
#   TRIBUTARY_SITE=http://localhost:4810                      where the merchant's pages are served in that case:
#                                                             the origin that the key allows (any free port if unset)
#   CHROMIUM=/path/to/chromium                                another browser than the one on the PATH
set -eu
cd "$(dirname "$0")"

if [ -z "${CHROMIUM:-}" ] && ! command -v chromium >/dev/null; then
    if [ "$(id -u)" -ne 0 ]; then
        echo "chromium is missing: install Debian's package, or set CHROMIUM" >&2
        exit 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
CHROMIUM="${CHROMIUM:-$(command -v chromium)}"
export CHROMIUM

# npm writes this file last, so it tells whether the tree matches the lock.
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --no-audit --no-fund --loglevel=error
fi
exec npm test --silent -- "$@"
