#!/usr/bin/env bash
# A report in a real browser: bash tests/browser.sh REPORT.html [FOLDER FOR SCREENSHOTS]
#
# Opens the page in headless Chromium, sorts every table by every heading both ways, looks for errors and requests on the console, and takes
# screenshots: light, dark, and 400 pixels wide. Prints what is wrong and fails, or `ok` and what it looked at.
set -euo pipefail
report=$(realpath "$1")
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  browser=$(command -v "$name") && break
done
[[ -n ${browser:-} ]] || { echo "skipped: no chromium"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
shots=${2:-$work}
mkdir -p "$shots"

chromium() {
  timeout 120 "$browser" --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --disable-quic --disable-dev-shm-usage --hide-scrollbars \
    --user-data-dir="$work/profile" --enable-logging=stderr --v=0 "$@"
}

# The page as it is, with a reader's clicks behind its own script.
cat > "$work/clicks.js" <<'EOF'
<script>
const problems = [];
let clicks = 0;
const value = (cell) => (cell.dataset.sort === undefined ? cell.textContent : Number(cell.dataset.sort));
const sorted = (cells, sign) => cells.every((cell, i) => {
  if (i === 0) return true;
  const [a, b] = [value(cells[i - 1]), value(cell)];
  if (typeof a !== typeof b) return typeof a === "number" || typeof b !== "number"; // absent values are last
  if (typeof a === "number") return sign * (a - b) <= 0;
  return sign * a.localeCompare(b, "en", { numeric: true }) <= 0;
});
addEventListener("error", (event) => problems.push("error: " + event.message));
const tables = [...document.querySelectorAll("table.sortable")];
for (const table of tables) {
  const rows = [...table.tBodies[0].rows].map((row) => row.textContent).sort().join();
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    for (const [sign, word] of [[1, "ascending"], [-1, "descending"]]) {
      head.querySelector("button").click();
      clicks += 1;
      const cells = [...table.tBodies[0].rows].map((row) => row.cells[column]);
      if (head.getAttribute("aria-sort") !== word || !sorted(cells, sign)) {
        problems.push(head.textContent + " is not sorted " + word);
      }
    }
  });
  if (rows !== [...table.tBodies[0].rows].map((row) => row.textContent).sort().join()) problems.push("rows were lost");
}
if (tables.length === 0) problems.push("no tables");
if (document.querySelectorAll("figure svg").length === 0) problems.push("no figures");
for (const link of document.querySelectorAll("nav a")) {
  if (!document.querySelector(link.getAttribute("href"))) problems.push("no section " + link.getAttribute("href"));
}
if (/NaN|undefined|\binf\b/.test(document.querySelector("main").innerText)) problems.push("a broken number");
const elements = performance.getEntriesByType("resource").map((entry) => entry.name).filter((name) => !name.startsWith("data:"));
problems.push(...elements.map((name) => "request: " + name));
document.documentElement.dataset.verdict = problems.join("; ") || "ok: " + tables.length + " tables, " + clicks + " clicks, " +
  document.querySelectorAll("figure svg").length + " figures";
</script>
EOF
cat "$report" "$work/clicks.js" > "$work/clicked.html"
chromium --dump-dom "file://$work/clicked.html" > "$work/dom.html" 2> "$work/log"
verdict=$(grep -o 'data-verdict="[^"]*"' "$work/dom.html" | head -n 1 | cut -d'"' -f2)
console=$(grep 'CONSOLE' "$work/log" || true)
[[ -z $console ]] || { echo "on the console: $console"; exit 1; }
[[ $verdict == ok* ]] || { echo "${verdict:-the page did not run}"; exit 1; }

# A frame, since windows have a least width.
cat > "$work/phone.html" <<EOF
<body style="margin:0"><iframe src="file://$report" style="width:400px;height:2400px;border:0"></iframe>
EOF
chromium --window-size=1280,2400 --screenshot="$shots/light.png" "file://$report" 2> /dev/null
chromium --window-size=1280,2400 --blink-settings=preferredColorScheme=0 --screenshot="$shots/dark.png" "file://$report" 2> /dev/null
chromium --window-size=600,2400 --screenshot="$shots/phone.png" "file://$work/phone.html" 2> /dev/null
for shot in light dark phone; do
  [[ -s $shots/$shot.png ]] || { echo "no screenshot $shot"; exit 1; }
done
echo "$verdict"
