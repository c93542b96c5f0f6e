#!/bin/sh
# The page in Chromium, as a person walks through it. Without what that needs it says so and is skipped.
cd "$(dirname "$0")"
skip() { echo "skipped: $1"; exit 77; }
command -v node >/dev/null || skip "no node"
[ -d ../../web/node_modules/playwright-core ] || skip "no web/node_modules/playwright-core (./run test brings it)"
[ -f ../../web/dist/app.js ] || skip "the page is not built (./run build)"
for name in chromium chromium-browser google-chrome; do
  CHROMIUM=$(command -v "$name") && break
done
[ -n "$CHROMIUM" ] || skip "no chromium"
export CHROMIUM
exec node walk.mjs "$@"
