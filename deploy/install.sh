#!/bin/sh
# Install or upgrade GasFlux as a systemd service from this checkout:  sudo sh deploy/install.sh
# Run again after `git pull`: settings, data and keys stay. Options:
#   --prefix DIR    where it goes (/opt/gasflux); the unit follows
#   --user NAME     account it runs under (gasflux); made when missing
#   --python EXE    Python >= 3.11 for its environment (python3)
#   --no-service    only put the files into place
set -eu

prefix=/opt/gasflux user=gasflux python=python3 service=yes
while [ $# -gt 0 ]; do
    case $1 in
        --prefix) prefix=${2:?--prefix needs a folder}; shift 2 ;;
        --user) user=${2:?--user needs a name}; shift 2 ;;
        --python) python=${2:?--python needs a program}; shift 2 ;;
        --no-service) service=no; shift ;;
        -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) echo "install.sh: unknown option $1; see --help" >&2; exit 2 ;;
    esac
done

case $prefix in
    /*) ;;
    *) echo "install.sh: --prefix must be an absolute path, not $prefix" >&2; exit 2 ;;
esac
[ "$(id -u)" = 0 ] || { echo "install.sh: run it as root (sudo sh deploy/install.sh)" >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    { echo "install.sh: $python is older than Python 3.11; give a newer one by --python" >&2; exit 1; }

source=$(cd "$(dirname "$0")/.." && pwd)
if ! id "$user" >/dev/null 2>&1; then
    useradd --system --home-dir "$prefix" --no-create-home --shell /usr/sbin/nologin "$user"
fi
group=$(id -gn "$user")

mkdir -p "$prefix"
prefix=$(cd "$prefix" && pwd)
[ "$source" != "$prefix" ] || { echo "install.sh: this checkout lies in $prefix itself; run it from another folder" >&2; exit 1; }
for item in src docs deploy tools server_waitress.py run_api.py create_api_key.py pyproject.toml requirements.txt \
    requirements.lock constraints.txt README.md README.zh-CN.md CHANGELOG.md LICENSE; do
    rm -rf "${prefix:?}/$item"
    cp -R "$source/$item" "$prefix/$item"
done
if [ ! -e "$prefix/gasflux.ini" ]; then
    cp "$source/gasflux.ini" "$prefix/gasflux.ini"
fi

[ -x "$prefix/venv/bin/python" ] || "$python" -m venv "$prefix/venv"
(cd "$prefix" && venv/bin/python -m tools.install --runtime)

# The program belongs to root; the service writes its data and its log, and reads its settings, which may hold a key.
chown -R root:root "$prefix"
mkdir -p "$prefix/web_api_data/uploads" "$prefix/web_api_data/outputs" "$prefix/logs"
chown -R "$user:$group" "$prefix/web_api_data" "$prefix/logs"
chmod 0750 "$prefix/web_api_data" "$prefix/logs"
chown "root:$group" "$prefix/gasflux.ini"
chmod 0640 "$prefix/gasflux.ini"

unit=$prefix/deploy/gasflux.service
sed -i "s#/opt/gasflux#$prefix#g; s#^User=.*#User=$user#; s#^Group=.*#Group=$group#" "$unit"
if [ "$service" = yes ]; then
    cp "$unit" /etc/systemd/system/gasflux.service
    systemctl daemon-reload
    systemctl enable gasflux
    systemctl restart gasflux
    systemctl --no-pager --lines=0 status gasflux
fi
echo "GasFlux is in $prefix. The first key: cd $prefix && sudo -u $user venv/bin/python create_api_key.py --name admin --admin"
