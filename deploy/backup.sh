#!/bin/sh
# Nightly backup while the server runs; from cron:  0 3 * * *  sh /opt/gasflux/deploy/backup.sh /var/backups/gasflux
#   KEEP=14       how many copies stay
#   REMOTE=...    where a copy goes too, by rsync (user@backup-server:/backups/)
set -eu

folder=${1:?usage: backup.sh FOLDER}
keep=${KEEP:-14}
home=$(cd "$(dirname "$0")/.." && pwd)
python=$home/venv/bin/python
[ -x "$python" ] || python=$home/.venv/bin/python
[ -x "$python" ] || python=python3

umask 077
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$home"
"$python" -m gasflux backup "$folder/gasflux_$(date +%Y%m%d-%H%M%S).tar.gz"

# Only after a good copy do old ones go.
find "$folder" -maxdepth 1 -name 'gasflux_*.tar.gz' | sort -r | tail -n "+$((keep + 1))" | while read -r old; do
    rm -- "$old"
done
if [ -n "${REMOTE:-}" ]; then
    rsync -az "$folder/" "$REMOTE"
fi
