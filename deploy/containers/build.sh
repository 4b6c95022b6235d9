#!/bin/sh
# Builds the images for tests with containers from Debian's packages: nothing is pulled from a registry of images.
#
#   deploy/containers/build.sh             those that are missing
#   deploy/containers/build.sh --all       all, anew
#
# Needs root (or fakeroot's kin) for debootstrap, and a Docker engine. KAIKU_DEBIAN_MIRROR and KAIKU_DEBIAN_SUITE
# choose where packages come from; KAIKU_NODE the Node binary for kaiku/node:local (default: the launcher's).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
mirror=${KAIKU_DEBIAN_MIRROR:-http://deb.debian.org/debian}
suite=${KAIKU_DEBIAN_SUITE:-bookworm}
all=${1:-}

fail() {
  printf 'build.sh: %s\n' "$1" >&2
  exit 1
}

has() { [ "$all" != --all ] && docker image inspect "$1" >/dev/null 2>&1; }

docker info >/dev/null 2>&1 || fail 'no Docker engine answers: start dockerd, or set DOCKER_HOST'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

if ! has kaiku/debian:local; then
  command -v debootstrap >/dev/null || fail 'debootstrap is not installed: apt-get install debootstrap'
  [ "$(id -u)" = 0 ] || fail 'debootstrap needs root: sudo deploy/containers/build.sh'
  debootstrap --variant=minbase --include=ca-certificates "$suite" "$work/debian" "$mirror" >"$work/debootstrap.log" ||
    { tail -n 20 "$work/debootstrap.log" >&2; fail "debootstrap of $suite from $mirror failed"; }
  rm -rf "$work/debian/var/cache/apt/archives"/*.deb "$work/debian/var/lib/apt/lists"/*
  tar -C "$work/debian" -c . | docker import - kaiku/debian:local >/dev/null
  echo 'built kaiku/debian:local'
fi

node=${KAIKU_NODE:-$root/.kaiku/runtime/node_modules/.bin/node}
[ -x "$node" ] || node=$(command -v node) || fail 'no Node to put into kaiku/node:local: run ./kaiku once, or set KAIKU_NODE'

for name in nats snmpd node; do
  has "kaiku/$name:local" && continue
  context=$work/$name
  mkdir "$context"
  [ "$name" != node ] || cp "$("$node" -p process.execPath)" "$context/node"
  # The host's network: packages come the way they come to this machine.
  docker build -q --network=host -t "kaiku/$name:local" -f "$here/$name.Dockerfile" "$context" >/dev/null ||
    fail "kaiku/$name:local could not be built"
  echo "built kaiku/$name:local"
done
