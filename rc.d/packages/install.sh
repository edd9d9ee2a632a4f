#!/bin/sh
# Puts everything in its place, or takes it away again: one list for both.
#
# Usage: install.sh install|uninstall FOLDER_OF_THE_PROGRAMS
#
# From the environment, as `make install` sets them: DESTDIR, PREFIX, SYSCONFDIR, COMPAT=1 for the original's names,
# PYTHON=1 (the package smoker for authors of modules), PYTHONDIR (the folder whose .pth files python3 reads last),
# INIT (the init script: smokerd or smokerd-debian), INITDIR, UNITDIR, ZSHDIR, SYSTEM (what `uname` says).

set -eu

action=$1
programs=$2
top=$(dirname "$0")/../..
share=$PREFIX/share
documents=$share/doc/smoker

# file MODE SOURCE PATH
file() {
    case $action in
    install)
        mkdir -p "$DESTDIR$(dirname "$3")"
        install -m "$1" "$2" "$DESTDIR$3"
        ;;
    uninstall)
        rm -f "$DESTDIR$3"
        ;;
    esac
}

# made MODE PATH COMMAND...: what the command prints.
made() {
    mode=$1 path=$2
    shift 2
    if [ "$action" = install ]; then
        "$@" > "$scratch"
    fi
    file "$mode" "$scratch" "$path"
}

# configuration MODE SOURCE PATH: never in place of one that is there, never taken away.
configuration() {
    if [ "$action" = install ] && [ ! -e "$DESTDIR$3" ]; then
        file "$@"
    fi
}

# name TARGET PATH
name() {
    case $action in
    install)
        mkdir -p "$DESTDIR$(dirname "$2")"
        ln -sf "$1" "$DESTDIR$2"
        ;;
    uninstall)
        rm -f "$DESTDIR$2"
        ;;
    esac
}

# in_place SOURCE: a text with the folders that are meant here.
in_place() {
    sed -E -e "s,/usr(/local)?/sbin/smokerd,$PREFIX/sbin/smokerd,g" \
        -e "s,/usr(/local)?/bin/smoker-bridge,$PREFIX/bin/smoker-bridge,g" \
        -e "s|/etc/smoker|$SYSCONFDIR/smoker|g; s|/etc/default/smoker|$SYSCONFDIR/default/smoker|g" "$1"
}

scratch=$(mktemp)
trap 'rm -f "$scratch"' EXIT

for program in smokerd smokercli check_smoker_plugin smoker-fleet smoker-bridge; do
    if [ "$action" = install ] && [ ! -x "$programs/$program" ]; then
        echo "$programs/$program is not built; run make first" >&2
        exit 1
    fi
done

# Programs.
file 755 "$programs/smokerd" "$PREFIX/sbin/smokerd"
for program in smokercli check_smoker_plugin smoker-fleet smoker-bridge; do
    file 755 "$programs/$program" "$PREFIX/bin/$program"
done
if [ "${COMPAT:-0}" = 1 ] || [ "$action" = uninstall ]; then
    name ../sbin/smokerd "$PREFIX/bin/smokerd.py"
    name smokercli "$PREFIX/bin/smokercli.py"
    name check_smoker_plugin "$PREFIX/bin/check_smoker_plugin.py"
fi

# What authors of modules import in tests and editors; the daemon has it in itself. A .pth file puts its folder behind
# all others on the path of python3, so an installed Python Smoker is neither overwritten nor hidden.
package=$share/smoker/python
sources=$top/crates/smoker-runner/python
if [ "${PYTHON:-0}" = 1 ] || { [ "$action" = uninstall ] && [ -d "$sources" ]; }; then
    for source in $(cd "$sources" && find smoker -name '*.py' -o -name '*.pyi' -o -name py.typed | sort); do
        file 644 "$sources/$source" "$package/$source"
    done
    last_folder() {
        python3 -s -c 'import sys; print([entry for entry in sys.path if entry.endswith("-packages")][-1])'
    }
    : "${PYTHONDIR:=$(last_folder 2> /dev/null || true)}"
    if [ -n "$PYTHONDIR" ]; then
        made 644 "$PYTHONDIR/smokerd.pth" echo "$package"
    elif [ "$action" = install ]; then
        echo "python3 is not found; install it, or name its folder of packages: PYTHONDIR=DIR" >&2
        exit 1
    fi
    if [ "$action" = install ] && [ -z "${DESTDIR:-}" ]; then
        found=$(python3 -s -c 'import sys; sys.path.pop(0); import smoker; print(smoker.__path__[0])' 2> /dev/null || true)
        case $found in
            "" | "$package/smoker") ;;
            *) echo "NOTE: python3 finds $found first; for this one set PYTHONPATH=$package" ;;
        esac
    fi
fi

# What people read.
for page in smokercli.1 check_smoker_plugin.1 smoker-fleet.1 smoker-bridge.1 smokerd.8; do
    made 644 "$share/man/man${page##*.}/$page" in_place "$top/docs/man/$page"
done
if [ "${COMPAT:-0}" = 1 ] || [ "$action" = uninstall ]; then
    for page in smokercli.1 check_smoker_plugin.1 smokerd.8; do
        name "$page" "$share/man/man${page##*.}/${page%.*}.py.${page##*.}"
    done
fi
configuration_page() {
    in_place "$top/docs/configuration.md" | awk -f "$top/docs/man/smokerd.yaml.5.awk"
}
made 644 "$share/man/man5/smokerd.yaml.5" configuration_page
# In the folders of the sources, so that their links work; only the examples have another name here.
document() {
    sed -E 's,\]\((\.\./)?etc/,](\1examples/,g' "$top/$1"
}
for page in $(cd "$top" && echo README.md LICENSE SECURITY.md CONTRIBUTING.md docs/*.md docs/adr/*.md); do
    made 644 "$documents/$page" document "$page"
done
for picture in "$top"/docs/pictures/*.png; do
    file 644 "$picture" "$documents/docs/pictures/$(basename "$picture")"
done
for example in $(cd "$top/etc" && find . -type f ! -path './quickstart/*' | sort); do
    file 644 "$top/etc/$example" "$documents/examples/${example#./}"
done

# What editors read.
for part in whole plugin action; do
    end=-$part
    made 644 "$share/smoker/smokerd${end#-whole}.schema.json" "$programs/smokerd" --schema="$part"
done

# What shells complete.
for program in sbin/smokerd bin/smokercli bin/check_smoker_plugin bin/smoker-fleet bin/smoker-bridge; do
    program=${program#*/}
    made 644 "$share/bash-completion/completions/$program" "$programs/$program" --generate bash
    made 644 "$ZSHDIR/_$program" "$programs/$program" --generate zsh
    made 644 "$share/fish/vendor_completions.d/$program.fish" "$programs/$program" --generate fish
done

# What starts the daemon.
case $SYSTEM in
Darwin)
    made 644 /Library/LaunchDaemons/org.smoker.smokerd.plist in_place "$top/rc.d/org.smoker.smokerd.plist"
    ;;
*)
    made 755 "$INITDIR/smokerd" in_place "$top/rc.d/init.d/$INIT"
    made 644 "$UNITDIR/smokerd.service" in_place "$top/rc.d/smokerd.service"
    made 644 "$UNITDIR/smoker-bridge.service" in_place "$top/rc.d/smoker-bridge.service"
    file 644 "$top/rc.d/packages/sysusers.conf" "$PREFIX/lib/sysusers.d/smoker.conf"
    configuration 644 "$top/rc.d/packages/smokerd.default" "$SYSCONFDIR/default/smokerd"
    ;;
esac

# Configuration that works on any host. That of the daemon may come to hold passwords.
# The first look keeps nothing and is for this host; what is installed has a key and a socket, listens on all addresses, and needs
# identities of other hosts.
installed_configuration() {
    case $SYSTEM in
    Darwin) cat "$top/etc/quickstart/macos.yaml" ;;
    *)
        sed -e "s/^bind_host: .*/bind_host: 0.0.0.0/" -e "/^bind_port:/ r $top/rc.d/packages/access.yaml" \
            "$top/etc/quickstart/smokerd.yaml"
        ;;
    esac
}
installed_configuration > "$scratch"
configuration 640 "$scratch" "$SYSCONFDIR/smokerd/smokerd.yaml"
configuration 644 "$top/etc/smokercli.yaml" "$SYSCONFDIR/smokercli.yaml"

if [ "$action" = uninstall ]; then
    # What python3 compiled.
    [ ! -d "$DESTDIR$package" ] || find "$DESTDIR$package" -depth -name __pycache__ -exec rm -rf {} \;
    for folder in "$documents" "$share/smoker"; do
        [ ! -d "$DESTDIR$folder" ] || find "$DESTDIR$folder" -depth -type d -empty -exec rmdir {} \;
    done
fi
