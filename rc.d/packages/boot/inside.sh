#!/bin/sh
# What the boot test does in its machine. The first boot installs, breaks, upgrades and restarts the machine; the second one
# finds the daemon started, and purges. A line for each thing: ok or FAIL.

# shellcheck disable=SC2317 # step calls the functions by their names.
set -u
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
configuration=/etc/smokerd/smokerd.yaml
host=127.0.0.1:8086

# The end of a boot, with what the daemon and its unit have logged in it.
end() {
    echo
    echo "The journal of this boot:"
    journalctl --boot --no-pager --output=short-monotonic --unit=smokerd
    echo
    "$@"
    exit
}

ended() {
    echo "$1"
    systemctl --no-block poweroff
}

# step NAME FUNCTION: all its commands have to succeed.
step() {
    # In a condition the shell would go on behind a command that fails.
    (set -ex; "$2") > /run/step 2>&1
    # shellcheck disable=SC2181 # see above
    if [ $? = 0 ]; then
        echo "ok    $1"
    else
        echo "FAIL  $1"
        sed 's/^/      /' /run/step
        end ended "boot-test: not everything held"
    fi
}

# within SECONDS COMMAND...: until it succeeds.
within() {
    tries=$1
    shift
    until "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 1
    done
}

shown() {
    systemctl show --property="$1" --value smokerd
}

# What the daemon's number was at the step before.
another_process() {
    [ "$(shown ActiveState)" = active ] && [ "$(shown MainPID)" != "$(cat /run/pid)" ]
}

remember() {
    shown MainPID > /run/pid
}

installs() {
    dpkg --install /packages/before.deb
    [ "$(shown Type) $(shown ActiveState) $(shown UnitFileState)" = "notify active enabled" ]
    # It answers when the start has returned, not some time later.
    smokercli -l | grep DiskSpace
    remember
}

reloads() {
    sed -i '/^plugins:/r /dev/stdin' "$configuration" << 'YAML'
  Often:
    Command: echo often
    Interval: 1
  Hungry:
    Command: head -c 300M /dev/zero | tail
    MaxMemory: 32M
  Multiplying:
    Command: "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 20 & done; echo all; wait"
    MaxProcesses: 5
    Timeout: 60
YAML
    systemctl reload smokerd
    smokercli -l | grep Hungry
    [ "$(shown MainPID)" = "$(cat /run/pid)" ]
}

refuses_a_reload() {
    cp "$configuration" /run/kept
    echo 'bind_port: [' >> "$configuration"
    if systemctl reload smokerd; then return 1; fi
    cp /run/kept "$configuration"
    [ "$(shown ActiveState) $(shown MainPID)" = "active $(cat /run/pid)" ]
    smokercli -l | grep Hungry
}

delegates() {
    [ "$(shown Delegate)" = yes ]
    grep "^0::$(shown ControlGroup)/" "/proc/$(cat /run/pid)/cgroup"
    # The kernel kills the run whose cgroup is full, and nothing beside it.
    smokercli -f -p Hungry -o long > /run/said || true
    cat /run/said
    grep -i 'memory' /run/said
    if grep '\[OK\]' /run/said; then return 1; fi
    smokercli -f -p Multiplying -o long > /run/said || true
    cat /run/said
    grep '\[ERROR\]' /run/said
    bounding=/sys/fs/cgroup$(shown ControlGroup)/cgroup.subtree_control
    grep -w memory "$bounding"
    grep -w pids "$bounding"
    [ "$(shown MainPID) $(shown NRestarts)" = "$(cat /run/pid) 0" ]
}

is_watched() {
    mkdir -p /run/systemd/system/smokerd.service.d
    printf '[Service]\nWatchdogSec=15\nTimeoutAbortSec=5\n' > /run/systemd/system/smokerd.service.d/watchdog.conf
    systemctl daemon-reload
    systemctl restart smokerd
    remember
    # Longer than the watchdog waits: a daemon that works is left alone.
    sleep 20
    [ "$(shown MainPID)" = "$(cat /run/pid)" ]
    kill -STOP "$(cat /run/pid)"
    within 60 another_process
    journalctl --boot --unit=smokerd | grep -i 'watchdog timeout'
    within 30 smokercli -l
    rm -r /run/systemd/system/smokerd.service.d
    systemctl daemon-reload
    systemctl restart smokerd
    remember
}

# A unit of one's own, such as that of a Python Smoker, has no Delegate=yes: systemd starts what reloads it in the daemon's own cgroup.
runs_without_delegation() {
    mkdir -p /run/systemd/system/smokerd.service.d
    printf '[Service]\nDelegate=no\n' > /run/systemd/system/smokerd.service.d/delegate.conf
    systemctl daemon-reload
    systemctl restart smokerd
    systemctl reload smokerd
    smokercli -f -p Often | grep '\[OK\]'
    rm -r /run/systemd/system/smokerd.service.d
    systemctl daemon-reload
    systemctl restart smokerd
    remember
}

# A state of root's is refused; what the account that `uid` names has, it keeps over restarts.
drops_root() {
    cp "$configuration" /run/kept
    sed -i 's/^bind_port:/uid: smoker\ngid: smoker\nbind_port:/' "$configuration"
    if smokerd --check; then return 1; fi
    chown -R smoker:smoker /var/lib/smokerd
    systemctl restart smokerd
    systemctl restart smokerd
    systemctl reload smokerd
    [ "$(stat -c %U /var/lib/smokerd/key.pem)" = smoker ]
    grep "^Uid:.$(id -u smoker)" "/proc/$(shown MainPID)/status"
    grep "^0::$(shown ControlGroup)/" "/proc/$(shown MainPID)/cgroup"
    smokercli -f -p Hungry -o long > /run/said || true
    grep 'MaxMemory' /run/said
    systemctl stop smokerd
    cp /run/kept "$configuration"
    chown -R root:root /var/lib/smokerd
    systemctl start smokerd
    remember
}

comes_back() {
    before=$(shown NRestarts)
    kill -9 "$(cat /run/pid)"
    within 60 another_process
    [ "$(shown NRestarts)" = "$((before + 1))" ]
    within 30 smokercli -l
    remember
}

# What an operator has given the daemon, and what it has to know after an upgrade.
has_a_state() {
    line=$(smokercli trust key | grep '^sha256//')
    smokerd --authorize "$line"
    smokerd --identity > /run/identity
    smokercli trust scan -s "$host" --accept "$(grep -o 'sha256//[^ ]*' /run/identity | head -n 1)"
    smokercli -s "$host" -l
    smokercli silence --for 2h --reason 'boot test' -p Often
    within 30 has_results
    smokercli --history -p Often --since 1h -o ndjson > /run/history
}

has_results() {
    [ "$(smokercli --history -p Often --since 1h -o ndjson | wc -l)" -ge 3 ]
}

knows_its_state() {
    smokerd --identity | cmp - /run/identity
    smokercli -s "$host" -l
    smokercli silence | grep 'boot test'
    smokercli --history -p Often --since 1h -o ndjson > /run/now
    while read -r line; do grep -qxF "$line" /run/now; done < /run/history
}

upgrades() {
    dpkg --install /packages/this.deb
    within 30 another_process
    knows_its_state
    remember
}

downgrades() {
    dpkg --install /packages/before.deb 2>&1 | tee /run/said
    grep downgrading /run/said
    within 30 another_process
    knows_its_state
    dpkg --install /packages/this.deb
    within 30 another_process
    remember
}

stops() {
    systemctl stop smokerd
    [ "$(shown Result) $(shown ActiveState)" = "success inactive" ]
    if pgrep -x smokerd; then return 1; fi
    [ ! -e "/sys/fs/cgroup/system.slice/smokerd.service" ]
    systemctl start smokerd
}

restarted() {
    echo "boot-test: the machine restarts"
    cp /run/identity /run/history /packages
    echo 2 > /packages/boot
    systemctl --no-block reboot
}

started_with_the_machine() {
    cp /packages/identity /packages/history /run
    [ "$(shown ActiveState)" = active ]
    within 30 smokercli -l
    knows_its_state
}

purges() {
    dpkg --purge smoker
    if pgrep -x smokerd; then return 1; fi
    if systemctl cat smokerd; then return 1; fi
    left=$(find / -xdev -path /proc -prune -o \( -name '*smoker*' ! -path '/packages/*' ! -path '/root/*' ! -path '/var/log/*' ! -path '/run/*' \) -print)
    [ -z "$left" ]
}

# shellcheck source=/dev/null
. /etc/os-release
if [ ! -e /packages/boot ]; then
    echo "$PRETTY_NAME, Linux $(uname -r), $(systemctl --version | head -n 1), $(dpkg-deb -f /packages/this.deb Version)"
    step "is installed, enabled, started, and answers when the start returns" installs
    step "takes a changed configuration by systemctl reload" reloads
    step "refuses one that does not load, and goes on" refuses_a_reload
    step "has a cgroup of its own, in which the kernel bounds single runs" delegates
    step "is restarted when it does not answer its watchdog" is_watched
    step "reloads also where its unit delegates no cgroup" runs_without_delegation
    step "drops root for the account that the configuration names" drops_root
    step "is restarted after kill -9" comes_back
    step "has a key, an operator, a silence and a history" has_a_state
    step "is upgraded, and knows all of that" upgrades
    step "can be downgraded, which dpkg tells, and knows it still" downgrades
    step "stops without leaving a process or a cgroup" stops
    end restarted
fi
step "has started with the machine, and knows all of that" started_with_the_machine
step "is purged, and nothing of it is left" purges
end ended "boot-test: everything held"
